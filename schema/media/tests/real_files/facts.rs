//! The facts of a file against those that ffprobe tells.

use crate::footage::{self, files};
use hitless_media::mp4::{Inspection, Movie, inspect};
use hitless_model::{AudioCodec, VideoCodec};
use std::path::Path;

fn facts(name: &str) -> Inspection {
    inspect(files::named(name)).expect("readable")
}

/// One field of a file's stream.
fn ffprobe(path: &Path, stream: &str, field: &str) -> String {
    let path = path.to_str().expect("UTF-8");
    let entries = format!("stream={field}");
    let args = [
        "-v",
        "error",
        "-select_streams",
        stream,
        "-show_entries",
        &entries,
        "-of",
        "csv=p=0",
        path,
    ];
    String::from_utf8(footage::run("ffprobe", &args)).expect("UTF-8").trim().to_owned()
}

#[test]
fn codecs_sizes_and_rates_are_what_ffprobe_says() {
    for path in files::all() {
        let name = path.display();
        let facts = inspect(path).expect("readable");
        assert_eq!(facts.notes, [""; 0], "{name}");
        let video = facts.video.expect("pictures");
        assert_eq!(video.width.to_string(), ffprobe(path, "v:0", "width"), "{name}");
        assert_eq!(video.height.to_string(), ffprobe(path, "v:0", "height"), "{name}");
        let codec = match video.codec {
            VideoCodec::H264 => "h264",
            VideoCodec::H265 => "hevc",
        };
        assert_eq!(codec, ffprobe(path, "v:0", "codec_name"), "{name}");
        let Some(audio) = facts.audio else { continue };
        let codec = match audio.codec {
            AudioCodec::Aac => "aac",
            AudioCodec::Opus => "opus",
            AudioCodec::Pcmu => "pcm_mulaw",
            AudioCodec::Pcma => "pcm_alaw",
            AudioCodec::Pcm => "pcm_s16le",
        };
        assert_eq!(codec, ffprobe(path, "a:0", "codec_name"), "{name}");
        assert_eq!(audio.channels.to_string(), ffprobe(path, "a:0", "channels"), "{name}");
        assert_eq!(audio.sample_rate.to_string(), ffprobe(path, "a:0", "sample_rate"), "{name}");
    }
}

#[test]
fn four_seconds_are_four_seconds() {
    for name in ["recorder.mp4", "recorder-b.mp4", "plain-b.mp4", "h265-opus.mp4", "dash.mp4"] {
        let facts = facts(name);
        let video = facts.video.expect("pictures");
        assert_eq!((video.samples, video.key_frames), (100, 4), "{name}");
        assert_eq!(
            video.timescale,
            if name == "plain-b.mp4" { 25 * 100 } else { 90_000 },
            "{name}"
        );
        let ns = facts.video_length.to_nanos(video.timescale).get();
        assert_eq!(ns, 4_000_000_000, "{name}");
        assert!(video.bytes > 10_000 && video.bytes < facts.size_bytes, "{name}");
    }
}

#[test]
fn sound_that_begins_earlier_has_a_negative_offset() {
    let late = facts("ff-late.mp4");
    let offset = late.audio_offset.get();
    // 0.48 s and the encoder's first frame of 21 ms, which stands before 0.
    assert!((-510_000_000..-490_000_000).contains(&offset), "{offset}");
    let video = late.video.expect("pictures");
    let start = late.video_start.to_nanos(video.timescale).get();
    assert!((470_000_000..490_000_000).contains(&start), "{start}");
}

#[test]
fn segments_of_one_encoder_share_a_description_and_others_do_not() {
    let of = |name| facts(name).video.expect("pictures").parameters;
    assert_eq!(of("split-00.mp4"), of("split-01.mp4"));
    assert_eq!(of("split-00.mp4"), of("split-02.mp4"));
    assert_eq!(of("recorder.mp4"), of("killed.mp4"));
    assert_ne!(of("recorder.mp4"), of("recorder-b.mp4"));
    assert_ne!(of("recorder.mp4"), of("h265-opus.mp4"));
}

#[test]
fn audio_descriptions_compare_without_bit_rates() {
    let of = |name| {
        let movie = Movie::open(files::named(name)).expect("readable");
        movie.audio().expect("sound").entries[0].audio().expect("known")
    };
    let (a, b) = (of("recorder.mp4"), of("dash.mp4"));
    assert_eq!(a, b);
    // AudioSpecificConfig: AAC LC, 44,100 Hz, mono.
    assert_eq!(a.config[..2], [0x12, 0x08]);
    assert!(!of("h265-opus.mp4").config.is_empty());
}
