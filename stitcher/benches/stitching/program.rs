//! The real program, timed as a whole process, its memory watched.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What one run took and said.
pub struct Ran {
    pub took: Duration,
    /// The most memory that it held at once.
    pub peak_bytes: u64,
    pub answer: serde_json::Value,
}

/// `stitcher run --json`. Panics unless it ends with this status.
pub fn stitch(config: &Path, ends: i32) -> Ran {
    let out = tempfile::NamedTempFile::new().expect("a temporary file");
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_stitcher"))
        .args(["--config", config.to_str().expect("a path of ours"), "run", "--json"])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(out.reopen().expect("it is there"))
        .spawn()
        .expect("it starts");
    let ended = AtomicBool::new(false);
    let (status, took, peak_bytes) = std::thread::scope(|scope| {
        let pid = child.id();
        let ended = &ended;
        let watched = scope.spawn(move || watch(pid, ended));
        let status = child.wait().expect("it ends");
        let took = begun.elapsed();
        ended.store(true, Ordering::Relaxed);
        (status, took, watched.join().expect("it watches"))
    });
    let text = std::fs::read_to_string(out.path()).expect("an answer");
    assert_eq!(status.code(), Some(ends), "{text}");
    let answer = serde_json::from_str(&text).expect("a document");
    Ran { took, peak_bytes, answer }
}

/// Looks at its memory until it ends; the system keeps the highest mark. Not
/// often: each look takes time from what is measured.
fn watch(pid: u32, ended: &AtomicBool) -> u64 {
    let path = format!("/proc/{pid}/status");
    let mut peak = 0;
    while !ended.load(Ordering::Relaxed) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = mark.and_then(|mark| mark.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) * 1024);
        std::thread::sleep(Duration::from_millis(10));
    }
    peak
}

/// A number of the answer's cameras, summed.
pub fn sum(ran: &Ran, key: &str) -> u64 {
    let cameras = ran.answer["cameras"].as_array().expect("a list");
    cameras.iter().map(|camera| camera[key].as_u64().unwrap_or(0)).sum()
}
