//! Sound whose frames follow each other without a break, as nearly all sound
//! does: where it begins and how long it is tell what it adds to a clip's tables.

use super::axis::Tick;
use super::error::VirtualError;
use super::outline::SoundOutline;
use super::sound::{Bounds, Sounds, preroll};
use super::source::Inside;
use super::table::Rows;
use hitless_media::mp4::{Run, Track};
use hitless_model::time::VIDEO_TIMESCALE;
use serde::{Deserialize, Serialize};

/// The frames of a file's sound. Ticks are its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Even {
    timescale: u32,
    /// From the file's first picture to its first frame.
    begins: i64,
    frames: u64,
    /// How long frames are: the first one, the last one, the shortest, the
    /// longest.
    lengths: [u32; 4],
    /// From the first to the last.
    until_last: i64,
    /// All lengths but that of the last one.
    durations: Rows,
    /// How far frames are from where those before them end, as these follow
    /// each other: the earliest and the latest.
    astray: (i64, i64),
    preroll_ms: i64,
}

impl Even {
    /// Of the sound of a file that was put into a clip alone.
    pub(super) fn of(alone: Sounds, track: &Track, inside: &Inside<'_>) -> Option<Self> {
        let zero = alone.scaled(inside.anchor, inside.video.timescale);
        let runs = track.samples.runs();
        let begins = begin(&alone, runs.first()?, track) - zero;
        let (mut due, mut frames, mut last) = (begins, 0, 0);
        let (mut astray, mut shortest, mut longest) = ((0, 0), u32::MAX, 0);
        for run in runs {
            last = length(&alone, run, track).filter(|_| run.entry == 0)?;
            let away = begin(&alone, run, track) - zero - due;
            astray = (away.min(astray.0), away.max(astray.1));
            (shortest, longest) = (shortest.min(last), longest.max(last));
            due = due.checked_add(i64::from(run.count).checked_mul(last.into())?)?;
            frames += u64::from(run.count);
        }
        let lengths = [length(&alone, runs.first()?, track)?, last, shortest, longest];
        let until_last = due - begins - i64::from(last);
        let (timescale, preroll_ms) = (alone.timescale, preroll(track));
        let broken = alone.table.length != until_last.cast_unsigned();
        let durations = Rows::of(alone.table.durations).filter(|_| !broken)?;
        Some(Self { timescale, begins, frames, lengths, until_last, durations, astray, preroll_ms })
    }

    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// All that are times.
    pub(super) fn times(&self) -> [i64; 5] {
        [self.begins, self.until_last, self.astray.0, self.astray.1, self.preroll_ms]
    }

    /// Whether there is something, and time goes on in it.
    pub(super) fn is_sane(&self) -> bool {
        self.frames > 0 && self.until_last >= 0
    }

    /// Whether all of it is wanted, if it begins at `begin`; what is cut is cut
    /// by hand.
    fn is_within(&self, begin: i64, bounds: &Bounds) -> bool {
        let [.., shortest, longest] = self.lengths.map(i64::from);
        let first = begin + self.astray.0;
        let last = begin.saturating_add(self.until_last).saturating_add(self.astray.1);
        first > bounds.after.saturating_sub(shortest)
            && first >= bounds.middle.0.saturating_sub(shortest / 2)
            && last < bounds.before
            && last < bounds.middle.1.saturating_sub(longest / 2)
    }
}

fn begin(alone: &Sounds, run: &Run, track: &Track) -> i64 {
    let shown = run.decode + i64::from(run.composition) + track.shift;
    alone.scaled(shown, track.timescale)
}

/// How long each frame of a run is. Linear sound has a frame for each sample:
/// its tables are short enough to be read.
fn length(alone: &Sounds, run: &Run, track: &Track) -> Option<u32> {
    let ticks = alone.scaled(run.duration.into(), track.timescale);
    u32::try_from(ticks).ok().filter(|ticks| *ticks > 1)
}

impl Sounds {
    /// Where all sound of a file begins that is put behind the rest, if that can
    /// be told without reading it.
    pub(super) fn fits(&self, even: &Even, place: Tick, bounds: Bounds) -> Option<i64> {
        let (open, end) = (self.open?.0, self.end()?);
        if self.timescale != even.timescale {
            return None;
        }
        let begin = self.scaled(place, VIDEO_TIMESCALE) + even.begins;
        let half = i64::from(even.lengths[0] / 2);
        let heard_before = begin < end.saturating_sub(half.max(self.snap()));
        if heard_before || !even.is_within(begin, &self.bounds(bounds, even.preroll_ms)) {
            return None;
        }
        let start = if (begin - end).abs() <= self.snap() { end } else { begin };
        let stays = |astray: i64| (astray - (start - begin)).abs() <= self.snap();
        let is_even = stays(even.astray.0) && stays(even.astray.1);
        (start > open && is_even).then_some(start)
    }

    /// Puts it there; it is read later, if anybody asks.
    pub(super) fn promise(
        &mut self,
        sound: &SoundOutline,
        start: i64,
        entry: u32,
    ) -> Result<(), VirtualError> {
        let even = &sound.even;
        // The first frame is put as any, and moved to the last one.
        self.append(start, even.lengths[0].into(), 1)?;
        self.table.durations.promise(&even.durations);
        self.table.length += even.until_last.cast_unsigned();
        self.open = Some((start + even.until_last, even.lengths[1]));
        self.table.promise_sizes(sound.size, even.frames)?;
        self.table.chunks.promise(&sound.chunks, entry);
        Ok(())
    }
}
