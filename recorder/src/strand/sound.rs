//! Audio beside its video: one offset per strand, and no waiting for silence.
//!
//! The audio clock is tied to the video clock once: by the sender reports of
//! both if they are there, else by arrival. It is moved only where a segment
//! begins, when reports have come since. Frames that would go back in time are
//! left out, so that the track's times always rise.

use super::clock::CameraClock;
use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{ClockMap, MediaSpan, MediaTime, Nanos, Utc};

/// How far audio may be behind video before the track is told that nothing
/// comes. splitmuxsink holds the video until then.
const SILENCE: MediaSpan = MediaSpan::new(VIDEO_TIMESCALE as i64);
/// A correction smaller than this is not worth a step in the sound.
const WORTH_A_STEP: i64 = VIDEO_TIMESCALE as i64 / 20;

/// Ticks that two clocks may disagree by where one frame follows another.
const ROUNDING: i64 = 90;

/// Places audio on the video's clock.
#[derive(Debug)]
pub struct Sound {
    clock_rate: u32,
    offset: Option<Offset>,
    reports: Option<ClockMap>,
    reached: MediaTime,
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
    pub fn new(clock_rate: u32, start: MediaTime) -> Self {
        Self {
            clock_rate: clock_rate.max(1),
            offset: None,
            reports: None,
            reached: start,
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
                let offset = self.by_report(video).or_else(|| by_arrival(audio, arrived, video))?;
                *self.offset.insert(offset)
            }
        };
        let pts = self.place(offset, audio);
        // A tick of rounding is no step back.
        if pts.plus(MediaSpan::new(ROUNDING)) < self.reached {
            self.left_out += 1;
            return None;
        }
        self.reached = pts.plus(length);
        Some(pts)
    }

    /// Video has come to `video`: the stretch of which the audio track must be
    /// told that nothing comes, if it is late.
    pub fn on_video(&mut self, video: MediaTime) -> Option<Silence> {
        let until = video.plus(MediaSpan::new(-SILENCE.ticks()));
        (until > self.reached).then(|| {
            let from = std::mem::replace(&mut self.reached, until);
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

fn by_arrival(audio: MediaTime, arrived: Utc, video: &CameraClock) -> Option<Offset> {
    let there = video.arrived()?.to_media(arrived);
    Some(Offset { audio, video: there, by_report: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEN: MediaSpan = MediaSpan::new(1800);

    fn utc(ms: i64) -> Utc {
        Utc::from_ns(1_780_000_000_000_000_000).plus(Nanos::from_millis(ms))
    }

    #[test]
    fn audio_is_placed_by_arrival_and_corrected_at_a_segment() {
        let mut video = CameraClock::default();
        video.on_arrival(MediaTime::new(900_000), utc(0));
        let mut sound = Sound::new(8000, MediaTime::new(900_000));
        let first = sound.on_frame(MediaTime::new(80), LEN, utc(100), &video).expect("placed");
        assert_eq!(first.ticks(), 900_000 + 9_000);
        video.on_report(MediaTime::new(900_000), utc(-200));
        sound.on_report(MediaTime::new(80), utc(0));
        let before = sound.on_frame(MediaTime::new(240), LEN, utc(120), &video).expect("placed");
        assert_eq!(before.ticks(), 900_000 + 9_000 + 1_800);
        sound.on_segment(&video);
        let after = sound.on_frame(MediaTime::new(400), LEN, utc(140), &video).expect("placed");
        assert_eq!(after.ticks(), 900_000 + 18_000 + 3_600);
    }

    #[test]
    fn silence_is_told_once_and_late_audio_never_goes_back() {
        let mut video = CameraClock::default();
        video.on_arrival(MediaTime::new(0), utc(0));
        let mut sound = Sound::new(90_000, MediaTime::new(0));
        assert_eq!(sound.on_video(MediaTime::new(10_000)), None);
        assert_eq!(
            sound.on_video(MediaTime::new(157_500)),
            Some(Silence { from: MediaTime::new(0), until: MediaTime::new(67_500) })
        );
        assert_eq!(sound.on_video(MediaTime::new(157_500)), None);
        assert_eq!(sound.on_frame(MediaTime::new(0), LEN, utc(500), &video), None);
        assert!(sound.on_frame(MediaTime::new(27_000), LEN, utc(800), &video).is_some());
    }
}
