//! The unit file as it is shipped, under a real systemd: start, reload, a
//! broken release, a hang, stop.
//!
//! systemd runs as the first process of namespaces of its own, on a throw-away
//! overlay of this machine (`tests/systemd/box`), with this machine's network.

mod handover_rig;

use handover_rig::{lost, overlaps, runs};
use hitless_fixtures::{CameraSpec, spawn};
use hitless_tests::{Setup, Site, eventually, program, until};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(60);
const UNITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tools/systemd");
const INSTALLED: &str = "usr/local/bin/recorder";
/// As in the unit.
const STOP_LIMIT: Duration = Duration::from_secs(45);

/// A machine with a systemd of its own.
struct Machine {
    folder: PathBuf,
}

impl Machine {
    fn start(folder: &Path) -> Self {
        let machine = Self { folder: folder.to_owned() };
        let output =
            machine.command("start").env("SDBOX_NET", "host").env("SDBOX_SIZE", "3g").output();
        let output = output.expect("bash runs");
        assert!(output.status.success(), "systemd does not start: {output:?}");
        machine
    }

    fn command(&self, action: &str) -> Command {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd/box");
        let mut command = Command::new(script);
        command.arg(action).arg(&self.folder);
        command
    }

    fn run(&self, command: &str) -> Output {
        let mut run = self.command("run");
        run.args(command.split_whitespace()).output().expect("bash runs")
    }

    #[track_caller]
    fn must(&self, command: &str) -> String {
        let output = self.run(command);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let log = if output.status.success() { String::new() } else { self.journal() };
        assert!(output.status.success(), "{command}: {output:?}\n{log}");
        text
    }

    /// A property of the service.
    fn property(&self, name: &str) -> String {
        self.must(&format!("systemctl show recorder --value -p {name}")).trim().to_owned()
    }

    fn journal(&self) -> String {
        String::from_utf8_lossy(&self.run("journalctl -u recorder --no-pager").stdout).into_owned()
    }

    /// Puts a program in the place of the recorder, as an installation does.
    fn install(&self, from: &Path) {
        let new = self.folder.join("seed/new");
        std::fs::copy(from, &new).expect("a copy");
        // Through the machine's own eyes: behind its overlay nothing may change.
        let program = std::fs::File::open(new).expect("a copy");
        let mut copy = self.command("run");
        copy.args(["sh", "-c", "cat > /usr/local/bin/new && chmod 755 /usr/local/bin/new"]);
        assert!(copy.stdin(program).status().expect("bash runs").success());
        self.must("mv /usr/local/bin/new /usr/local/bin/recorder");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.journal());
        }
        // What it printed stands in its folder.
        let _ = self.command("stop").output();
    }
}

fn get(bind: &str, path: &str) -> Option<serde_json::Value> {
    let agent = ureq::Agent::config_builder().http_status_as_error(false);
    let agent = agent.timeout_global(Some(Duration::from_secs(5))).build().new_agent();
    let mut answer = agent.get(format!("http://{bind}{path}")).call().ok()?;
    serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
}

fn seed(folder: &Path, path: &str, from: &Path) {
    let to = folder.join("seed").join(path);
    std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    std::fs::copy(from, to).expect("a copy");
}

fn wait_recording(bind: &str, camera: &str) -> serde_json::Value {
    eventually("the camera is recorded", SOON, || {
        get(bind, "/health").filter(|health| health["cameras"][camera]["running"] == true)
    })
}

