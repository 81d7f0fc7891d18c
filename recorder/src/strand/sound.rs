//! Audio beside its video: one offset per strand, and no waiting for silence.
//!
//! The audio clock is tied to the video clock once: by the sender reports of
//! both if they are there, else by arrival. It is moved only where a segment
//! begins, when reports have come since. The track's times always rise: a frame
//! that would go back (moved by a correction, or late) follows the one before it
//! closely until its time has come, so that no sound is lost. Only where silence
//! itself was recorded in its place is it left out.

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

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 ms.
    const LEN: MediaSpan = MediaSpan::new(1800);

    fn utc(ms: i64) -> Utc {
        Utc::from_ns(1_780_000_000_000_000_000).plus(Nanos::from_millis(ms))
    }

    fn ms(ms: i64) -> MediaTime {
        MediaTime::new(ms * 90)
    }

    /// Frame `n` of 8 kHz sound arrives; where it is put, in milliseconds.
    fn heard(sound: &mut Sound, n: i64, arrived: i64, video: &CameraClock) -> Option<i64> {
        let pts = sound.on_frame(MediaTime::new(n * 160), LEN, utc(arrived), video)?;
        Some(pts.ticks() / 90)
    }

    fn reported(gaps: Gaps) -> (CameraClock, Sound) {
        let (mut video, mut sound) = (CameraClock::default(), Sound::new(8000, gaps, ms(0)));
        video.on_report(ms(0), utc(0));
        sound.on_report(ms(0), utc(0));
        (video, sound)
    }

    #[test]
    fn audio_is_placed_by_arrival_and_corrected_at_a_segment() {
        let mut video = CameraClock::default();
        video.on_arrival(ms(10_000), utc(0));
        let mut sound = Sound::new(8000, Gaps::Empty, ms(10_000));
        assert_eq!(heard(&mut sound, 0, 120, &video), Some(10_100));
        video.on_report(ms(10_000), utc(-200));
        sound.on_report(MediaTime::new(0), utc(0));
        assert_eq!(heard(&mut sound, 1, 140, &video), Some(10_120));
        sound.on_segment(&video);
        assert_eq!(heard(&mut sound, 2, 160, &video), Some(10_240));
    }

    /// Sound that arrival had put 86 ms too late lost frames when the first
    /// report came.
    #[test]
    fn a_correction_backwards_loses_no_frame() {
        let mut video = CameraClock::default();
        video.on_arrival(ms(0), utc(0));
        let mut sound = Sound::new(8000, Gaps::Filled, ms(0));
        assert_eq!(heard(&mut sound, 0, 206, &video), Some(186));
        video.on_report(ms(0), utc(0));
        sound.on_report(MediaTime::new(0), utc(100));
        sound.on_segment(&video);
        let placed: Vec<_> =
            (1..8).filter_map(|n| heard(&mut sound, n, 206 + n * 20, &video)).collect();
        assert_eq!(placed, [187, 188, 189, 190, 200, 220, 240]);
    }

    /// Of a camera whose sound always came 400 ms late none was recorded.
    #[test]
    fn sound_that_is_always_late_is_waited_for() {
        for (gaps, most_left_out) in [(Gaps::Empty, 0), (Gaps::Filled, 10)] {
            let (video, mut sound) = reported(gaps);
            let mut placed = Vec::new();
            for n in 0..200 {
                sound.on_video(ms(n * 20));
                if n >= 20 {
                    placed.extend(heard(&mut sound, n - 20, 0, &video).map(|at| (n - 20, at)));
                }
            }
            assert!(placed.len() >= 180 - most_left_out, "{gaps:?}: {placed:?}");
            assert!(placed.windows(2).all(|w| w[0].1 < w[1].1), "{gaps:?}: {placed:?}");
            let settled = placed.iter().filter(|(n, _)| *n >= 30);
            assert!(settled.clone().all(|(n, at)| n * 20 == *at), "{gaps:?}: {placed:?}");
        }
    }

    #[test]
    fn silence_is_told_once_and_late_audio_never_goes_back() {
        let (video, mut sound) = reported(Gaps::Empty);
        assert_eq!(sound.on_video(ms(100)), None);
        let silence = Silence { from: ms(0), until: ms(500) };
        assert_eq!(sound.on_video(ms(1000)), Some(silence));
        assert_eq!(sound.on_video(ms(1000)), None);
        assert_eq!(heard(&mut sound, 0, 0, &video), Some(500));
        assert_eq!(heard(&mut sound, 1, 0, &video), Some(501));
        assert_eq!(heard(&mut sound, 40, 0, &video), Some(800));
    }

    #[test]
    fn what_was_recorded_as_silence_stays_silence() {
        let (video, mut sound) = reported(Gaps::Filled);
        sound.on_video(ms(1000));
        assert_eq!(heard(&mut sound, 0, 0, &video), None);
        assert_eq!(heard(&mut sound, 40, 0, &video), Some(800));
    }

    #[test]
    fn an_offset_is_corrected_only_if_it_was_guessed_and_is_worth_it() {
        for (off, wanted) in [(30, 10_100), (-30, 10_100), (100, 10_200), (-100, 10_001)] {
            let mut video = CameraClock::default();
            video.on_arrival(ms(10_000), utc(0));
            let mut sound = Sound::new(8000, Gaps::Empty, ms(10_000));
            assert_eq!(heard(&mut sound, 0, 20, &video), Some(10_000));
            video.on_report(ms(10_000), utc(0));
            sound.on_report(MediaTime::new(0), utc(off));
            sound.on_segment(&video);
            let placed = heard(&mut sound, 5, 120, &video);
            assert_eq!(placed, Some(wanted), "{off} ms");
        }
        let (mut video, mut sound) = reported(Gaps::Empty);
        assert_eq!(heard(&mut sound, 0, 0, &video), Some(0));
        video.on_report(ms(1000), utc(1200));
        sound.on_segment(&video);
        assert_eq!(heard(&mut sound, 50, 0, &video), Some(1000), "the strand keeps its offset");
    }

    #[test]
    fn a_report_of_the_sound_alone_ties_it_to_nothing() {
        let mut video = CameraClock::default();
        video.on_arrival(ms(10_000), utc(0));
        let mut sound = Sound::new(8000, Gaps::Empty, ms(10_000));
        sound.on_report(MediaTime::new(0), utc(86_400_000));
        assert_eq!(heard(&mut sound, 0, 20, &video), Some(10_000));
    }

    #[test]
    fn a_tick_of_rounding_is_not_before_the_start() {
        let (video, _) = reported(Gaps::Empty);
        let mut sound = Sound::new(8000, Gaps::Empty, MediaTime::new(50));
        sound.on_report(ms(0), utc(0));
        let placed = sound.on_frame(MediaTime::new(0), LEN, utc(0), &video);
        assert_eq!(placed, Some(MediaTime::new(50)));
    }

    /// One that comes 20 s late was not late: it is of another time.
    #[test]
    fn patience_has_an_end() {
        let (video, mut sound) = reported(Gaps::Empty);
        assert_eq!(sound.on_video(ms(20_000)).map(|s| s.until), Some(ms(19_500)));
        assert_eq!(heard(&mut sound, 0, 0, &video), None);
        assert_eq!(sound.on_video(ms(30_000)).map(|s| s.until), Some(ms(28_000)));
    }

    #[test]
    fn nothing_before_the_start_is_recorded() {
        let (video, mut sound) = reported(Gaps::Empty);
        assert_eq!(heard(&mut sound, -2, 0, &video), None);
        assert_eq!(heard(&mut sound, 0, 0, &video), Some(0));
    }
}
