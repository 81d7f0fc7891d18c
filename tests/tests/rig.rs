//! The rig itself: one camera, one recorder, a clean stop.

use hitless_fixtures::codec::AudioCodec;
use hitless_fixtures::{CameraSpec, Tally, spawn};
use hitless_model::SegmentState;
use hitless_tests::{Setup, Site, boxes, footage, frames, paths, probe, until};
use std::path::PathBuf;
use std::time::Duration;

#[test]
fn a_camera_is_recorded_and_stopped_cleanly() {
    let spec = CameraSpec { audio: AudioCodec::Aac, b_frames: 2, ..CameraSpec::named("cam1") };
    let cameras = spawn(&[spec]).expect("cameras");
    let site = Site::new();
    let setup = Setup::new().camera("CAM_1", cameras.url("cam1"));
    let mut recorder = site.start("blue", &setup);
    recorder.wait_recording(&["CAM_1"], Duration::from_secs(10));
    let enough = Duration::from_secs(20);
    until("four segments", enough, || site.segments("CAM_1", "blue").len() >= 4);
    assert!(recorder.terminate().success());

    let segments = site.segments("CAM_1", "blue");
    let numbers = footage::numbers(&paths(&segments));
    assert!(numbers.len() >= 90, "{}", Tally::of(&numbers));
    assert!(Tally::of(&numbers).is_whole(), "{}", Tally::of(&numbers));
    assert_eq!(frames::picture_hashes(&paths(&segments)).len(), numbers.len());
    let rows = site.rows("CAM_1", "blue");
    assert_eq!(rows.len(), segments.len());
    for (row, segment) in rows.iter().zip(&segments) {
        boxes::assert_progressive(&segment.path);
        assert_eq!(row.name, segment.name);
        assert_eq!(row.state, SegmentState::Complete);
        let found = probe::probe(&segment.path).expect("ffprobe reads it");
        let samples = row.video.as_ref().map(|v| v.samples);
        assert_eq!(samples, Some(found.video.len() as u64), "{}", segment.path.display());
    }
    both_ways_to_probe_agree(&paths(&segments));
}

/// One run for many files finds what ffprobe finds in each.
fn both_ways_to_probe_agree(files: &[PathBuf]) {
    let close = |a: f64, b: f64| (a - b).abs() < 1e-5;
    let joint = probe::probe_all(files).expect("ffmpeg reads them");
    for (joint, file) in joint.iter().zip(files) {
        let alone = probe::probe(file).expect("ffprobe reads it");
        assert_eq!(joint.video_codec, alone.video_codec);
        assert_eq!((joint.size, &joint.audio_codec), (alone.size, &alone.audio_codec));
        for (a, b) in [(&joint.video, &alone.video), (&joint.audio, &alone.audio)] {
            assert_eq!(a.len(), b.len(), "{}", file.display());
            for (a, b) in a.iter().zip(b) {
                assert_eq!((a.size, a.key), (b.size, b.key), "{}", file.display());
                let same = close(a.pts, b.pts) && close(a.dts, b.dts);
                assert!(same && close(a.duration, b.duration), "{a:?} {b:?}");
            }
        }
    }
    assert_eq!(joint.len(), files.len());
}