#[test]
fn the_unit_starts_reloads_survives_and_stops() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: namespaces need root");
        return;
    }
    let site = Site::with_storage("/var/lib/hitless/recordings");
    let cameras = spawn(&[CameraSpec { gop: 30, ..CameraSpec::named("good") }]).expect("cameras");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let bind = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let setup = Setup::new()
        .camera("good", cameras.url("good"))
        .key("database", "sqlite:///var/lib/hitless/hitless.db");
    let folder = site.folder().join("machine");
    seed(&folder, "etc/hitless/hitless.toml", &site.write_config("blue", &setup, &bind));
    seed(&folder, INSTALLED, &program("recorder"));
    let unit = Path::new(UNITS).join("recorder.service");
    seed(&folder, "etc/systemd/system/recorder.service", &unit);
    let drop_in = site.folder().join("watchdog.conf");
    std::fs::write(&drop_in, "[Service]\nWatchdogSec=8\n").expect("a file");
    seed(&folder, "etc/systemd/system/recorder.service.d/test.conf", &drop_in);
    let machine = Machine::start(&folder);
    machine.must("useradd --system hitless");

    // Start: ready means that it answers.
    machine.must("systemctl start recorder");
    assert!(get(&bind, "/health").is_some(), "{}", machine.journal());
    wait_recording(&bind, "good");
    let main = || machine.property("MainPID");
    let first = main();
    until("a person can read how it stands", SOON, || {
        machine.property("StatusText").starts_with("recording 1 of 1 cameras")
    });

    // Reload: returns when the old one is gone, and the main process is the new one.
    machine.must("systemctl reload recorder");
    let second = main();
    assert_ne!(first, second);
    let health = wait_recording(&bind, "good");
    assert_eq!(health["instance_id"], "green");
    // It knows its number in this machine alone.
    assert_eq!(health["system"]["pid"].to_string(), second);
    assert_eq!(machine.property("ActiveState"), "active");
    assert_eq!(machine.property("NRestarts"), "0");
    assert_eq!(machine.must("systemctl list-jobs --no-legend"), "");
    // The watchdog is fed by the new one.
    let limit = Instant::now() + Duration::from_secs(10);
    until("longer than the watchdog waits", SOON, || Instant::now() > limit);
    assert_eq!(main(), second);

    // A release that cannot even start, and one whose recorder fails: the reload
    // fails, and nothing else happens.
    let broken = site.folder().join("broken");
    let fails =
        "#!/bin/sh\ncase \"$1\" in handover) exec /usr/local/bin/good \"$@\";; esac\nexit 7\n";
    machine.must("cp /usr/local/bin/recorder /usr/local/bin/good");
    for script in ["no program", fails] {
        std::fs::write(&broken, script).expect("a file");
        machine.install(&broken);
        assert!(!machine.run("systemctl reload recorder").status.success(), "{script:?}");
        assert_eq!(machine.property("ActiveState"), "active");
        assert_eq!(main(), second, "{script:?}");
        assert_eq!(wait_recording(&bind, "good")["instance_id"], "green");
    }
    assert!(machine.journal().contains("exit status: 7"), "{}", machine.journal());
    machine.install(&program("recorder"));
    machine.must("systemctl reload recorder");
    let third = main();
    assert_eq!(wait_recording(&bind, "good")["instance_id"], "blue");

    // A hang: the watchdog ends it, and it is started again.
    machine.must(&format!("kill -STOP {third}"));
    until("the watchdog has it started again", SOON, || {
        machine.property("NRestarts") == "1" && machine.property("ActiveState") == "active"
    });
    wait_recording(&bind, "good");

    let begun = Instant::now();
    machine.must("systemctl stop recorder");
    assert!(begun.elapsed() < STOP_LIMIT);
    assert_eq!(machine.property("Result"), "success");
    assert_eq!(machine.property("ActiveState"), "inactive");

    // Footage of the first three runs: whole, with an overlap at each reload.
    let copy = Site::new();
    let from = folder.join("tmp/up/var/lib/hitless/recordings/.");
    let copied = Command::new("cp").arg("-a").arg(from).arg(copy.storage()).status();
    assert!(copied.expect("cp runs").success());
    let runs = runs(&copy, "good");
    assert_eq!(runs.len(), 4, "{}", machine.journal());
    let reloaded = &runs[..3];
    assert!(lost(reloaded).is_empty(), "{:?}", lost(reloaded));
    for (before, after) in overlaps(reloaded) {
        assert!(before.common_key_frames(after) >= 2);
    }
}

#[test]
fn the_units_are_locked_down() {
    for unit in ["recorder.service", "recorder@.service"] {
        let output = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--threshold=20"])
            .arg(Path::new(UNITS).join(unit))
            .output()
            .expect("systemd-analyze runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{unit}: {said}");
        assert!(said.contains("Overall exposure level"), "{unit}: {said}");
    }
}
