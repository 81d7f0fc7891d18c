//! One stream, recorded twice at once as the recorder writes: by `whole.mp4`
//! in one file, by `part-NN.mp4` in segments that are cut at key frames.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NOISE: &str = "audiotestsrc is-live=true wave=white-noise volume=0.2";

/// What is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Mute,
    /// The same in twice the size.
    Large,
    Aac,
    ReorderedAac,
    H265Opus,
    MuLaw,
    Linear,
}

impl Shape {
    fn video(self) -> &'static str {
        match self {
            Self::ReorderedAac => {
                "x264enc key-int-max=25 bframes=2 b-adapt=false ! h264parse ! h264timestamper ! \
                 video/x-h264,stream-format=avc,alignment=au"
            }
            Self::H265Opus => {
                "x265enc key-int-max=25 speed-preset=ultrafast ! h265parse ! \
                 video/x-h265,stream-format=hvc1,alignment=au"
            }
            _ => {
                "x264enc key-int-max=25 bframes=0 speed-preset=ultrafast ! h264parse ! \
                 video/x-h264,stream-format=avc,alignment=au"
            }
        }
    }

    fn audio(self) -> Option<&'static str> {
        match self {
            Self::Mute | Self::Large => None,
            Self::Aac | Self::ReorderedAac => {
                Some("num-buffers=216 ! audio/x-raw,rate=44100,channels=1 ! avenc_aac ! aacparse")
            }
            Self::H265Opus => {
                Some("num-buffers=235 ! audio/x-raw,rate=48000,channels=2 ! opusenc ! opusparse")
            }
            Self::MuLaw => Some("num-buffers=40 ! audio/x-raw,rate=8000,channels=1 ! mulawenc"),
            Self::Linear => {
                Some("num-buffers=235 ! audio/x-raw,rate=48000,channels=2,format=S16LE")
            }
        }
    }

    fn muxer(self) -> &'static str {
        match self {
            Self::MuLaw | Self::Linear => "qtmux",
            _ => "mp4mux",
        }
    }
}

/// The two recordings.
#[derive(Debug)]
pub struct Twice {
    pub whole: PathBuf,
    pub parts: Vec<PathBuf>,
}

/// Records a shape, once for all tests.
pub fn twice(shape: Shape) -> Twice {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lock = File::create(target.join(format!("twice-{shape:?}.lock"))).expect("writable");
    lock.lock().expect("lockable");
    let folder = target.join(format!("twice-{shape:?}"));
    if !folder.join("complete").exists() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("writable");
        record(shape, &folder);
        std::fs::write(folder.join("complete"), "").expect("writable");
    }
    let parts: Vec<PathBuf> =
        (0..).map(|n| folder.join(format!("part-{n:02}.mp4"))).take_while(|p| p.exists()).collect();
    assert!(parts.len() >= 4, "{parts:?}");
    Twice { whole: folder.join("whole.mp4"), parts }
}

/// In real time: faster than that, GStreamer 1.22's splitmuxsink hangs at the
/// end in every other run.
fn record(shape: Shape, folder: &Path) {
    let (video, muxer) = (shape.video(), shape.muxer());
    let size = if shape == Shape::Large { "width=320,height=240" } else { "width=160,height=120" };
    let raw = format!("video/x-raw,format=I420,{size},framerate=25/1");
    let folder = folder.display();
    let audio = shape.audio().map_or(String::new(), |audio| {
        format!(
            "{NOISE} {audio} ! tee name=a ! queue max-size-time=0 ! mux. \
             a. ! queue max-size-time=0 ! split.audio_0"
        )
    });
    // qtmux counts linear sound in ticks of the track: there it chooses them.
    let (scale, typed_scale) = match shape {
        Shape::Linear => ("", ""),
        _ => ("trak-timescale=90000", ",trak-timescale=(uint)90000"),
    };
    let options = format!("fragment-duration=1000 fragment-mode=first-moov-then-finalise {scale}");
    let typed = format!("fragment-duration=(uint)1000,fragment-mode=(int)1{typed_scale}");
    let line = format!(
        "videotestsrc is-live=true num-buffers=125 pattern=smpte horizontal-speed=3 ! {raw} ! \
         {video} ! tee name=v ! queue max-size-time=0 ! mux. {muxer} name=mux {options} ! \
         filesink location={folder}/whole.mp4 \
         splitmuxsink name=split muxer-factory={muxer} \
         muxer-properties=properties,{typed} \
         max-size-time=1000000000 location={folder}/part-%02d.mp4 \
         v. ! queue max-size-time=0 ! split.video {audio}"
    );
    let args: Vec<&str> = line.split_whitespace().collect();
    run("gst-launch-1.0", &[&["-q"], &args[..]].concat());
}

/// Runs a program to its end and expects it to succeed.
pub fn run(program: &str, args: &[&str]) -> Vec<u8> {
    let output = Command::new("timeout")
        .args(["120", program])
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {said}");
    output.stdout
}
