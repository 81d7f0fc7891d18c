//! The unit files as they are shipped, under a real systemd: start, reload, a
//! deployment, broken releases, a hang, stop; and two units side by side.

mod handover_rig;
mod systemd_rig;

use handover_rig::{RunFootage, lost, overlaps, runs};
use hitless_fixtures::camera::Auth;
use hitless_fixtures::{CameraSpec, Cameras, spawn};
use hitless_tests::{CameraSetup, Setup, Site, eventually, program, until};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use systemd_rig::{Machine, STORAGE, get, seed};

const SOON: Duration = Duration::from_secs(60);
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tools");
const INSTALLED: &str = "usr/local/bin/recorder";
/// As in the units.
const STOP_LIMIT: Duration = Duration::from_secs(45);
/// The second asks for a password, which systemd alone can read.
const CAMERAS: [&str; 2] = ["good", "guarded"];
const PASSWORD: &str = "open-sesame";

fn cameras() -> Cameras {
    let named = |name: &str| CameraSpec { gop: 30, ..CameraSpec::named(name) };
    let auth = Auth { user: "keeper".into(), password: PASSWORD.into(), digest: true };
    spawn(&[named("good"), CameraSpec { auth: Some(auth), ..named("guarded") }]).expect("cameras")
}

fn setup(cameras: &Cameras) -> Setup {
    let guarded = CameraSetup::new("guarded", cameras.url("guarded"));
    Setup::new()
        .key("database", "sqlite:///var/lib/hitless/hitless.db")
        .table("recorder.disk", "min_free_bytes", "10MB")
        .camera("good", cameras.url("good"))
        .with(guarded.key("user", "keeper").key("password_credential", "cam1"))
}

/// Free addresses, held together so that they differ.
fn addresses<const N: usize>() -> [String; N] {
    let held = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    held.map(|listener| listener.local_addr().expect("an address").to_string())
}

/// A machine on which everything is installed as `docs/operations.md` says, with
/// a drop-in of its own.
fn installed(site: &Site, setup: &Setup, bind: &str, unit: &str, drop_in: &str) -> PathBuf {
    let folder = site.folder().join("machine");
    let write = |path: &str, text: &str| {
        let from = site.folder().join("written");
        std::fs::write(&from, text).expect("a file");
        seed(&folder, path, &from);
    };
    seed(&folder, "etc/hitless/hitless.toml", &site.write_config("blue", setup, bind));
    write("etc/hitless/cam1.password", PASSWORD);
    let secret = folder.join("seed/etc/hitless/cam1.password");
    std::fs::set_permissions(secret, PermissionsExt::from_mode(0o600)).expect("a file");
    seed(&folder, INSTALLED, &program("recorder"));
    seed(&folder, "usr/local/bin/stitcher", &program("stitcher"));
    let units = Path::new(TOOLS).join("systemd");
    seed(&folder, &format!("etc/systemd/system/{unit}"), &units.join(unit));
    let credential = "LoadCredential=cam1:/etc/hitless/cam1.password";
    let drop_in = format!("[Service]\n{credential}\n{drop_in}\n");
    write(&format!("etc/systemd/system/{unit}.d/test.conf"), &drop_in);
    folder
}

fn wait_recording(bind: &str) -> serde_json::Value {
    eventually("the cameras are recorded", SOON, || {
        let health = get(bind, "/health")?;
        CAMERAS.iter().all(|c| health["cameras"][c]["running"] == true).then_some(health)
    })
}

/// Each run has at least two key frames in common with the next, and no frame is
/// missing between the first and the last.
#[track_caller]
fn assert_seamless(runs: &[RunFootage], log: &str) {
    assert!(lost(runs).is_empty(), "{:?}\n{log}", lost(runs));
    for (before, after) in overlaps(runs) {
        assert!(before.common_key_frames(after) >= 2, "{log}");
    }
}

