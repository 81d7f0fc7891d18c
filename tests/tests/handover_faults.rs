//! Handovers that fail, and handovers in bad company: whatever happens, who
//! recorded goes on recording.

mod handover_rig;

use handover_rig::{Relay, is_alive, lost, runs, signal};
use hitless_fixtures::{CameraSpec, Cameras, Fault, spawn};
use hitless_tests::{CameraSetup, Setup, Site, boxes, eventually, program, until};
use rustix::process::Signal;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

fn camera(name: &str) -> CameraSpec {
    CameraSpec { gop: 30, ..CameraSpec::named(name) }
}

fn setup(cameras: &Cameras, names: &[&str]) -> Setup {
    names.iter().fold(Setup::new(), |setup, name| setup.camera(name, cameras.url(name)))
}

/// A copy of the recorder that can be replaced.
fn installed(site: &Site) -> PathBuf {
    let path = site.folder().join("recorder");
    std::fs::copy(program("recorder"), &path).expect("a copy");
    path
}

/// Replaces a program as an installation does: the running one is not touched.
fn install(path: &std::path::Path, script: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, script).expect("a file");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&new, executable).expect("a file");
    std::fs::rename(new, path).expect("a file");
}

/// Nothing that was recorded has a hole.
#[track_caller]
fn all_whole(site: &Site, camera: &str) {
    let runs = runs(site, camera);
    for run in &runs {
        assert!(run.tally().is_whole(), "{camera} by {}: {}", run.instance, run.tally());
    }
    assert!(lost(&runs).is_empty(), "{camera} lost {:?}", lost(&runs));
}

#[test]
fn a_broken_program_changes_nothing_and_a_good_one_after_it_takes_over() {
    let (site, cameras) = (Site::new(), spawn(&[camera("good")]).expect("cameras"));
    let setup = setup(&cameras, &["good"]).table("handover", "max_seconds", 10);
    let binary = installed(&site);
    let mut relay = Relay::of(site.launch("blue", &setup).program(&binary), &site, "blue");
    relay.wait_recording(&["good"]);
    let pid = relay.pid();
    for (script, says) in [
        ("no program at all", "cannot be started"),
        ("#!/bin/sh\nexit 7\n", "exit status: 7"),
        // Starts nobody and ends well, as another program would.
        ("#!/bin/sh\nexit 0\n", "ended at once"),
        // Never says a word.
        ("#!/bin/sh\nexec sleep 1000\n", "in time"),
    ] {
        install(&binary, script);
        let why = relay.hand_over().expect_err(script);
        assert!(why.contains(says), "{script:?}: {why}");
        assert_eq!((relay.pid(), relay.instance().as_str()), (pid, "blue"));
    }
    std::fs::remove_file(&binary).expect("it was there");
    let why = relay.hand_over().expect_err("no program");
    assert!(why.contains("cannot be started"), "{why}");
    std::fs::copy(program("recorder"), &binary).expect("a copy");
    relay.hand_over().expect("the good one takes over");
    assert_eq!(relay.instance(), "green");
    relay.terminate();
    all_whole(&site, "good");
}

#[test]
fn a_camera_that_refuses_a_second_session_stops_the_handover_unless_it_may() {
    // Between two of its key frames is a gap that counts as one.
    let one = CameraSpec { gop: 60, ..camera("one") };
    let (site, cameras) = (Site::new(), spawn(&[camera("open"), one]).expect("cameras"));
    let limits = |setup: Setup| {
        setup.table("handover", "max_seconds", 6).table("handover", "best_effort_seconds", 2).table(
            "recorder",
            "backoff_max_seconds",
            1,
        )
    };
    let required = limits(setup(&cameras, &["open", "one"]));
    let mut relay = Relay::new(&site, "blue", &required);
    relay.wait_recording(&["open", "one"]);
    cameras.fault("one", Fault::MaxSessions { sessions: Some(1) }).expect("the camera hears");
    let why = relay.hand_over().expect_err("it is required");
    assert!(why.contains("camera one: the successor does not record it"), "{why}");
    assert!(!why.contains("camera open"), "{why}");
    assert_eq!(relay.instance(), "blue");
    let log = relay.log();
    assert!(!log.contains("leaving at once"), "the successor finishes its segments: {log}");
    relay.wait_recording(&["open", "one"]);

    let may = CameraSetup::new("one", cameras.url("one")).key("overlap", "best-effort");
    let may = limits(setup(&cameras, &["open"])).with(may);
    site.write_config("blue", &may, relay.bind());
    relay.hand_over().expect("it may be without an overlap");
    relay.wait_recording(&["open", "one"]);
    let line = relay.wait_log("nothing was recorded of camera one for");
    assert!(line.contains("WARN"), "{line}");
    relay.terminate();
    let runs = runs(&site, "open");
    assert!(lost(&runs).is_empty(), "{:?}", lost(&runs));
}

#[test]
fn a_camera_that_is_away_for_both_is_not_waited_for() {
    let (site, cameras) = (Site::new(), spawn(&[camera("good")]).expect("cameras"));
    let setup = setup(&cameras, &["good"]).camera("away", "rtsp://127.0.0.1:1/x");
    let mut relay = Relay::new(&site, "blue", &setup);
    relay.wait_recording(&["good"]);
    relay.hand_over().expect("the other camera is enough");
    relay.terminate();
    all_whole(&site, "good");
}

