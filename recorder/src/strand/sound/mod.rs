//! Audio beside its video: one offset per strand, and no waiting for silence.
//!
//! The audio clock is tied to the video clock once: by the sender reports of
//! both if they are there, else by arrival. It is moved only where a segment
//! begins, when reports have come since. The track's times always rise: a frame
//! that would go back (moved by a correction, or late) follows the one before it
//! closely until its time has come, so that no sound is lost. Only where silence
//! itself was recorded in its place is it left out.

#[cfg(test)]
mod tests;

use super::clock::CameraClock;
use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{ClockMap, MediaSpan, MediaTime, Nanos, Utc};

/// How far audio may be behind video before the track is told that nothing
/// comes. splitmuxsink holds the video until then.
const SILENCE: MediaSpan = MediaSpan::new(VIDEO_TIMESCALE as i64 / 2);
/// The same for a camera whose sound turned out to be later than that.
const LONGEST_SILENCE: MediaSpan = MediaSpan::new(2 * VIDEO_TIMESCALE as i64);
/// A frame further back than this was neither moved nor late.
const FAR_BACK: MediaSpan = MediaSpan::new(2 * VIDEO_TIMESCALE as i64);
/// A correction smaller than this is not worth a step in the sound.
const WORTH_A_STEP: i64 = VIDEO_TIMESCALE as i64 / 20;

/// The least from one frame to the next.
const STEP: MediaSpan = MediaSpan::new(90);

/// What becomes of a stretch without sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaps {
    /// The track has nothing there.
    Empty,
    /// Silence is recorded.
    Filled,
}

/// Places audio on the video's clock.
#[derive(Debug)]
pub struct Sound {
    clock_rate: u32,
    gaps: Gaps,
    offset: Option<Offset>,
    reports: Option<ClockMap>,
    start: MediaTime,
    silent_until: Option<MediaTime>,
    /// Where the last frame begins, and where the track has come to.
    last: Option<MediaTime>,
    reached: MediaTime,
    patience: MediaSpan,
    left_out: u64,
}

/// A stretch without sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// Where sound was heard until.
    pub from: MediaTime,
    /// Nothing comes before this.
    pub until: MediaTime,
}

#[derive(Debug, Clone, Copy)]
struct Offset {
    audio: MediaTime,
    video: MediaTime,
    by_report: bool,
}

impl Sound {
    /// Nothing before `start` is recorded.
    pub fn new(clock_rate: u32, gaps: Gaps, start: MediaTime) -> Self {
        Self {
            clock_rate: clock_rate.max(1),
            gaps,
            offset: None,
            reports: None,
            start,
            silent_until: None,
            last: None,
            reached: start,
            patience: SILENCE,
            left_out: 0,
        }
    }

    /// A sender report of the audio stream.
    pub fn on_report(&mut self, audio: MediaTime, utc: Utc) {
        let point = hitless_model::ClockPoint {
            media: audio,
            utc,
            source: hitless_model::ClockSource::SenderReport,
            error: Nanos::ZERO,
        };
        self.reports = Some(ClockMap::through(point, self.clock_rate));
    }

    /// A segment begins: the place to correct what was guessed from arrival.
    pub fn on_segment(&mut self, video: &CameraClock) {
        let Some(old) = self.offset.filter(|o| !o.by_report) else { return };
        if let Some(new) = self.by_report(video) {
            let moved = self.place(new, old.audio).since(old.video).ticks();
            if moved.abs() >= WORTH_A_STEP {
                self.offset = Some(new);
            }
        }
    }

    /// Where the audio frame, `length` long on the video clock, lies on that
    /// clock; nothing if it is to be left out.
    pub fn on_frame(
        &mut self,
        audio: MediaTime,
        length: MediaSpan,
        arrived: Utc,
        video: &CameraClock,
    ) -> Option<MediaTime> {
        let offset = match self.offset {
            Some(offset) => offset,
            None => {
                let arrival = || by_arrival(audio, length, arrived, video);
                let offset = self.by_report(video).or_else(arrival)?;
                *self.offset.insert(offset)
            }
        };
        let pts = self.fit_in(self.place(offset, audio));
        match pts {
            Some(pts) => {
                self.last = Some(pts);
                self.reached = self.reached.max(pts.plus(length));
            }
            None => self.left_out += 1,
        }
        pts
    }

    /// `pts`, or as soon after it as the track's times allow.
    fn fit_in(&mut self, pts: MediaTime) -> Option<MediaTime> {
        // A tick of rounding is not too early.
        if pts.plus(STEP) < self.start {
            return None;
        }
        let mut earliest = self.last.map_or(self.start, |last| last.plus(STEP));
        if let Some(silent) = self.silent_until.filter(|silent| pts.plus(STEP) < *silent) {
            let late = silent.since(pts).ticks() + self.patience.ticks();
            self.patience = MediaSpan::new(late.min(LONGEST_SILENCE.ticks()));
            if self.gaps == Gaps::Filled {
                return None;
            }
            earliest = earliest.max(silent);
        }
        (pts.plus(FAR_BACK) >= earliest).then(|| pts.max(earliest))
    }

    /// Video has come to `video`: the stretch of which the audio track must be
    /// told that nothing comes, if it is late.
    pub fn on_video(&mut self, video: MediaTime) -> Option<Silence> {
        let until = video.plus(MediaSpan::new(-self.patience.ticks()));
        (until > self.reached).then(|| {
            let from = std::mem::replace(&mut self.reached, until);
            self.silent_until = Some(until);
            Silence { from, until }
        })
    }

    /// Length of `ticks` of the audio clock on the video clock.
    pub fn length(&self, ticks: MediaSpan) -> MediaSpan {
        MediaSpan::from_nanos(ticks.to_nanos(self.clock_rate), VIDEO_TIMESCALE)
    }

    fn place(&self, offset: Offset, audio: MediaTime) -> MediaTime {
        offset.video.plus(self.length(audio.since(offset.audio)))
    }

    fn by_report(&self, video: &CameraClock) -> Option<Offset> {
        let map = self.reports.filter(|_| video.has_report())?;
        let there = video.map()?.to_media(map.point.utc);
        Some(Offset { audio: map.point.media, video: there, by_report: true })
    }
}

/// A frame can be sent once it is complete: it begins its length earlier.
fn by_arrival(
    audio: MediaTime,
    length: MediaSpan,
    arrived: Utc,
    video: &CameraClock,
) -> Option<Offset> {
    let there = video.arrived()?.to_media(arrived).plus(MediaSpan::new(-length.ticks()));
    Some(Offset { audio, video: there, by_report: false })
}
