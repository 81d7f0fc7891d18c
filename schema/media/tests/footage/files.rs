//! The files that the reader is tried on: what GStreamer and ffmpeg write,
//! finished and killed.

use super::{
    H264, H264_B, H265, LIVE_PICTURES, PICTURES, RAW, RECORDER_MUX, ffmpeg, gst, gst_killed,
};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use xxhash_rust::xxh3::xxh3_64;

const AAC: &str =
    "audiotestsrc num-buffers=172 ! audio/x-raw,rate=44100,channels=1 ! avenc_aac ! aacparse";
const LIVE_AAC: &str = "audiotestsrc is-live=true wave=pink-noise ! audio/x-raw,rate=44100,channels=1 ! avenc_aac ! \
     aacparse";
const OPUS: &str =
    "audiotestsrc num-buffers=190 ! audio/x-raw,rate=48000,channels=2 ! opusenc bitrate-type=cbr";
/// Noise, and no constant rate: where frames are of one size, nearly every file
/// lacks a size at its end.
const LIVE_OPUS: &str = "audiotestsrc is-live=true wave=pink-noise ! \
     audio/x-raw,rate=48000,channels=2 ! opusenc bitrate-type=vbr";
const MULAW: &str = "audiotestsrc num-buffers=32 ! audio/x-raw,rate=8000,channels=1 ! mulawenc";
const PCM: &str = "audiotestsrc num-buffers=190 ! audio/x-raw,rate=48000,channels=2,format=S16LE";
/// What ffmpeg takes its pictures and sounds from.
const LAVFI: &str =
    "-f lavfi -i testsrc2=s=160x120:r=25:d=4 -f lavfi -i sine=d=4:r=48000 -pix_fmt yuv420p -g 25";

/// Every file. Made once and kept in the target directory under a name that
/// follows from how they are made: a test may have a process of its own.
pub fn all() -> &'static [PathBuf] {
    static FILES: OnceLock<Vec<PathBuf>> = OnceLock::new();
    FILES.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let lock = File::create(target.join("footage.lock")).expect("writable");
        lock.lock().expect("lockable");
        let recipe = [include_str!("files.rs"), include_str!("mod.rs")].concat();
        let kept = target.join(format!("footage-{:016x}", xxh3_64(recipe.as_bytes())));
        let list = kept.join("complete");
        if !list.exists() {
            forget_others(target);
            std::fs::create_dir_all(&kept).expect("writable");
            let names: Vec<String> = make(&kept)
                .iter()
                .map(|path| path.file_name().expect("named").to_string_lossy().into_owned())
                .collect();
            std::fs::write(&list, names.join("\n")).expect("writable");
        }
        let names = std::fs::read_to_string(list).expect("readable");
        names.lines().map(|name| kept.join(name)).collect()
    })
}

