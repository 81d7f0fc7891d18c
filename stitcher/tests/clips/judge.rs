//! What ffmpeg and ffprobe find in a file.

use crate::footage::run;
use std::path::Path;
use std::process::Command;

/// A decoded picture or a packet of sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// In microseconds.
    pub at_us: i64,
    pub length_us: i64,
    pub hash: String,
}

/// Decoded pictures in the order of showing; fails if the decoder complains.
pub fn pictures(path: &Path) -> Vec<Frame> {
    frames(path, &["-map", "0:v:0", "-fps_mode", "passthrough", "-enc_time_base", "-1"])
}

/// Packets of sound, not decoded, those under the edit list left out.
pub fn sounds(path: &Path) -> Vec<Frame> {
    frames(path, &["-map", "0:a:0", "-c", "copy"])
}

fn frames(path: &Path, options: &[&str]) -> Vec<Frame> {
    let file = path.to_str().expect("UTF-8");
    let head = ["-v", "warning", "-xerror", "-copyts", "-i", file];
    let tail = ["-f", "framemd5", "-"];
    let args = [&head[..], options, &tail[..]].concat();
    let output = Command::new("ffmpeg").args(&args).output().expect("ffmpeg is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    let mut complaints = said.lines().filter(|l| !l.starts_with("Guessed Channel Layout"));
    let complaint = complaints.next();
    assert!(output.status.success() && complaint.is_none(), "{args:?}: {said}");
    let text = String::from_utf8(output.stdout).expect("text");
    let base = text.lines().find_map(|l| l.strip_prefix("#tb 0: ")).expect("a time base");
    let (num, den) = base.split_once('/').expect("a fraction");
    let (num, den): (i64, i64) = (num.parse().expect("a number"), den.parse().expect("a number"));
    let us = |ticks: &str| ticks.trim().parse::<i64>().expect("a number") * num * 1_000_000 / den;
    let lines = text.lines().filter(|l| !l.starts_with('#'));
    let mut frames: Vec<Frame> = lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            Frame {
                at_us: us(fields[2]),
                length_us: us(fields[3]),
                hash: fields[5].trim().to_owned(),
            }
        })
        .collect();
    frames.sort_by_key(|f| f.at_us);
    frames
}

/// Length in seconds as ffprobe says it, with every check of its switched on.
pub fn length(path: &Path) -> f64 {
    let file = path.to_str().expect("UTF-8");
    let strict = ["-v", "error", "-strict", "1", "-err_detect", "+crccheck+bitstream+careful"];
    let what = ["-show_entries", "format=duration", "-of", "csv=p=0", file];
    let text = run("ffprobe", &[&strict[..], &what[..]].concat());
    String::from_utf8_lossy(&text).trim().parse().expect("a number")
}
