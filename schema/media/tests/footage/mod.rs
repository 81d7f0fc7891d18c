//! Footage made at test time, once per test binary and never committed.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A folder of this test's own below the target directory, emptied.
pub fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("the target directory is writable");
    path
}

/// Runs a program to its end and expects it to succeed.
pub fn run(program: &str, args: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(
        output.status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Coded test pictures from ffmpeg as a bare Annex B stream.
pub fn annex_b(encoder: &[&str]) -> Vec<u8> {
    let format = if encoder.iter().any(|a| a.contains("x265")) { "hevc" } else { "h264" };
    let head = ["-v", "error", "-f", "lavfi", "-i"];
    let tail = ["-f", format, "-"];
    run("ffmpeg", &[&head[..], encoder, &tail[..]].concat())
}
