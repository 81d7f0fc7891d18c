//! The clip's sound: whole frames, beside their pictures.

use super::axis::{Tick, rescale};
use super::chunks::{Chunk, gather};
use super::coarse::Coarse;
use super::describe::places;
use super::error::VirtualError;
use super::piece::Sound;
use super::source::Inside;
use super::table::Table;
use hitless_media::mp4::{Run, Track};
use hitless_model::AudioCodec;
use hitless_model::time::VIDEO_TIMESCALE;
use std::ops::Range;

/// A frame this near to the end of the one before begins there: muxers round
/// where a file's sound begins to a millisecond.
const SNAP_MS: i64 = 2;

/// What a piece's sound may reach, in ticks of the clip's axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Frames that end after this are wanted.
    pub(super) after: Tick,
    /// Frames that begin before this are wanted.
    pub(super) before: Tick,
    /// Frames with their middle outside of this belong to what is missing.
    pub(super) middle: (Tick, Tick),
}

impl Bounds {
    /// Everything is wanted.
    pub(super) const NONE: Self =
        Self { after: Tick::MIN, before: Tick::MAX, middle: (Tick::MIN, Tick::MAX) };

    /// Whether all frames of a run are well within: most are, and dividing for
    /// each took an eighth of a day's header.
    fn hold(&self, run: &Run, begin: i64, length: i64) -> bool {
        let last = begin.saturating_add(i64::from(run.count.saturating_sub(1)) * length);
        let middle = |limit: Tick| limit.saturating_sub(length / 2);
        begin > self.after.saturating_sub(length)
            && begin >= middle(self.middle.0)
            && last < self.before
            && last < middle(self.middle.1)
    }
}

/// The sound of all pieces so far. A tick is a sample of the first piece's, or
/// a few where more is missing than so fine ticks can keep.
#[derive(Debug, Default)]
pub(super) struct Sounds {
    pub(super) table: Table,
    pub(super) timescale: u32,
    /// The longest time in which nothing is heard.
    longest: Tick,
    /// When the first frame begins.
    pub(super) begins: Option<i64>,
    /// The last frame: when it begins and how long it is.
    pub(super) open: Option<(i64, u32)>,
}

impl Sounds {
    /// With ticks for the longest time in which nothing is heard.
    pub(super) fn new(longest: Tick) -> Self {
        Self { longest, ..Self::default() }
    }

    /// Puts the sound of a piece at `place` behind the rest; gives its chunks
    /// in the piece's file.
    pub(super) fn push(
        &mut self,
        inside: &Inside<'_>,
        place: Tick,
        bounds: Bounds,
    ) -> Result<Vec<Chunk>, VirtualError> {
        let Some(track) = inside.movie.audio() else { return Ok(Vec::new()) };
        let wanted = match inside.piece.sound {
            Sound::None => return Ok(Vec::new()),
            Sound::Whole => 0..track.samples.len(),
            Sound::Frames { first, frames } => first..first.saturating_add(frames),
        };
        if self.timescale == 0 {
            let samples = timescale(track);
            // Frames that are samples have no coarser ticks.
            let whole = track.samples.runs().first().is_some_and(|run| run.duration > 1);
            let coarse = Coarse::for_gap(self.longest, samples);
            self.timescale = match coarse {
                Ok(coarse) if whole => coarse.timescale(samples),
                Err(error) if whole => return Err(error),
                _ => samples,
            };
        }
        let entries = places(&mut self.table.entries, &track.entries);
        let base = self.scaled(place, VIDEO_TIMESCALE)
            - self.scaled(inside.anchor, inside.video.timescale);
        let bounds = self.bounds(bounds, preroll(track));
        let mut chunks = Vec::new();
        let mut fresh = true;
        for run in track.samples.runs() {
            let Some(run) = slice(run, &wanted) else { continue };
            let shown = run.decode + i64::from(run.composition) + track.shift;
            let begin = base + self.scaled(shown, track.timescale);
            let length = self.scaled(run.duration.into(), track.timescale).max(1);
            let entry = entries.get(usize::from(run.entry)).copied().unwrap_or(0);
            let Some((skip, count)) = self.fit(&run, begin, length, &bounds, fresh) else {
                continue;
            };
            fresh = false;
            let at = run.offset + u64::from(skip) * u64::from(run.size);
            let bytes = u64::from(count) * u64::from(run.size);
            gather(&mut chunks, Chunk { at, bytes, samples: count, entry });
            if !self.table.sizes.push(run.size, count) {
                return Err(VirtualError::MixedSound { path: inside.piece.path.clone() });
            }
            self.append(begin + i64::from(skip) * length, length, count)?;
        }
        Ok(chunks)
    }

    /// When the last frame ends.
    pub(super) fn end(&self) -> Option<i64> {
        self.open.map(|(begin, length)| begin + i64::from(length))
    }

