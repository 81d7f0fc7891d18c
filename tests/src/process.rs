//! A running `recorder`.

use crate::{Setup, Site, eventually, program, until};
use std::ffi::OsString;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

const START_LIMIT: Duration = Duration::from_secs(20);
const EXIT_LIMIT: Duration = Duration::from_secs(40);
/// Lines of a log that are shown when a test fails.
const SHOWN_LINES: usize = 120;

/// How a recorder is to be started.
#[derive(Debug)]
pub struct Launch {
    config: PathBuf,
    log: PathBuf,
    instance: String,
    bind: String,
    environment: Vec<(String, OsString)>,
    wrapper: Vec<String>,
    program: PathBuf,
}

impl Launch {
    pub(crate) fn new(site: &Site, instance: &str, setup: &Setup) -> Self {
        Self::at(site, instance, setup, format!("127.0.0.1:{}", free_port()))
    }

    pub(crate) fn at(site: &Site, instance: &str, setup: &Setup, bind: String) -> Self {
        Self {
            config: site.write_config(instance, setup, &bind),
            log: site.folder().join(format!("{instance}.log")),
            instance: instance.to_owned(),
            bind,
            environment: Vec::new(),
            wrapper: Vec::new(),
            program: program("recorder"),
        }
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Runs it through another program, as `["strace", "-f"]`. Signals then go
    /// to that program.
    pub fn through(mut self, program: &[&str]) -> Self {
        self.wrapper = program.iter().map(|&part| part.to_owned()).collect();
        self
    }

    /// Runs this program instead of the one that was built.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    /// Starts it and waits for nothing; for recorders that are to refuse.
    #[track_caller]
    pub fn spawn(self) -> Recorder {
        let log = File::options().create(true).append(true).open(&self.log).expect("a log file");
        let mut parts = self.wrapper.iter().map(PathBuf::from).chain([self.program]);
        let mut command = Command::new(parts.next().expect("at least the recorder"));
        command.args(parts).arg("--config").arg(&self.config);
        command.env("NO_COLOR", "1").envs(self.environment).stdin(Stdio::null());
        command.stdout(log.try_clone().expect("a log file")).stderr(log);
        let child = command.spawn().expect("the recorder starts");
        Recorder { child, log: self.log, instance: self.instance, bind: self.bind, status: None }
    }

    /// Starts it and waits until it answers.
    #[track_caller]
    pub fn start(self) -> Recorder {
        let mut recorder = self.spawn();
        until("the recorder answers", START_LIMIT, || {
            let ended = recorder.ended();
            assert!(ended.is_none(), "the recorder ended: {ended:?}\n{}", recorder.log());
            recorder.get("/live").is_some()
        });
        recorder
    }
}

/// A running recorder. Killed when dropped; if the test fails, the end of its
/// log is printed, without the lines that every segment has.
#[derive(Debug)]
pub struct Recorder {
    child: Child,
    log: PathBuf,
    instance: String,
    bind: String,
    status: Option<ExitStatus>,
}

impl Recorder {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its tag.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Where it answers, as `"127.0.0.1:8080"`.
    pub fn bind(&self) -> &str {
        &self.bind
    }

    /// The answer to a request, if there is one at all: status and body.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let limit = Some(Duration::from_secs(5));
        let agent = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = agent.timeout_global(limit).build().new_agent();
        let mut answer = agent.get(format!("http://{}{path}", self.bind)).call().ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.body_mut().read_to_string().ok()?))
    }

    /// What `/health` says.
    #[track_caller]
    pub fn health(&self) -> serde_json::Value {
        let (_, body) = self.get("/health").expect("the recorder answers");
        serde_json::from_str(&body).expect("health is JSON")
    }

    /// Waits until all of `cameras` are being recorded.
    #[track_caller]
    pub fn wait_recording(&self, cameras: &[&str], limit: Duration) {
        until(&format!("{} records {cameras:?}", self.instance), limit, || {
            let health = self.health();
            cameras.iter().all(|camera| health["cameras"][camera]["running"] == true)
        });
    }

    /// Everything that this instance has logged on its site, in all its lives.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log file")
    }

    /// The file that holds it.
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// Waits for a line of the log that contains `text`, and gives it.
    #[track_caller]
    pub fn wait_log(&self, text: &str, limit: Duration) -> String {
        eventually(&format!("{} logs {text:?}", self.instance), limit, || {
            self.log().lines().find(|line| line.contains(text)).map(str::to_owned)
        })
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("a child can be waited for");
        }
        self.status
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    pub fn wait_end(&mut self, limit: Duration) -> ExitStatus {
        eventually("the recorder ends", limit, || self.ended())
    }

    /// SIGKILL; returns when it is gone.
    #[track_caller]
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.wait_end(EXIT_LIMIT);
    }

    /// SIGTERM; returns when it is gone.
    #[track_caller]
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal(rustix::process::Signal::TERM);
        self.wait_end(EXIT_LIMIT)
    }

    /// SIGHUP: it reads its configuration again.
    #[track_caller]
    pub fn reload(&self) {
        self.signal(rustix::process::Signal::HUP);
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("a child takes signals");
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let routine =
                |line: &&str| ["segment opened", "segment closed"].iter().any(|r| line.contains(r));
            let lines: Vec<&str> = log.lines().filter(|line| !routine(line)).collect();
            let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
            eprintln!("--- the end of {}:\n{}\n---", self.log.display(), shown.join("\n"));
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound address").port()
}
