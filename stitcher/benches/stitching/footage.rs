//! A minute of moving pictures, and the two pieces of it that two recorders
//! have at a handover: the first 40 s, and what follows after 30 s.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Length of the whole, and of a usual segment.
pub const WHOLE: i64 = 60;
/// What the recorder that leaves has of it.
pub const EARLY: i64 = 40;
/// Where the recorder that comes begins.
pub const LATE_FROM: i64 = 30;

/// The files.
pub struct Footage {
    pub whole: PathBuf,
    pub early: PathBuf,
    pub late: PathBuf,
}

impl Footage {
    /// Made by ffmpeg: 25 frames a second, a key frame every two seconds,
    /// about 2 Mbit/s; with sound if it is to be indexed.
    pub fn make(folder: &Path, sound: bool) -> Self {
        let path = |name: &str| folder.join(name);
        let (whole, early, late) = (path("whole.mp4"), path("early.mp4"), path("late.mp4"));
        let picture = format!("testsrc2=size=640x360:rate=25:duration={WHOLE},noise=alls=8:allf=t");
        let tone = format!("sine=duration={WHOLE}:sample_rate=48000");
        let mut encode = vec!["-f", "lavfi", "-i", picture.as_str()];
        if sound {
            encode.extend(["-f", "lavfi", "-i", tone.as_str(), "-c:a", "aac", "-b:a", "64k"]);
        }
        encode.extend(["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "50"]);
        encode.extend(["-sc_threshold", "0", "-b:v", "2M", "-maxrate", "2M", "-bufsize", "4M"]);
        encode.extend(["-video_track_timescale", "90000"]);
        ffmpeg(&encode, &whole);
        let source = whole.to_str().expect("a path of ours");
        let (length, from) = (EARLY.to_string(), LATE_FROM.to_string());
        ffmpeg(&["-i", source, "-t", length.as_str(), "-c", "copy"], &early);
        ffmpeg(&["-ss", from.as_str(), "-i", source, "-c", "copy"], &late);
        Self { whole, early, late }
    }
}

fn ffmpeg(arguments: &[&str], to: &Path) {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin"]).args(arguments).args(["-y"]).arg(to);
    let done = command.status().expect("ffmpeg starts");
    assert!(done.success(), "ffmpeg {arguments:?}: {done}");
}