    /// Nothing follows.
    pub(super) fn finish(&mut self) {
        if let Some((_, length)) = self.open {
            self.table.duration(1, length);
        }
    }

    pub(super) fn scaled(&self, ticks: i64, timescale: u32) -> i64 {
        rescale(ticks, timescale, self.timescale)
    }

    pub(super) fn bounds(&self, bounds: Bounds, preroll: i64) -> Bounds {
        let scaled = |t: Tick| match t {
            Tick::MIN | Tick::MAX => t,
            t => self.scaled(t, VIDEO_TIMESCALE),
        };
        Bounds {
            after: scaled(bounds.after).saturating_sub(preroll * i64::from(self.timescale) / 1000),
            before: scaled(bounds.before),
            middle: (scaled(bounds.middle.0), scaled(bounds.middle.1)),
        }
    }

    /// Which frames of a run are wanted: how many to skip, how many to take.
    fn fit(
        &self,
        run: &Run,
        begin: i64,
        length: i64,
        bounds: &Bounds,
        fresh: bool,
    ) -> Option<(u32, u32)> {
        if !fresh && bounds.hold(run, begin, length) {
            return Some((0, run.count));
        }
        // Frame n begins at begin + n * length.
        let first_at = |limit: i64| frames(limit.saturating_sub(begin), length);
        let mut skip = first_at(bounds.after.saturating_sub(length).saturating_add(1));
        skip = skip.max(first_at(bounds.middle.0.saturating_sub(length / 2)));
        if let Some(end) = self.end().filter(|_| fresh) {
            // Mostly a part of what was heard before: not twice.
            let half = if length > 1 { length / 2 } else { 0 };
            let from = end.saturating_sub(half.max(self.snap()));
            skip = skip.max(first_at(from));
        }
        let stop =
            first_at(bounds.before).min(first_at(bounds.middle.1.saturating_sub(length / 2)));
        let stop = stop.min(run.count.into());
        let (skip, count) = (u32::try_from(skip).ok()?, u32::try_from(stop - skip).ok()?);
        (count > 0).then_some((skip, count))
    }

    pub(super) fn snap(&self) -> i64 {
        i64::from(self.timescale) * SNAP_MS / 1000
    }

    pub(super) fn append(
        &mut self,
        begin: i64,
        length: i64,
        count: u32,
    ) -> Result<(), VirtualError> {
        let length = u32::try_from(length).map_err(|_| VirtualError::LongGap)?;
        let mut start = begin;
        if let Some((open, was)) = self.open {
            let end = open + i64::from(was);
            if (begin - end).abs() <= self.snap() {
                start = end;
            }
            start = start.max(open + 1);
            let ticks = i32::try_from(start - open).ok().and_then(|t| u32::try_from(t).ok());
            self.table.duration(1, ticks.ok_or(VirtualError::LongGap)?);
        }
        self.begins.get_or_insert(start);
        self.table.duration(count - 1, length);
        self.open = Some((start + i64::from(count - 1) * i64::from(length), length));
        Ok(())
    }
}

/// Samples a second: ffmpeg, and Chromium with it, takes ticks under an edit
/// list for samples, whatever the track's timescale says.
fn timescale(track: &Track) -> u32 {
    let rate = track.entries.first().and_then(|e| e.audio()).map(|a| a.sample_rate);
    rate.filter(|r| *r > 0).unwrap_or(track.timescale)
}

/// How many frames of `length` begin before `limit`, counted from 0.
fn frames(limit: i64, length: i64) -> i64 {
    if limit <= 0 { 0 } else { (limit - 1) / length + 1 }
}

/// Milliseconds of sound that a decoder needs before the first that is heard:
/// a frame of AAC overlaps the one before, Opus settles in 80 ms.
pub(super) fn preroll(track: &Track) -> i64 {
    match track.entries.first().and_then(|e| e.audio()).map(|a| (a.codec, a.sample_rate)) {
        Some((AudioCodec::Aac, rate)) => 1024 * 1000 / i64::from(rate.max(8000)) + 1,
        Some((AudioCodec::Opus, _)) => 80,
        _ => 0,
    }
}

/// The part of a run with numbers in `wanted`.
fn slice(run: &Run, wanted: &Range<u64>) -> Option<Run> {
    let from = run.first.max(wanted.start);
    let to = (run.first + u64::from(run.count)).min(wanted.end);
    let skip = u32::try_from(from - run.first).ok()?;
    let count = u32::try_from(to.checked_sub(from)?).ok().filter(|c| *c > 0)?;
    Some(Run {
        first: from,
        count,
        offset: run.offset + u64::from(skip) * u64::from(run.size),
        decode: run.decode + i64::from(skip) * i64::from(run.duration),
        ..*run
    })
}
