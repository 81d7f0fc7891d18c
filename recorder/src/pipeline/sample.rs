//! What goes into a pipeline.

use hitless_model::{AudioCodec, MediaSpan, MediaTime, VideoCodec};

/// How the video track is set up; a change needs a new pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoFormat {
    /// Coding.
    pub codec: VideoCodec,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The contents of `avcC` or `hvcC`.
    pub configuration: Vec<u8>,
}

/// How the audio track is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioFormat {
    /// Coding as the camera sends it.
    pub codec: AudioCodec,
    /// Samples per second, which is also the RTP clock.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u32,
    /// AudioSpecificConfig for AAC, else empty.
    pub configuration: Vec<u8>,
    /// Turn G.711 into AAC on the way, for players that know nothing else.
    pub encode_as_aac: bool,
}

/// One access unit on its way into a file.
#[derive(Debug)]
pub struct VideoSample {
    /// When it is shown, on the strand's clock.
    pub pts: MediaTime,
    /// When it is decoded, on the strand's clock.
    pub dts: MediaTime,
    /// How long until the next is decoded.
    pub duration: MediaSpan,
    /// Decoding can start here.
    pub key: bool,
    /// NAL units with four length bytes each.
    pub data: Vec<u8>,
}

/// One coded audio frame on its way into a file.
#[derive(Debug)]
pub struct AudioSample {
    /// When it is heard, on the strand's video clock.
    pub pts: MediaTime,
    /// Its length on the same clock.
    pub duration: MediaSpan,
    /// The frame.
    pub data: Vec<u8>,
}