fn may_not_be_root() -> bool {
    let not = !rustix::process::geteuid().is_root();
    if not {
        eprintln!("SKIPPED: namespaces need root");
    }
    not
}

#[test]
fn the_unit_starts_reloads_survives_and_stops() {
    if may_not_be_root() {
        return;
    }
    let (site, cameras, [bind]) = (Site::with_storage(STORAGE), cameras(), addresses());
    let folder = installed(&site, &setup(&cameras), &bind, "recorder.service", "WatchdogSec=8");
    let tools = folder.join("seed/opt/hitless");
    std::fs::create_dir_all(&tools).expect("a folder");
    let copied = Command::new("cp").arg("-r").arg(TOOLS).arg(&tools).status();
    assert!(copied.expect("cp runs").success());
    let machine = Machine::start(&folder);
    machine.must("useradd --system hitless");

    // Start: ready means that it answers.
    machine.must("systemctl start recorder");
    assert!(get(&bind, "/health").is_some(), "{}", machine.journal());
    wait_recording(&bind);
    let property = |name: &str| machine.property("recorder", name);
    let main = || property("MainPID");
    let first = main();
    until("a person can read how it stands", SOON, || {
        property("StatusText").starts_with("recording 2 of 2 cameras")
    });

    // Reload: returns when the old one is gone, and the main process is the new one.
    machine.must("systemctl reload recorder");
    let second = main();
    assert_ne!(first, second);
    let health = wait_recording(&bind);
    assert_eq!(health["instance_id"], "green");
    // It knows its number in this machine alone.
    assert_eq!(health["system"]["pid"].to_string(), second);
    assert_eq!(property("ActiveState"), "active");
    assert_eq!(property("NRestarts"), "0");
    assert_eq!(machine.must("systemctl list-jobs --no-legend"), "");
    // The watchdog is fed by the new one.
    let limit = Instant::now() + Duration::from_secs(10);
    until("longer than the watchdog waits", SOON, || Instant::now() > limit);
    assert_eq!(main(), second);

    // A release whose recorder fails is taken back by the tool: the reload fails,
    // and nothing else happens. A good one stays.
    let (broken, fails) = (
        site.folder().join("broken"),
        "#!/bin/sh\n[ -z \"$HITLESS_HANDOVER_ROLE\" ] || exit 7\nexec /opt/good \"$@\"\n",
    );
    machine.put(&program("recorder"), "/opt/good");
    std::fs::write(&broken, fails).expect("a file");
    machine.put(&broken, "/opt/broken");
    let deploy = |release: &str| {
        let tool = "/opt/hitless/tools/deploy --unit recorder --settle 2";
        let output = machine.run(&format!("{tool} {release}"));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), said + &String::from_utf8_lossy(&output.stderr))
    };
    let (status, said) = deploy("/opt/broken");
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("exit status: 7") && said.contains("no frame is lost"), "{said}");
    assert_eq!((property("ActiveState"), main()), ("active".to_owned(), second.clone()));
    assert_eq!(wait_recording(&bind)["instance_id"], "green");
    let (status, said) = deploy("/opt/good");
    assert_eq!(status, Some(0), "{said}");
    let third = main();
    assert_ne!(third, second);
    assert_eq!(wait_recording(&bind)["instance_id"], "blue");

    // What cannot even start fails the reload too.
    std::fs::write(&broken, "no program").expect("a file");
    machine.put(&broken, "/usr/local/bin/recorder");
    assert!(!machine.run("systemctl reload recorder").status.success());
    assert_eq!((property("ActiveState"), main()), ("active".to_owned(), third.clone()));
    machine.put(&program("recorder"), "/usr/local/bin/recorder");

    // A hang: the watchdog ends it, and it is started again.
    machine.must(&format!("kill -STOP {third}"));
    until("the watchdog has it started again", SOON, || {
        property("NRestarts") == "1" && property("ActiveState") == "active"
    });
    wait_recording(&bind);

    let begun = Instant::now();
    machine.must("systemctl stop recorder");
    assert!(begun.elapsed() < STOP_LIMIT);
    assert_eq!(property("Result"), "success");
    assert_eq!(property("ActiveState"), "inactive");

    // Footage of the first three runs: whole, with an overlap at each handover.
    let copy = machine.footage();
    for camera in CAMERAS {
        let runs = runs(&copy, camera);
        assert_eq!(runs.len(), 4, "{camera}: {}", machine.journal());
        assert_seamless(&runs[..3], &machine.journal());
    }
}

