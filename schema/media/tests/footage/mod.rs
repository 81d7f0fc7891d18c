//! Footage made at test time, once per test binary and never committed.

#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod files;

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
    let output = Command::new("timeout")
        .args(["60", program])
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

/// Pictures before they are coded.
pub const RAW: &str = "video/x-raw,format=I420,width=160,height=120,framerate=25/1";
/// A finite picture source for GStreamer pipelines: four seconds.
pub const PICTURES: &str =
    "videotestsrc num-buffers=100 ! video/x-raw,format=I420,width=160,height=120,framerate=25/1";
/// The same, never ending and in real time.
pub const LIVE_PICTURES: &str =
    "videotestsrc is-live=true ! video/x-raw,format=I420,width=160,height=120,framerate=25/1";
/// H.264 without reordering, a key frame each second, as the recorder has it.
pub const H264: &str = "x264enc key-int-max=25 bframes=0 speed-preset=ultrafast ! h264parse ! \
     video/x-h264,stream-format=avc,alignment=au";
/// H.264 with B-frames, whose decode times are made up from the order.
pub const H264_B: &str = "x264enc key-int-max=25 bframes=2 b-adapt=false ! h264parse ! \
     h264timestamper ! video/x-h264,stream-format=avc,alignment=au";
/// H.265 with B-frames, as its encoder times them (behind `h265parse`,
/// GStreamer 1.22's `h265timestamper` refuses to negotiate).
pub const H265: &str = "x265enc key-int-max=25 speed-preset=ultrafast ! h265parse ! \
     video/x-h265,stream-format=hvc1,alignment=au";
/// How the recorder muxes.
pub const RECORDER_MUX: &str = "fragment-duration=1000 \
     fragment-mode=first-moov-then-finalise trak-timescale=90000";

/// A GStreamer pipeline to its end.
pub fn gst(pipeline: &str) {
    let args: Vec<&str> = pipeline.split_whitespace().collect();
    run("gst-launch-1.0", &[&["-q"], &args[..]].concat());
}

/// A GStreamer pipeline that is killed (SIGKILL) as soon as its file has
/// `fragments` boxes `moof`. Killed again where its muxer left out a size, as
/// that of GStreamer 1.22 does now and then: the recorder mends that, and no
/// other reader takes it.
pub fn gst_killed(pipeline: &str, file: &std::path::Path, fragments: usize) {
    for _ in 0..20 {
        kill_at(pipeline, file, fragments);
        if is_readable(file) {
            return;
        }
    }
    panic!("{pipeline}: ffprobe takes none of 20 files");
}

fn is_readable(file: &std::path::Path) -> bool {
    let mut probe = Command::new("ffprobe");
    probe
        .args(["-v", "error"])
        .arg(file)
        .stderr(Stdio::null())
        .status()
        .expect("ffprobe is installed")
        .success()
}

fn kill_at(pipeline: &str, file: &std::path::Path, fragments: usize) {
    use std::time::{Duration, Instant};
    // What an earlier attempt left would be counted.
    let _ = std::fs::remove_file(file);
    let mut child = Command::new("gst-launch-1.0")
        .arg("-q")
        .args(pipeline.split_whitespace())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("gst-launch-1.0 is installed");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let bytes = std::fs::read(file).unwrap_or_default();
        if bytes.windows(4).filter(|w| w == b"moof").count() >= fragments {
            break;
        }
        assert!(Instant::now() < deadline, "{pipeline}: {} bytes", bytes.len());
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it is ours");
    child.wait().expect("it is ours");
}

/// `ffmpeg`, with the words of one line and a file to write.
pub fn ffmpeg(line: &str, file: &std::path::Path) {
    let args: Vec<&str> = line.split_whitespace().collect();
    let file = file.to_str().expect("UTF-8");
    run("ffmpeg", &[&["-v", "error", "-y"], &args[..], &[file]].concat());
}
