//! Upgrades on a recorder that records: a good release stays, a bad one is taken
//! back by the tool itself, and either way no frame is lost.

mod deploy_rig;
mod handover_rig;

use deploy_rig::{CAMERAS, Installation, replace};
use handover_rig::signal;
use hitless_tests::eventually;
use rustix::process::Signal;
use std::process::{Command, Stdio};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

/// Another file with the same behaviour.
fn good(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.push(0);
    bytes
}

#[test]
fn a_good_release_stays_and_a_person_can_go_back() {
    let mut at = Installation::new();
    let release = at.release("good", good);
    let sum = Command::new("sha256sum").arg(&release).output().expect("coreutils").stdout;
    std::fs::write(format!("{release}.sha256"), sum).expect("a checksum");
    let old = std::fs::read(&at.installed).expect("it is installed");

    let deployed = at.run("deploy", &[&release]);
    assert_eq!(deployed.status, 0);
    assert_eq!(deployed.alert, "");
    assert!(at.runs(release.as_ref()) && at.runs(&at.installed));
    assert!(std::fs::read(at.beside("previous")).expect("kept") == old);
    assert!(!at.beside("outgoing").exists() && !at.beside("incoming").exists());

    let tried = at.run("selftest", &[]);
    assert_eq!(tried.status, 0);
    assert!(tried.said.contains("all is well"));

    let back = at.run("rollback", &[]);
    assert_eq!(back.status, 0);
    assert!(std::fs::read(&at.installed).expect("installed") == old && at.runs(&at.installed));
    assert!(at.beside("failed").exists() && !at.beside("previous").exists());
    assert_eq!(at.run("rollback", &[]).status, 2, "there is nothing to go back to");
    at.assert_whole(&CAMERAS);
}

#[test]
fn a_release_that_never_gets_ready_is_taken_back() {
    let mut at = Installation::new();
    let (pid, old) = (at.relay.pid(), std::fs::read(&at.installed).expect("it is installed"));
    for (name, does, why) in
        [("hangs", "exec sleep 600", "in time"), ("dies", "exit 3", "ended at once")]
    {
        let release = at.script(name, does);
        let done = at.run("deploy", &["--allow-degraded", &release]);
        assert_eq!(done.status, 1, "{name}");
        assert!(done.alert.contains("Taken back") && done.alert.contains("no frame is lost"));
        assert!(done.alert.contains(why), "{name}: {}", done.alert);
        assert_eq!(at.relay.pid(), pid, "the old one went on");
        assert!(std::fs::read(&at.installed).expect("installed") == old);
        assert!(at.beside("failed").exists() && !at.beside("outgoing").exists());
    }
    at.assert_whole(&CAMERAS);
}

/// It knows no H.265, so one camera is never recorded by it: the old recorder
/// does not leave.
#[test]
fn a_release_that_cannot_record_a_camera_is_taken_back() {
    let mut at = Installation::new();
    let pid = at.relay.pid();
    let release = at.release("no-h265", |bytes| {
        let bytes = replace(bytes, b"h265", b"h26x", None);
        replace(bytes, b"H265", b"H26x", None)
    });
    let done = at.run("deploy", &[&release]);
    assert_eq!(done.status, 1);
    assert!(done.alert.contains("CAM_2"), "{}", done.alert);
    assert!(done.alert.contains("no frame is lost"), "{}", done.alert);
    assert_eq!(at.relay.pid(), pid, "the old one went on");
    at.assert_whole(&CAMERAS);
}

/// It takes the camera for disabled, which looks like a wish to the recorders:
/// the old one leaves, and the tool has it come back. What is missing of that
/// camera is told; of the other, nothing is.
#[test]
fn a_release_that_drops_a_camera_after_the_handover_is_taken_back() {
    let mut at = Installation::new();
    let release = at.release("deaf", |b| replace(b, b"HITLESS_", b"HITLEST_", Some(b"HANDOVER")));
    let done = at.run("deploy", &[&release]);
    assert_eq!(done.status, 1);
    assert!(done.alert.contains("camera CAM_2 is not recorded"), "{}", done.alert);
    assert!(done.said.contains("CAM_2: gap of"), "{}", done.said);
    assert!(!done.said.contains("CAM_1: "), "{}", done.said);
    assert!(at.runs(&at.installed) && !at.runs(&at.beside("failed")));
    at.relay.wait_recording(&CAMERAS);
    at.assert_whole(&["CAM_1"]);
}

/// Told to stop while it watches, a deployment takes back what it did.
#[test]
fn a_deployment_that_is_broken_off_is_taken_back() {
    let mut at = Installation::new();
    let release = at.release("good", good);
    let log = at.site.folder().join("deploy.log");
    let mut tool = at.tool("deploy");
    tool.args(["--settle", "600", "--log"]).arg(&log).arg(&release);
    let tool = tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("python3");
    eventually("it watches", SOON, || {
        std::fs::read_to_string(&log).ok().filter(|text| text.contains("watches"))
    });
    signal(tool.id(), Signal::TERM);
    let done = at.done(&tool.wait_with_output().expect("it ends"));
    assert_eq!(done.status, 1);
    assert!(done.alert.contains("told to stop by SIGTERM"), "{}", done.alert);
    assert!(done.alert.contains("no frame is lost"), "{}", done.alert);
    assert!(at.runs(&at.installed) && !at.runs(&at.beside("failed")));
    at.assert_whole(&CAMERAS);
}

/// Nothing is touched if the new program or the running recorder is not as it
/// should be.
#[test]
fn what_is_wrong_before_changes_nothing() {
    let mut at = Installation::new();
    let pid = at.relay.pid();
    let release = at.release("good", good);
    let zeros = "0".repeat(64);
    let not_one = at.script("not-one", "true");
    std::fs::write(&not_one, "#!/bin/sh\necho hello\n").expect("a script");
    let refuses = at.script("refuses", "true; }; [ \"$1\" != check ] || { exit 2");
    for (arguments, why) in [
        (&["--sha256", &zeros, &release][..], "has the checksum"),
        (&["--sha256", "abc", &release], "64 digits"),
        (&[not_one.as_str()], "it is no recorder"),
        (&[refuses.as_str()], "ended with 2"),
        (&["/dev/null"], "is no program"),
        (&["--url", "http://127.0.0.1:1", &release], "nothing to upgrade"),
        (&["--stitcher", "/bin/false", &release], "/bin/false"),
    ] {
        let done = at.run("deploy", arguments);
        assert_eq!(done.status, 2, "{arguments:?}");
        assert!(done.alert.contains(why), "{arguments:?}: {}", done.alert);
        assert!(at.runs(&at.installed) && !at.beside("incoming").exists());
    }
    assert_eq!(at.relay.pid(), pid);
    at.assert_whole(&CAMERAS);
}
