//! The rig itself: one camera, one recorder, a clean stop.

use hitless_fixtures::{CameraSpec, Tally, spawn};
use hitless_model::SegmentState;
use hitless_tests::{Setup, Site, boxes, footage, frames, paths, probe, until};
use std::time::Duration;

#[test]
fn a_camera_is_recorded_and_stopped_cleanly() {
    let cameras = spawn(&[CameraSpec::named("cam1")]).expect("cameras");
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
        assert_eq!(row.video.as_ref().map(|v| v.samples), Some(found.video.len() as u64));
    }
}
