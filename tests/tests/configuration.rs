//! What is wrong with a configuration is said before anything is recorded. What
//! changes in one is taken over by a handover, which has tests of its own.

mod verdict;

use hitless_fixtures::spawn;
use hitless_tests::{Recorder, Setup, Site, program};
use rustix::process::Signal;
use std::process::{Command, Output};
use std::time::Duration;
use verdict::{SOON, Watch, camera};

/// A recorder that refuses says so at once.
const REFUSAL: Duration = Duration::from_secs(10);

fn check(site: &Site, setup: &Setup, more: &[&str]) -> (i32, String) {
    let config = site.write_config("check", setup, "127.0.0.1:0");
    let output: Output = Command::new(program("recorder"))
        .args(["check", "--config"])
        .arg(config)
        .args(more)
        .output()
        .expect("the check runs");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code().expect("it ended by itself"), text.into_owned())
}

#[track_caller]
fn refused(mut recorder: Recorder, parts: &[&str]) {
    let status = recorder.wait_end(REFUSAL);
    let log = recorder.log();
    assert_eq!(status.code(), Some(2), "{log}");
    for part in parts {
        assert!(log.contains(part), "{part:?} is not said: {log}");
    }
}

#[test]
fn two_cameras_with_one_id_are_refused_and_both_lines_are_named() {
    let site = Site::new();
    let url = "rtsp://127.0.0.1:1/x";
    let setup = Setup::new().camera("front", url).camera("back", url).camera("front", url);
    let recorder = site.launch("blue", &setup).spawn();
    let text = std::fs::read_to_string(site.folder().join("blue.toml")).expect("it was written");
    let lines: Vec<usize> =
        (1..).zip(text.lines()).filter(|(_, l)| l.contains("\"front\"")).map(|(n, _)| n).collect();
    let (first, second) = (lines[0].to_string(), lines[1].to_string());
    refused(recorder, &["blue.toml:", "front", &first, &second]);
    assert!(site.all_segments().is_empty());
    let (status, said) = check(&site, &setup, &["--offline"]);
    assert!(status == 2 && said.contains("front"), "{status}: {said}");
}

#[test]
fn a_second_process_of_an_instance_is_refused_and_told_who_was_first() {
    let (site, cameras) = (Site::new(), spawn(&[camera("good")]).expect("cameras"));
    let setup = Setup::new().camera("good", cameras.url("good"));
    let mut first = site.start("blue", &setup);
    first.wait_recording(&["good"], SOON);
    let watch = Watch::begin(&cameras, "good");
    let pid = format!("process {}", first.pid());
    refused(site.launch("blue", &setup).spawn(), &["\"blue\"", &pid, "--instance"]);
    // And on the very same address, as by a service started twice.
    let config = site.write_config("blue", &setup, first.bind());
    let again = Command::new(program("recorder")).arg("--config").arg(config).output();
    let again = again.expect("it runs");
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.code() == Some(2) && said.contains(&pid), "{said}");
    let stopped = verdict::stop(&mut first, &cameras);
    watch.assert_whole(&site, &stopped, "good");
}

#[test]
fn a_check_says_what_is_wrong_and_its_status_tells_what_kind() {
    let (site, cameras) = (Site::new(), spawn(&[camera("good")]).expect("cameras"));
    let setup = Setup::new().camera("good", cameras.url("good"));
    let (status, said) = check(&site, &setup, &[]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("ok      camera good: H264, no sound, read by retina"), "{said}");
    assert!(site.all_segments().is_empty(), "a check records nothing");

    let away = setup.clone().camera("away", "rtsp://127.0.0.1:1/x");
    let (status, said) = check(&site, &away, &[]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("AWAY    camera away: no connection to 127.0.0.1:1"), "{said}");
    let (status, said) = check(&site, &away, &["--offline"]);
    assert!(status == 0 && !said.contains("camera away"), "{status}: {said}");

    let file = site.folder().join("a-file");
    std::fs::write(&file, "").expect("a file");
    let nowhere = file.join("below").to_string_lossy().into_owned();
    let (status, said) = check(&site, &away.clone().key("storage", nowhere), &[]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("WRONG   storage: ") && said.contains("a-file/below"), "{said}");

    let nobody = "postgres://hitless@127.0.0.1:1/hitless";
    let (status, said) = check(&site, &setup.clone().key("database", nobody), &[]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("recording would go on and spool"), "{said}");

    let (status, said) = check(&site, &setup.table("recorder", "stal_seconds", 5), &[]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("check.toml:") && said.contains("stall_seconds"), "{said}");
}

/// The first SIGTERM finishes the segments; an impatient second one ends the
/// process at once, whatever waits, and the next start recovers.
#[test]
fn a_second_sigterm_does_not_wait() {
    let (site, cameras) = (Site::new(), spawn(&[camera("good")]).expect("cameras"));
    // A database that answers nobody holds up the stop for some seconds.
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = deaf.local_addr().expect("an address").port();
    let setup = Setup::new()
        .key("database", format!("postgres://hitless@127.0.0.1:{port}/hitless"))
        .camera("good", cameras.url("good"));
    let mut recorder = site.start("blue", &setup);
    recorder.wait_recording(&["good"], SOON);
    recorder.signal(Signal::TERM);
    recorder.wait_log("stopping: finishing the segments in flight", SOON);
    recorder.signal(Signal::TERM);
    let ended = recorder.wait_end(Duration::from_secs(5));
    assert!(ended.success(), "{ended}");
}

#[test]
fn a_handover_with_a_configuration_that_is_refused_ends_with_1() {
    let site = Site::new();
    let setup = Setup::new().camera("no id", "rtsp://127.0.0.1:1/x");
    let config = site.write_config("blue", &setup, "127.0.0.1:0");
    let output =
        Command::new(program("recorder")).args(["handover", "--config"]).arg(config).output();
    let output = output.expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("\"no id\""), "{said}");
}
