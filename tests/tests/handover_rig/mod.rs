//! A recorder and its successors as one thing, and what is asked of them.

#![allow(dead_code, reason = "each test uses a part")]

use hitless_fixtures::Tally;
use hitless_tests::{Launch, Recorder, SegmentFile, Setup, Site, boxes, footage, program, until};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
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

/// It runs, and is not just waiting to be forgotten.
pub fn is_alive(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status.rsplit(") ").next().and_then(|rest| rest.chars().next());
    test_kill_process(of(pid)).is_ok() && !matches!(state, None | Some('Z' | 'X'))
}

pub fn signal(pid: u32, signal: Signal) {
    // An error: it is gone.
    let _ = kill_process(of(pid), signal);
}

fn of(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).expect("a process id")).expect("a process id")
}

/// What one run recorded of a camera.
pub struct RunFootage {
    pub instance: String,
    pub files: Vec<SegmentFile>,
    /// Frame numbers in decode order.
    pub numbers: Vec<u64>,
    /// The numbers of key frames.
    pub keys: BTreeSet<u64>,
}

impl RunFootage {
    pub fn tally(&self) -> Tally {
        Tally::of(&self.numbers)
    }

    pub fn common_key_frames(&self, other: &Self) -> usize {
        self.keys.intersection(&other.keys).count()
    }
}

/// The runs that recorded a camera, in order of their first frame.
#[track_caller]
pub fn runs(site: &Site, camera: &str) -> Vec<RunFootage> {
    let mut runs = Vec::new();
    let mut instances: Vec<_> =
        site.all_segments().into_iter().map(|s| s.name.instance.to_string()).collect();
    instances.sort();
    instances.dedup();
    for instance in instances {
        let files = site.segments(camera, &instance);
        for files in files.chunk_by(|a, b| run_of(a) == run_of(b)) {
            runs.extend(footage_of(&instance, files));
        }
    }
    runs.sort_by_key(|run| run.numbers.first().copied());
    runs
}

/// The run that a segment's `.meta` file names.
fn run_of(file: &SegmentFile) -> Option<String> {
    let meta = std::fs::read_to_string(file.path.with_extension("meta")).ok()?;
    let (_, rest) = meta.split_once("\"run\":\"")?;
    Some(rest.split('"').next()?.to_owned())
}

/// Nothing if a kill left nothing to be read.
#[track_caller]
fn footage_of(instance: &str, files: &[SegmentFile]) -> Option<RunFootage> {
    let readable = |file: &&SegmentFile| boxes::outermost(&file.path).contains(&"moov".to_owned());
    let files: Vec<SegmentFile> = files.iter().filter(readable).cloned().collect();
    if files.is_empty() {
        return None;
    }
    let units = footage::units_of_killed(&hitless_tests::paths(&files));
    let numbers = footage::numbers_of(&units);
    let keys = units.iter().filter(|u| u.key).filter_map(|u| Some(u.mark?.number)).collect();
    Some(RunFootage { instance: instance.to_owned(), files, numbers, keys })
}

/// Each run with the one after it.
pub fn overlaps(runs: &[RunFootage]) -> impl Iterator<Item = (&RunFootage, &RunFootage)> {
    runs.iter().zip(runs.iter().skip(1))
}

/// Every frame number that any of them has.
pub fn union(runs: &[RunFootage]) -> BTreeSet<u64> {
    runs.iter().flat_map(|run| run.numbers.iter().copied()).collect()
}

/// Numbers between the first and the last that nobody has.
pub fn lost(runs: &[RunFootage]) -> Vec<u64> {
    let all = union(runs);
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return vec![0] };
    (*first..=*last).filter(|number| !all.contains(number)).collect()
}

/// Clients that ask all the time: one that keeps its connection, one that does
/// not.
pub struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Served>>,
}

#[derive(Debug, Default)]
pub struct Served {
    pub answers: usize,
    pub failures: Vec<String>,
    /// How long each answer took.
    took: Vec<Duration>,
}

impl Served {
    /// Median and 99th percentile of how long an answer took.
    pub fn latency(&self) -> String {
        let mut took = self.took.clone();
        took.sort();
        let ms = |percent: usize| match took.get(took.len() * percent / 100) {
            Some(took) => took.as_secs_f64() * 1000.0,
            None => f64::NAN,
        };
        let (answers, median, p99) = (self.answers, ms(50), ms(99));
        format!("/health: {answers} answers, median {median:.1} ms, p99 {p99:.1} ms")
    }
}

impl Load {
    pub fn start(bind: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |keeps: bool| {
            let (stop, url) = (Arc::clone(&stop), format!("http://{bind}/health"));
            std::thread::spawn(move || ask_until(&stop, &url, keeps))
        };
        let clients = [true, false].map(client).into();
        Self { stop, clients }
    }

    pub fn stop(self) -> Served {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Served::default();
        for client in self.clients {
            let served = client.join().expect("a client ends");
            all.answers += served.answers;
            all.failures.extend(served.failures);
            all.took.extend(served.took);
        }
        all
    }
}

fn ask_until(stop: &AtomicBool, url: &str, keeps: bool) -> Served {
    let idle = if keeps { 3 } else { 0 };
    let agent = ureq::Agent::config_builder()
        .max_idle_connections(idle)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .new_agent();
    let mut served = Served::default();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        match agent.get(url).call() {
            Ok(mut answer) => {
                let body = answer.body_mut().read_to_string().unwrap_or_default();
                served.took.push(begun.elapsed());
                match answer.status().as_u16() {
                    200 => served.answers += 1,
                    status => served.failures.push(format!("{status}: {body}")),
                }
            }
            Err(problem) => served.failures.push(problem.to_string()),
        }
        // A pace, not a wait for anything.
        std::thread::sleep(Duration::from_millis(10));
    }
    served
}
