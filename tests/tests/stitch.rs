//! Two real recorders on one camera, stitched: every frame is played once.

use hitless_fixtures::{CameraSpec, Cameras, Tally, spawn};
use hitless_tests::{Played, Setup, Site, Stitcher, spans, until};
use std::collections::BTreeSet;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);
const CAMERA: &str = "CAM_1";

fn setup(cameras: &Cameras) -> Setup {
    Setup::new().table("recorder", "heartbeat_seconds", 1).camera(CAMERA, cameras.url("cam1"))
}

/// Waits until an instance has so many segments on disk.
fn segments(site: &Site, instance: &str, count: usize) {
    let what = format!("{count} segments of {instance}");
    until(&what, SOON, || site.segments(CAMERA, instance).len() >= count);
}

/// Blue records, green joins it, blue leaves, green goes on.
fn two_recorders() -> (Site, Setup) {
    let cameras = spawn(&[CameraSpec::named("cam1")]).expect("cameras");
    let site = Site::new();
    let setup = setup(&cameras);
    let mut blue = site.start("blue", &setup);
    segments(&site, "blue", 3);
    let mut green = site.start("green", &setup);
    segments(&site, "green", 4);
    assert!(blue.terminate().success());
    let more = site.segments(CAMERA, "green").len() + 3;
    segments(&site, "green", more);
    assert!(green.terminate().success());
    (site, setup)
}

/// Every frame that any recorder has is played once, in order.
#[track_caller]
fn assert_whole(site: &Site, played: &[Played]) {
    let numbers = spans::numbers(played);
    let tally = Tally::of(&numbers);
    assert!(tally.is_whole(), "{tally}");
    let ours = spans::checksums(played);
    let distinct: BTreeSet<&String> = ours.iter().collect();
    assert_eq!(distinct.len(), ours.len(), "a frame is played twice");
    let mut recorded = BTreeSet::new();
    for file in site.all_segments() {
        recorded.extend(spans::framemd5(&file.path));
    }
    assert_eq!(distinct.len(), recorded.len(), "a frame that was recorded is not played");
    assert!(recorded.iter().all(|sum| distinct.contains(sum)));
}

#[test]
fn a_handover_is_stitched_without_a_lost_or_doubled_frame() {
    let (site, setup) = two_recorders();
    let stitcher = Stitcher::new(&site, &setup);
    let run = stitcher.run(&["run", "--since", "1d"]);
    eprintln!("{}{}", run.out, run.err);
    let timeline = stitcher.run(&["timeline", "--camera", CAMERA, "--from", "1d", "--to", "now"]);
    eprintln!("{}", timeline.out);
    let played = stitcher.played(&stitcher.timeline(CAMERA, timeline.status));
    assert_whole(&site, &played);
    let exact = played.iter().filter(|span| span.seam == "exact").count();
    assert_eq!(exact, 1, "one switch from blue to green: {played:#?}");
    assert!(played.iter().all(|span| span.seam != "clock" && span.seam != "gap"));
}
