//! A recorder and its successors as one thing, and what is asked of them.

#![allow(dead_code, unused_imports, reason = "each test uses a part")]

mod alive;
mod load;
mod runs;

pub use alive::{is_alive, signal};
pub use load::Load;
pub use runs::{RunFootage, lost, overlaps, runs, union};

use hitless_tests::{Launch, Recorder, Setup, Site, program, until};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);

/// Whoever records now, on one address. Ended when dropped.
pub struct Relay {
    first: Recorder,
    config: PathBuf,
    /// The longest handover so far.
    pub longest: Duration,
}

impl Relay {
    /// Starts the first.
    pub fn new(site: &Site, instance: &str, setup: &Setup) -> Self {
        Self::of(site.launch(instance, setup), site, instance)
    }

    /// Starts the first in a way of its own.
    pub fn of(launch: Launch, site: &Site, instance: &str) -> Self {
        let config = site.folder().join(format!("{instance}.toml"));
        Self { first: launch.start(), config, longest: Duration::ZERO }
    }

    pub fn bind(&self) -> &str {
        self.first.bind()
    }

    pub fn config(&self) -> &Path {
        &self.config
    }

    pub fn first(&mut self) -> &mut Recorder {
        &mut self.first
    }

    pub fn health(&self) -> serde_json::Value {
        self.first.health()
    }

    /// The process that answers.
    pub fn pid(&self) -> u32 {
        let pid = self.health()["system"]["pid"].as_u64().expect("a process id");
        u32::try_from(pid).expect("a process id")
    }

    pub fn instance(&self) -> String {
        self.health()["instance_id"].as_str().expect("an instance").to_owned()
    }

    #[track_caller]
    pub fn wait_recording(&self, cameras: &[&str]) {
        self.first.wait_recording(cameras, LIMIT);
    }

    /// `recorder handover`, to its end.
    pub fn ask(&self) -> Output {
        self.asking().output().expect("the recorder's program runs")
    }

    /// `recorder handover`, to be started.
    pub fn asking(&self) -> Command {
        let mut command = Command::new(program("recorder"));
        command.arg("handover").arg("--config").arg(&self.config);
        command
    }

    /// Hands over; what the command said, or why not. The old process is gone
    /// when it says that it is.
    pub fn hand_over(&mut self) -> Result<String, String> {
        let (before, begun) = (self.pid(), Instant::now());
        let output = self.ask();
        self.longest = self.longest.max(begun.elapsed());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            // The first is a child of this test, and stays until waited for.
            let child = before == self.first.pid();
            assert!(if child { self.first.ended().is_some() } else { !is_alive(before) });
            Ok(text(&output.stdout))
        } else {
            assert_eq!(output.status.code(), Some(1));
            assert!(is_alive(before), "{}", self.log());
            Err(text(&output.stderr))
        }
    }

    /// SIGTERM to whoever answers; returns when it is gone.
    #[track_caller]
    pub fn terminate(&mut self) {
        let pid = self.pid();
        signal(pid, Signal::TERM);
        let first = &mut self.first;
        until("the recorder stops", LIMIT, || {
            if pid == first.pid() { first.ended().is_some() } else { !is_alive(pid) }
        });
    }

    /// What all of them logged.
    pub fn log(&self) -> String {
        self.first.log()
    }

    #[track_caller]
    pub fn wait_log(&self, text: &str) -> String {
        self.first.wait_log(text, LIMIT)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Everybody that this site's log names as started.
        for pid in self.first.log().lines().filter_map(successor_in) {
            if pid != self.first.pid() && is_recorder(pid) {
                signal(pid, Signal::KILL);
            }
        }
    }
}

/// The process id in `started … as process N`.
fn successor_in(line: &str) -> Option<u32> {
    line.split("as process ").nth(1)?.split_whitespace().next()?.parse().ok()
}

fn is_recorder(pid: u32) -> bool {
    std::fs::read_link(format!("/proc/{pid}/exe"))
        .is_ok_and(|exe| exe.to_string_lossy().contains("recorder"))
}