/// Blue and green beside each other, each a unit: who is stopped stays until the
/// other one has every camera. The password comes by `LoadCredential=`.
#[test]
fn two_units_side_by_side_take_over_from_each_other() {
    if may_not_be_root() {
        return;
    }
    let (site, cameras, [blue, green]) = (Site::with_storage(STORAGE), cameras(), addresses());
    let folder = installed(&site, &setup(&cameras), &blue, "recorder@.service", "");
    for (instance, bind) in [("blue", &blue), ("green", &green)] {
        let path = site.folder().join("env");
        std::fs::write(&path, format!("HITLESS_RECORDER__BIND={bind}\n")).expect("a file");
        seed(&folder, &format!("etc/hitless/{instance}.env"), &path);
    }
    let machine = Machine::start(&folder);
    machine.must("useradd --system hitless");
    machine.must("systemctl start recorder@blue");
    assert_eq!(wait_recording(&blue)["instance_id"], "blue");
    machine.must("systemctl start recorder@green");
    machine.must("systemctl stop recorder@blue");
    let property = |name: &str| machine.property("recorder@blue", name);
    assert_eq!(
        (property("Result"), property("ActiveState")),
        ("success".into(), "inactive".into())
    );
    let said = machine.journal();
    assert!(said.contains("green has every camera after"), "{said}");
    assert_eq!(wait_recording(&green)["instance_id"], "green");
    machine.must("systemctl stop recorder@green");

    let copy = machine.footage();
    for camera in CAMERAS {
        let runs = runs(&copy, camera);
        assert_eq!(runs.len(), 2, "{camera}: {said}");
        assert_seamless(&runs, &said);
    }
    let secret = machine.run("runuser -u hitless cat /etc/hitless/cam1.password");
    assert!(!secret.status.success(), "the recorder's user cannot read the file itself");
}

#[test]
fn the_units_are_locked_down() {
    for unit in ["recorder.service", "recorder@.service"] {
        let output = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--threshold=20"])
            .arg(Path::new(TOOLS).join("systemd").join(unit))
            .output()
            .expect("systemd-analyze runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{unit}: {said}");
        assert!(said.contains("Overall exposure level"), "{unit}: {said}");
    }
}

/// systemd has more patience than the recorder: with the defaults, nothing that
/// the recorder still waits for is cut off by its unit.
#[test]
fn the_units_wait_longer_than_the_recorder() {
    let read = |path: &str| std::fs::read_to_string(Path::new(TOOLS).join(path)).expect("a file");
    let value = |text: &str, name: &str| -> u64 {
        let lines = text.lines().filter_map(|line| line.trim_start_matches('#').split_once('='));
        let mut found = lines.filter(|(key, _)| key.trim() == name);
        let (_, value) = found.next().unwrap_or_else(|| panic!("{name} is not there"));
        value.trim().parse().unwrap_or_else(|_| panic!("{name} is {value}"))
    };
    let sample = read("../hitless.sample.toml");
    let (_, handover) = sample.split_once("[handover]").expect("a table");
    let total = value(&sample, "total_seconds");
    let peer = value(handover, "peer_max_seconds");
    for unit in ["systemd/recorder.service", "systemd/recorder@.service"] {
        assert!(value(&read(unit), "TimeoutStopSec") > total + peer, "{unit}");
    }
    let start = value(&read("systemd/recorder.service"), "TimeoutStartSec");
    assert!(start > value(handover, "max_seconds") + total);
}
