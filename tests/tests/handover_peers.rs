//! Two recorders side by side on one storage, without fork and exec: who is
//! told to stop stays until the other one has every camera.

mod handover_rig;

use handover_rig::{lost, overlaps, runs};
use hitless_fixtures::{CameraSpec, Cameras, spawn};
use hitless_tests::{Recorder, Setup, Site, until};
use rustix::process::Signal;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(60);
const NAMES: [&str; 2] = ["one", "two"];

fn cameras() -> Cameras {
    let camera = |name: &str| CameraSpec { gop: 30, ..CameraSpec::named(name) };
    spawn(&NAMES.map(camera)).expect("cameras")
}

fn setup(cameras: &Cameras, names: &[&str]) -> Setup {
    let setup = Setup::new().table("recorder", "heartbeat_seconds", 1);
    names.iter().fold(setup, |setup, name| setup.camera(name, cameras.url(name)))
}

/// Nothing is missing between the first frame and the last, and each run has an
/// overlap with the next.
#[track_caller]
fn all_there(site: &Site, mut second: Recorder) {
    assert!(second.terminate().success());
    for name in NAMES {
        let runs = runs(site, name);
        assert_eq!(runs.len(), 2, "{name}");
        assert!(lost(&runs).is_empty(), "{name} lost {:?}", lost(&runs));
        for (before, after) in overlaps(&runs) {
            assert!(before.common_key_frames(after) >= 2, "{name}");
        }
    }
}

#[test]
fn who_stops_waits_for_the_other_on_the_same_machine() {
    let (site, cameras) = (Site::new(), cameras());
    let mut blue = site.start("blue", &setup(&cameras, &NAMES));
    blue.wait_recording(&NAMES, SOON);
    // Told to stop as soon as the other one answers, which has no camera yet.
    let green = site.start("green", &setup(&cameras, &NAMES));
    green.wait_log("segment opened", SOON);
    assert!(blue.terminate().success());
    blue.wait_log("green has every camera after", SOON);
    assert!(!blue.log().contains("stopping all the same"), "{}", blue.log());
    all_there(&site, green);
}

/// The lock of a recorder on another machine says nothing here; its run in the
/// database does.
#[test]
fn who_stops_waits_for_the_other_on_another_machine() {
    let (site, cameras) = (Site::new(), cameras());
    let mut blue = site.start("blue", &setup(&cameras, &NAMES));
    blue.wait_recording(&NAMES, SOON);
    let elsewhere = ["unshare", "--uts", "sh", "-c", "hostname elsewhere && exec \"$@\"", "sh"];
    let green = site.launch("green", &setup(&cameras, &NAMES)).through(&elsewhere).start();
    green.wait_recording(&NAMES, SOON);
    std::fs::remove_file(site.storage().join(".hitless/green.lock")).expect("it was there");
    assert!(blue.terminate().success());
    blue.wait_log("green has every camera after", SOON);
    all_there(&site, green);
}

#[test]
fn nobody_is_waited_for_who_is_not_there_and_nobody_for_ever() {
    let (site, cameras) = (Site::new(), cameras());
    let limited = |names| setup(&cameras, names).table("handover", "peer_max_seconds", 3);
    let mut blue = site.start("blue", &limited(&NAMES));
    blue.wait_recording(&NAMES, SOON);
    assert!(blue.terminate().success());
    assert!(!blue.log().contains("records too"), "{}", blue.log());

    let mut blue = site.start("blue", &limited(&NAMES));
    blue.wait_recording(&NAMES, SOON);
    let mut green = site.start("green", &limited(&["one"]));
    green.wait_recording(&["one"], SOON);
    let begun = Instant::now();
    assert!(blue.terminate().success());
    assert!(begun.elapsed() >= Duration::from_secs(3));
    let line = blue.wait_log("stopping all the same", SOON);
    assert!(line.contains("green"), "{line}");

    // Told once more, it leaves at once; the next start looks after its segments.
    let patient = setup(&cameras, &NAMES).table("handover", "peer_max_seconds", 600);
    let mut blue = site.start("blue", &patient);
    blue.wait_recording(&NAMES, SOON);
    let seen = blue.log().matches("staying until every camera").count();
    blue.signal(Signal::TERM);
    until("it stays", SOON, || blue.log().matches("staying until every camera").count() > seen);
    blue.signal(Signal::TERM);
    assert!(blue.wait_end(SOON).success());
    blue.wait_log("told to stop again: leaving at once", SOON);
    assert!(green.terminate().success());
}