#[test]
fn one_handover_at_a_time() {
    let (site, cameras) = (Site::new(), spawn(&[camera("good")]).expect("cameras"));
    let mut relay = Relay::new(&site, "blue", &setup(&cameras, &["good"]));
    relay.wait_recording(&["good"]);
    let first = relay.asking().stdout(Stdio::piped()).spawn().expect("it runs");
    relay.wait_log("handover: starting");
    let second = relay.hand_over().expect_err("one runs already");
    assert!(second.contains("a handover is running already"), "{second}");
    let first = first.wait_with_output().expect("it ends");
    assert!(first.status.success(), "{first:?}");
    assert_eq!(relay.instance(), "green");
    relay.terminate();
    all_whole(&site, "good");
}

#[test]
fn nobody_to_ask_is_said() {
    let (site, cameras) = (Site::new(), spawn(&[camera("good")]).expect("cameras"));
    let mut relay = Relay::new(&site, "blue", &setup(&cameras, &["good"]));
    relay.terminate();
    let output = relay.ask();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("no recorder runs as blue or green"), "{said}");
}

/// Who is told to stop during a handover takes the successor along.
#[test]
fn a_stop_during_a_handover_stops_both() {
    let (site, cameras) = (Site::new(), spawn(&[camera("good")]).expect("cameras"));
    let mut relay = Relay::new(&site, "blue", &setup(&cameras, &["good"]));
    relay.wait_recording(&["good"]);
    let asking = relay.asking().stderr(Stdio::piped()).spawn().expect("it runs");
    let line = relay.wait_log("as process ");
    let successor = line.split("as process ").nth(1).and_then(|n| n.trim().parse().ok());
    let successor: u32 = successor.expect("a process id");
    relay.terminate();
    until("the successor is gone", SOON, || !is_alive(successor));
    let output = asking.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    all_whole(&site, "good");
}

/// A successor that hangs holds up nobody who is told to stop once more; what
/// was recorded is finished all the same, and the successor ends when it can.
#[test]
fn a_second_stop_during_a_handover_waits_for_no_successor() {
    let (site, cameras) = (Site::new(), spawn(&[camera("good")]).expect("cameras"));
    let mut relay = Relay::new(&site, "blue", &setup(&cameras, &["good"]));
    relay.wait_recording(&["good"]);
    let mut asking = relay.asking().stderr(Stdio::null()).spawn().expect("it runs");
    let line = relay.wait_log("as process ");
    let successor = line.split("as process ").nth(1).and_then(|n| n.trim().parse().ok());
    let successor: u32 = successor.expect("a process id");
    // Not before its launcher is gone, whose end lets what it stopped go on.
    relay.wait_log("waiting until it has every camera");
    signal(successor, Signal::STOP);
    let first = relay.first().pid();
    signal(first, Signal::TERM);
    relay.wait_log("first the successor that was being made");
    signal(first, Signal::TERM);
    let status = relay.first().wait_end(SOON);
    let log = relay.log();
    assert!(status.success(), "{status}: {log}");
    assert!(log.contains("not waiting until the successor is gone"), "{log}");
    assert!(!log.contains("leaving at once"), "{log}");
    // Not the rows: whoever hangs may hang with the database in its hands.
    let files = site.segments("good", "blue");
    assert!(!files.is_empty());
    files.iter().for_each(|file| boxes::assert_progressive(&file.path));
    let open = std::fs::read_dir(site.storage().join(".hitless/open")).expect("the list");
    let open: Vec<_> = open.flatten().map(|file| file.file_name()).collect();
    assert!(!open.iter().any(|name| name.to_string_lossy().contains("_blue_")), "{open:?}");
    assert_eq!(asking.wait().expect("it ends").code(), Some(1));
    signal(successor, Signal::CONT);
    until("the successor is gone", SOON, || !is_alive(successor));
    all_whole(&site, "good");
}

/// Kills at moments that a seed chooses. Who is left records on, and nothing is
/// missing that either of them had.
#[test]
fn whoever_is_killed_the_other_records_on() {
    let (site, cameras) = (Site::new(), spawn(&[camera("good")]).expect("cameras"));
    let setup = setup(&cameras, &["good"]);
    let mut relay = Relay::new(&site, "blue", &setup);
    relay.wait_recording(&["good"]);
    let seed = std::env::var("HITLESS_TEST_SEED").ok().and_then(|s| s.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("HITLESS_TEST_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..6 {
        let old = relay.pid();
        let seen = relay.log().len();
        let mut asking = relay.asking();
        let asking = asking.stderr(Stdio::null()).stdout(Stdio::null());
        let mut asking = asking.spawn().expect("it runs");
        let new = eventually("a successor", SOON, || {
            let log = relay.log();
            log[seen..].split("as process ").nth(1)?.split_whitespace().next()?.parse().ok()
        });
        let victim = if round % 2 == 0 { old } else { new };
        // The moment is what is random here, not a wait for anything.
        std::thread::sleep(Duration::from_millis(random.u64(0..5_000)));
        let complete = !is_alive(old);
        if !complete {
            signal(victim, Signal::KILL);
        }
        let left = if victim == old { new } else { old };
        asking.wait().expect("it ends");
        // Past its last moment a recorder is replaced, whatever becomes of the other.
        if !complete && victim == new && !is_alive(old) {
            break;
        }
        let left = if complete { new } else { left };
        until("the one that is left answers", SOON, || {
            relay.first().ended();
            relay.first().get("/health").is_some_and(|(_, health)| {
                health.contains(&format!("\"pid\":{left},"))
                    || health.contains(&format!("\"pid\": {left},"))
            })
        });
        relay.wait_recording(&["good"]);
    }
    if relay.first().get("/health").is_some() {
        relay.terminate();
    }
    let runs = runs(&site, "good");
    for run in &runs {
        assert!(run.tally().is_whole(), "by {}: {}", run.instance, run.tally());
    }
}
