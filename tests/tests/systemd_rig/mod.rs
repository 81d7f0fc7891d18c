//! A machine with a systemd of its own: the first process of namespaces, on a
//! throw-away overlay of this machine (`tests/systemd/box`), with this machine's
//! network.

#![allow(dead_code, reason = "each test uses a part")]

use hitless_tests::Site;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// Where recorders in it keep their footage.
pub const STORAGE: &str = "/var/lib/hitless/recordings";

/// A machine with a systemd of its own.
pub struct Machine {
    folder: PathBuf,
}

impl Machine {
    pub fn start(folder: &Path) -> Self {
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

    pub fn run(&self, command: &str) -> Output {
        let mut run = self.command("run");
        run.args(command.split_whitespace()).output().expect("bash runs")
    }

    #[track_caller]
    pub fn must(&self, command: &str) -> String {
        let output = self.run(command);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let log = if output.status.success() { String::new() } else { self.journal() };
        assert!(output.status.success(), "{command}: {output:?}\n{log}");
        text
    }

    /// A property of a unit.
    #[track_caller]
    pub fn property(&self, unit: &str, name: &str) -> String {
        self.must(&format!("systemctl show {unit} --value -p {name}")).trim().to_owned()
    }

    /// What every recorder said.
    pub fn journal(&self) -> String {
        let said = self.run("journalctl -u recorder -u recorder@* --no-pager");
        String::from_utf8_lossy(&said.stdout).into_owned()
    }

    /// A site with a copy of what was recorded.
    pub fn footage(&self) -> Site {
        let copy = Site::new();
        let from = self.folder.join("tmp/up").join(STORAGE.trim_start_matches('/')).join(".");
        let copied = Command::new("cp").arg("-a").arg(from).arg(copy.storage()).status();
        assert!(copied.expect("cp runs").success());
        copy
    }

    /// Puts a program where it is to be, as an installation does.
    pub fn put(&self, from: &Path, to: &str) {
        // Through the machine's own eyes: behind its overlay nothing may change.
        let program = std::fs::File::open(from).expect("a program");
        let mut copy = self.command("run");
        copy.args([
            "sh",
            "-c",
            &format!("cat > {to}.put && chmod 755 {to}.put && mv {to}.put {to}"),
        ]);
        assert!(copy.stdin(program).status().expect("bash runs").success());
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

pub fn get(bind: &str, path: &str) -> Option<serde_json::Value> {
    let agent = ureq::Agent::config_builder().http_status_as_error(false);
    let agent = agent.timeout_global(Some(Duration::from_secs(5))).build().new_agent();
    let mut answer = agent.get(format!("http://{bind}{path}")).call().ok()?;
    serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
}

/// Puts a file where the machine will have it.
pub fn seed(folder: &Path, path: &str, from: &Path) {
    let to = folder.join("seed").join(path);
    std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    std::fs::copy(from, to).expect("a copy");
}
