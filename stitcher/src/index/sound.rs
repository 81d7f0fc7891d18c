//! Where a segment's audio frames lie, on the clock of its pictures.
//!
//! Frames of equal length that follow each other make one stretch, so that a
//! day of sound is a few numbers. A stretch ends where the table's times jump.

use hitless_media::mp4::Track;
use hitless_model::{MediaSpan, MediaTime};
use hitless_stitcher_core::AudioStretch;

/// From time in the movie to the strand's media clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// Where the movie's tick 0 of the video track lies.
    pub(super) zero: MediaTime,
    /// Ticks per second of the strand's clock.
    pub(super) timescale: u32,
}

impl Axis {
    /// A length in ticks of a track.
    pub(super) fn span(self, ticks: i64, timescale: u32) -> MediaSpan {
        if timescale == self.timescale {
            return MediaSpan::new(ticks);
        }
        let scaled = i128::from(ticks) * i128::from(self.timescale);
        let rounded = (scaled + i128::from(timescale) / 2).div_euclid(i128::from(timescale.max(1)));
        MediaSpan::new(i64::try_from(rounded).unwrap_or(if ticks < 0 {
            i64::MIN
        } else {
            i64::MAX
        }))
    }
}

/// The stretches of an audio track.
pub(super) fn stretches(track: &Track, axis: Axis) -> Vec<AudioStretch> {
    let mut found: Vec<AudioStretch> = Vec::new();
    let mut open: Option<Open> = None;
    for run in track.samples.runs().iter().filter(|run| run.count > 0) {
        let start =
            run.decode.saturating_add(i64::from(run.composition)).saturating_add(track.shift);
        let follows = open.as_ref().is_some_and(|o| o.end == start && o.duration == run.duration);
        match open.as_mut().filter(|_| follows) {
            Some(stretch) => stretch.grow(run.count),
            None => {
                found.extend(open.take().map(|o| o.close(track.timescale, axis)));
                open = Some(Open { start, end: start, duration: run.duration, frames: 0 });
                if let Some(stretch) = &mut open {
                    stretch.grow(run.count);
                }
            }
        }
    }
    found.extend(open.map(|o| o.close(track.timescale, axis)));
    found
}

struct Open {
    start: i64,
    end: i64,
    duration: u32,
    frames: u32,
}

impl Open {
    fn grow(&mut self, frames: u32) {
        self.frames = self.frames.saturating_add(frames);
        self.end = self.end.saturating_add_unsigned(u64::from(frames) * u64::from(self.duration));
    }

    fn close(self, timescale: u32, axis: Axis) -> AudioStretch {
        let start = axis.zero.plus(axis.span(self.start, timescale));
        let end = axis.zero.plus(axis.span(self.end, timescale));
        AudioStretch { start, frames: self.frames, length: end.since(start) }
    }
}
