//! Formats as GStreamer's caps.

use super::sample::{AudioFormat, VideoFormat};
use gstreamer as gst;
use hitless_model::{AudioCodec, VideoCodec};

pub(super) fn video_caps(format: &VideoFormat) -> gst::Caps {
    let (name, stream_format) = match format.codec {
        VideoCodec::H264 => ("video/x-h264", "avc"),
        VideoCodec::H265 => ("video/x-h265", "hvc1"),
    };
    gst::Caps::builder(name)
        .field("stream-format", stream_format)
        .field("alignment", "au")
        .field("width", i32::try_from(format.width).unwrap_or(i32::MAX))
        .field("height", i32::try_from(format.height).unwrap_or(i32::MAX))
        .field("codec_data", gst::Buffer::from_slice(format.configuration.clone()))
        .build()
}

pub(super) fn audio_caps(format: &AudioFormat) -> gst::Caps {
    let rate = i32::try_from(format.sample_rate).unwrap_or(i32::MAX);
    let channels = i32::try_from(format.channels).unwrap_or(1);
    let caps = match format.codec {
        AudioCodec::Aac => gst::Caps::builder("audio/mpeg")
            .field("mpegversion", 4_i32)
            .field("stream-format", "raw")
            .field("framed", true)
            .field("codec_data", gst::Buffer::from_slice(format.configuration.clone())),
        AudioCodec::Opus => {
            gst::Caps::builder("audio/x-opus").field("channel-mapping-family", 0_i32)
        }
        AudioCodec::Pcmu => gst::Caps::builder("audio/x-mulaw"),
        AudioCodec::Pcma => gst::Caps::builder("audio/x-alaw"),
        AudioCodec::Pcm => gst::Caps::builder("audio/x-raw")
            .field("format", "S16LE")
            .field("layout", "interleaved"),
    };
    caps.field("rate", rate).field("channels", channels).build()
}
