//! A camera that sends nothing for some seconds, while its session goes on:
//! the time is a gap, and no frame lasts that long.

mod stitched;

use hitless_fixtures::camera::{Fault, Resume};
use hitless_fixtures::{CameraSpec, spawn};
use hitless_tests::{Site, Stitcher, spans, until};
use std::time::Duration;
use stitched::{CAMERA, segments, setup};

const PAUSE: f64 = 4.0;

#[test]
fn a_pause_is_a_gap_and_not_a_frame_of_four_seconds() {
    let spec = CameraSpec { fps: 25.0, gop: 25, ..CameraSpec::named("cam1") };
    let cameras = spawn(&[spec]).expect("cameras");
    let site = Site::new();
    // longer than the pause: the strand goes on
    let setup = setup(&cameras).table("recorder", "stall_seconds", 20);
    let mut blue = site.start("blue", &setup);
    segments(&site, "blue", 3);
    cameras
        .fault("cam1", Fault::Stall { seconds: Some(PAUSE), resume: Resume::Anywhere })
        .expect("stalls");
    let before = cameras.stats("cam1").expect("stats").sent;
    until("the camera goes on", Duration::from_secs(30), || {
        cameras.stats("cam1").expect("stats").sent > before + 100
    });
    assert!(blue.terminate().success());
    let strands: std::collections::BTreeSet<u32> =
        site.rows(CAMERA, "blue").iter().map(|row| row.strand).collect();
    assert_eq!(strands.len(), 1, "the strand goes on");

    let stitcher = Stitcher::new(&site, &setup);
    let run = stitcher.run(&["run"]);
    assert_eq!(run.status, 1, "{}{}", run.out, run.err);
    let timeline = stitcher.timeline(CAMERA, 1);
    let entries = timeline["entries"].as_array().expect("entries");
    let gaps: Vec<f64> = entries
        .iter()
        .filter(|entry| entry["kind"] == "gap" && entry["cause"] != "recorder_down")
        .filter_map(|gap| gap["seconds"].as_f64())
        .collect();
    let [gap] = gaps.as_slice() else { panic!("{timeline:#}") };
    assert!((PAUSE - 1.5..PAUSE + 1.5).contains(gap), "{timeline:#}");
    let played = stitcher.played(&timeline);
    let recorded: usize =
        site.all_segments().iter().map(|file| spans::framemd5(&file.path).len()).sum();
    let numbers = spans::numbers(&played);
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    assert_eq!(numbers.len(), recorded, "every frame is played");
}