fn forget_others(target: &Path) {
    for entry in target.read_dir().expect("readable").flatten() {
        if entry.file_name().to_string_lossy().starts_with("footage-") {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// One of them by its name.
pub fn named(name: &str) -> &'static Path {
    let found = all().iter().find(|path| path.ends_with(name));
    found.unwrap_or_else(|| panic!("no file {name}"))
}

fn make(folder: &Path) -> Vec<PathBuf> {
    // The live ones take their time, so they go on beside the others.
    std::thread::scope(|scope| {
        let killed = scope.spawn(|| make_killed(folder));
        let split = scope.spawn(|| make_split(folder));
        let mut files = make_gstreamer(folder);
        files.extend(make_ffmpeg(folder));
        files.extend(killed.join().expect("made"));
        files.extend(split.join().expect("made"));
        files
    })
}

fn muxed(folder: &Path, name: &str, video: &str, audio: &str, mux: &str) -> (String, PathBuf) {
    let path = folder.join(name);
    let sound = if audio.is_empty() { String::new() } else { format!("{audio} ! queue ! mux.") };
    let pipeline = format!(
        "{video} ! queue ! mux. {sound} {mux} name=mux ! filesink location={}",
        path.display()
    );
    (pipeline, path)
}

fn make_gstreamer(folder: &Path) -> Vec<PathBuf> {
    let finalise = format!("mp4mux {RECORDER_MUX}");
    let quicktime = format!("qtmux {RECORDER_MUX}");
    let dash = "mp4mux fragment-duration=1000 fragment-mode=dash-or-mss trak-timescale=90000";
    let h264 = format!("{PICTURES} ! {H264}");
    let h264_b = format!("{PICTURES} ! {H264_B}");
    let h265 = format!("{PICTURES} ! {H265}");
    let mut files = Vec::new();
    for (name, video, audio, mux) in [
        ("recorder.mp4", &h264, AAC, finalise.as_str()),
        ("recorder-b.mp4", &h264_b, AAC, &finalise),
        ("recorder-mute.mp4", &h264, "", &finalise),
        ("plain-b.mp4", &h264_b, AAC, "mp4mux"),
        ("faststart.mp4", &h264, AAC, "mp4mux faststart=true"),
        ("dash-b.mp4", &h264_b, AAC, dash),
        ("dash.mp4", &h264, AAC, dash),
        ("h265-opus.mp4", &h265, OPUS, &finalise),
        ("h265-dash.mp4", &h265, OPUS, dash),
        ("mulaw.mov", &h264, MULAW, &quicktime),
        ("pcm.mov", &h264, PCM, "qtmux"),
        ("pcm-dash.mov", &h264, PCM, "qtmux fragment-duration=1000 fragment-mode=dash-or-mss"),
    ] {
        let (pipeline, path) = muxed(folder, name, video, audio, mux);
        gst(&pipeline);
        files.push(path);
    }
    files
}

fn make_killed(folder: &Path) -> Vec<PathBuf> {
    let h264 = format!("{LIVE_PICTURES} ! {H264}");
    let h264_b = format!("{LIVE_PICTURES} ! {H264_B}");
    let h265 = format!("{LIVE_PICTURES} ! {H265}");
    let finalise = format!("mp4mux {RECORDER_MUX}");
    let dash = "mp4mux fragment-duration=1000 fragment-mode=dash-or-mss trak-timescale=90000";
    std::thread::scope(|scope| {
        let made = [
            ("killed.mp4", h264.as_str(), LIVE_AAC, finalise.as_str(), 2),
            ("killed-b.mp4", &h264_b, LIVE_AAC, &finalise, 2),
            ("killed-opus.mp4", &h264, LIVE_OPUS, &finalise, 2),
            ("killed-h265.mp4", &h265, "", &finalise, 2),
            ("killed-dash.mp4", &h264, LIVE_AAC, dash, 5),
        ]
        .map(|(name, video, audio, mux, fragments)| {
            let (pipeline, path) = muxed(folder, name, video, audio, mux);
            scope.spawn(move || {
                gst_killed(&pipeline, &path, fragments);
                path
            })
        });
        made.into_iter().map(|thread| thread.join().expect("made")).collect()
    })
}

/// Segments as the recorder writes them. In real time: faster than that, the
/// splitmuxsink of GStreamer 1.22 hung at the end in every other run.
fn make_split(folder: &Path) -> Vec<PathBuf> {
    gst(&format!(
        "videotestsrc is-live=true num-buffers=80 ! {RAW} ! {H264_B} ! sink.video splitmuxsink name=sink \
         muxer-factory=mp4mux \
         muxer-properties=properties,fragment-duration=1000,fragment-mode=1,trak-timescale=90000 \
         max-size-time=1000000000 location={}/split-%02d.mp4",
        folder.display()
    ));
    (0..4).map(|n| folder.join(format!("split-{n:02}.mp4"))).collect()
}

fn make_ffmpeg(folder: &Path) -> Vec<PathBuf> {
    let x264 = "-c:v libx264 -preset ultrafast -x264-params log=-1";
    let x264_b = "-c:v libx264 -x264-params bframes=2:log=-1";
    let x265 = "-c:v libx265 -preset ultrafast -x265-params log-level=none -tag:v hvc1";
    let mut files = Vec::new();
    for (name, codecs, options) in [
        ("ff-plain.mp4", format!("{x264_b} -c:a aac"), ""),
        ("ff-faststart.mp4", format!("{x264_b} -c:a aac"), "-movflags +faststart"),
        ("ff-frag.mp4", format!("{x264_b} -c:a aac"), "-movflags +frag_keyframe+empty_moov"),
        (
            "ff-frag-base.mp4",
            format!("{x264} -c:a aac"),
            "-movflags +frag_keyframe+empty_moov+default_base_moof",
        ),
        ("ff-frag-tables.mp4", format!("{x264_b} -c:a aac"), "-movflags +frag_keyframe"),
        (
            "ff-every-frame.mp4",
            format!("{x264} -c:a aac"),
            "-movflags +frag_every_frame+empty_moov+omit_tfhd_offset",
        ),
        (
            "ff-separate.mp4",
            format!("{x264_b} -c:a aac"),
            "-movflags +frag_keyframe+empty_moov+separate_moof",
        ),
        (
            "ff-negative.mp4",
            format!("{x264_b} -c:a aac"),
            "-movflags +negative_cts_offsets -use_editlist 0",
        ),
        ("ff-h265.mp4", format!("{x265} -c:a libopus"), ""),
        ("ff-h265-frag.mp4", format!("{x265} -c:a libopus"), "-movflags +frag_keyframe"),
        ("ff-alaw.mov", format!("{x264} -ar 8000 -c:a pcm_alaw"), ""),
        ("ff-pcm.mov", format!("{x264} -c:a pcm_s16le"), ""),
        ("ff-pcm-frag.mov", format!("{x264} -c:a pcm_s16le"), "-movflags +frag_keyframe"),
    ] {
        let path = folder.join(name);
        ffmpeg(&format!("{LAVFI} {codecs} {options}"), &path);
        files.push(path);
    }
    // Sound first, pictures 0.48 s later: an empty edit.
    let late = folder.join("ff-late.mp4");
    let from = folder.join("ff-plain.mp4");
    let from = from.display();
    ffmpeg(&format!("-itsoffset 0.48 -i {from} -i {from} -map 0:v -map 1:a -c copy"), &late);
    files.push(late);
    // A cut that begins in the middle: media times above 0 in the edit list.
    let cut = folder.join("ff-cut.mp4");
    ffmpeg(&format!("-ss 1.3 -i {from} -c copy -avoid_negative_ts disabled"), &cut);
    files.push(cut);
    files
}
