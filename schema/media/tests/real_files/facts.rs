//! The facts of a file against those that ffprobe tells.

use crate::footage::{self, files};
use hitless_media::mp4::{Inspection, Movie, inspect};
use hitless_model::{AudioCodec, VideoCodec};
use serde_json::Value;
use std::path::Path;

fn facts(name: &str) -> Inspection {
    inspect(files::named(name)).expect("readable")
}

/// A file's streams as ffprobe tells them.
fn ffprobe(path: &Path) -> Vec<Value> {
    let entries = "stream=codec_type,codec_name,width,height,channels,sample_rate";
    let path = path.to_str().expect("UTF-8");
    let text =
        footage::run("ffprobe", &["-v", "error", "-show_entries", entries, "-of", "json", path]);
    let told: Value = serde_json::from_slice(&text).expect("JSON");
    told["streams"].as_array().expect("streams").clone()
}

#[test]
fn codecs_sizes_and_rates_are_what_ffprobe_says() {
    for path in files::all() {
        let name = path.display();
        let facts = inspect(path).expect("readable");
        assert_eq!(facts.notes, [""; 0], "{name}");
        let streams = ffprobe(path);
        let stream = |kind| streams.iter().find(|stream| stream["codec_type"] == kind);
        let video = facts.video.expect("pictures");
        let told = stream("video").expect("pictures");
        let codec = match video.codec {
            VideoCodec::H264 => "h264",
            VideoCodec::H265 => "hevc",
        };
        assert_eq!(told["codec_name"], codec, "{name}");
        assert_eq!(told["width"], video.width, "{name}");
        assert_eq!(told["height"], video.height, "{name}");
        assert_eq!(facts.audio.is_some(), stream("audio").is_some(), "{name}");
        let (Some(audio), Some(told)) = (facts.audio, stream("audio")) else { continue };
        let codec = match audio.codec {
            AudioCodec::Aac => "aac",
            AudioCodec::Opus => "opus",
            AudioCodec::Pcmu => "pcm_mulaw",
            AudioCodec::Pcma => "pcm_alaw",
            AudioCodec::Pcm => "pcm_s16le",
        };
        assert_eq!(told["codec_name"], codec, "{name}");
        assert_eq!(told["channels"], audio.channels, "{name}");
        assert_eq!(told["sample_rate"], audio.sample_rate.to_string(), "{name}");
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
