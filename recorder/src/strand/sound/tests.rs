//! Sound that is guessed, corrected, late, silent and far off.

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
