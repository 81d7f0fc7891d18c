//! The host's clock is set a day forward and back while recording: no picture
//! is lost, nothing overwritten, and the steps are in the database.

mod verdict;

use hitless_fixtures::camera::{ClockSpec, Reports};
use hitless_fixtures::{CameraSpec, spawn};
use hitless_model::SegmentState;
use hitless_tests::{CameraSetup, Setup, Site, judge, until};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use verdict::{SOON, Watch, camera, seconds};

const DAY: f64 = 86_400.0;
const NAMES: [&str; 3] = ["one", "without-reports", "over-udp"];

/// The clock that a recorder sees, moved by writing a file.
struct FakeClock(PathBuf);

impl FakeClock {
    fn set(&self, offset: &str) {
        // Replaced whole: it is read at every look at the clock.
        let part = self.0.with_extension("part");
        std::fs::write(&part, offset).expect("a file for the clock");
        std::fs::rename(&part, &self.0).expect("a file for the clock");
    }
}

/// Where Debian puts libfaketime, whatever the machine.
fn library() -> PathBuf {
    let places = std::fs::read_dir("/usr/lib").expect("libraries").filter_map(Result::ok);
    let found = places.map(|place| place.path().join("faketime/libfaketimeMT.so.1"));
    found.into_iter().find(|path| path.is_file()).expect("libfaketime (Debian: faketime)")
}

#[test]
fn a_host_clock_set_a_day_forward_and_back_costs_no_picture() {
    let silent = ClockSpec { reports: Reports::Absent, ..ClockSpec::default() };
    let specs = [
        camera("one"),
        CameraSpec { clock: silent, ..camera("without-reports") },
        camera("over-udp"),
    ];
    let (site, cameras) = (Site::new(), spawn(&specs).expect("cameras"));
    let setup = Setup::new()
        .camera("one", cameras.url("one"))
        .camera("without-reports", cameras.url("without-reports"))
        .with(CameraSetup::new("over-udp", cameras.url("over-udp")).gstreamer("udp"));
    let clock = FakeClock(site.folder().join("clock"));
    clock.set("+0");
    let mut recorder = site
        .launch("blue", &setup)
        .env("LD_PRELOAD", library())
        .env("FAKETIME_TIMESTAMP_FILE", &clock.0)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .start();
    recorder.wait_recording(&NAMES, SOON);
    let watch = NAMES.map(|name| (name, Watch::begin(&cameras, name)));
    for (n, offset) in ["+1d", "+0", "-1d", "+0"].into_iter().enumerate() {
        seconds(&cameras, NAMES[0], 3);
        clock.set(offset);
        until("the step is noticed", SOON, || {
            recorder.log().matches("the host's clock was set").count() == n + 1
        });
    }
    seconds(&cameras, NAMES[0], 3);
    recorder.wait_recording(&NAMES, SOON);
    verdict::checked_metrics(&recorder);
    let stopped = verdict::stop(&mut recorder, &cameras);
    for (name, watch) in watch {
        watch.assert_whole(&site, &stopped, name);
        one_strand_of_distinct_segments(&site, name);
        assert_no_step_of_the_camera(&site, name);
    }
    assert_steps(&site);
}

/// Names differ, numbers count up, and each row says what its file holds.
fn one_strand_of_distinct_segments(site: &Site, camera: &str) {
    let judged = judge::finished_segments(site, camera, "blue");
    assert!(judged.len() > 10, "{camera}: {} segments", judged.len());
    let numbers: Vec<u64> = judged.iter().map(|j| j.file.number()).collect();
    assert!(numbers.windows(2).all(|w| w[1] == w[0] + 1), "{camera}: {numbers:?}");
    let strands: BTreeSet<u32> = judged.iter().map(|j| j.row.strand).collect();
    assert_eq!(strands.len(), 1, "{camera}: {strands:?}");
    let rows = site.rows(camera, "blue");
    assert!(rows.iter().all(|row| row.state == SegmentState::Complete), "{camera}");
}

/// A camera's clock did not move because the host's did.
fn assert_no_step_of_the_camera(site: &Site, camera: &str) {
    let steps = verdict::told(&verdict::database(site), camera).steps;
    let of_camera = steps.iter().any(|s| s.camera.as_ref().is_some_and(|c| c.as_str() == camera));
    assert!(!of_camera, "{camera}: {steps:?}");
}

fn assert_steps(site: &Site) {
    let steps = verdict::told(&verdict::database(site), "one").steps;
    let mut of_host: Vec<f64> =
        steps.iter().filter(|s| s.camera.is_none()).map(|s| s.step.as_secs_f64()).collect();
    of_host.sort_by(f64::total_cmp);
    let expected = [-DAY, -DAY, DAY, DAY];
    assert_eq!(of_host.len(), expected.len(), "{steps:?}");
    for (is, should) in of_host.iter().zip(expected) {
        assert!((is - should).abs() < 1.0, "{of_host:?}");
    }
}

/// The clock of a recorder's own segments may be a day off, but a name is a
/// label: where the camera tells the time, its segments are named by that.
#[test]
fn names_follow_the_camera_and_not_the_host() {
    let (site, cameras) = (Site::new(), spawn(&[camera("one")]).expect("cameras"));
    let clock = FakeClock(site.folder().join("clock"));
    clock.set("+1d");
    let mut recorder = site
        .launch("blue", &Setup::new().camera("one", cameras.url("one")))
        .env("LD_PRELOAD", library())
        .env("FAKETIME_TIMESTAMP_FILE", &clock.0)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .start();
    recorder.wait_recording(&["one"], SOON);
    until("five segments", SOON, || site.segments("one", "blue").len() >= 6);
    assert!(recorder.terminate().success());
    let segments = site.segments("one", "blue");
    let last = segments.last().expect("segments");
    assert!(is_today(&last.path), "the camera's day: {}", last.path.display());
}

fn is_today(path: &Path) -> bool {
    let output = std::process::Command::new("date").args(["-u", "+%Y-%m-%d"]).output();
    let today = String::from_utf8(output.expect("date runs").stdout).expect("a date");
    path.to_string_lossy().contains(today.trim())
}
