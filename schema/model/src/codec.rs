//! What kinds of picture and sound a segment holds.

use serde::{Deserialize, Serialize};

/// How the picture is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VideoCodec {
    /// H.264, stored as `avc1`.
    H264,
    /// H.265, stored as `hvc1`.
    H265,
}

/// How the sound is coded in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudioCodec {
    /// AAC, stored as `mp4a`.
    Aac,
    /// Opus.
    Opus,
    /// G.711 mu-law, stored as `ulaw`.
    Pcmu,
    /// G.711 A-law, stored as `alaw`.
    Pcma,
    /// Linear PCM, 16 bit.
    Pcm,
}

macro_rules! named {
    ($type:ident { $($variant:ident = $text:literal),* }) => {
        impl $type {
            /// As written in the database and in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// Reads what [`Self::as_str`] wrote.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
named!(VideoCodec { H264 = "h264", H265 = "h265" });
named!(AudioCodec { Aac = "aac", Opus = "opus", Pcmu = "pcmu", Pcma = "pcma", Pcm = "pcm" });

/// Facts of the video track. Ticks are at `timescale` per second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoTrack {
    /// Coding.
    pub codec: VideoCodec,
    /// Width in pixels as shown.
    pub width: u32,
    /// Height in pixels as shown.
    pub height: u32,
    /// Ticks per second.
    pub timescale: u32,
    /// Samples (frames).
    pub samples: u64,
    /// Samples that are key frames.
    pub key_frames: u64,
    /// Bytes of all samples.
    pub bytes: u64,
    /// Samples known to be damaged by loss on the way from the camera.
    pub damaged: u64,
    /// Hash of the codec parameters (parameter sets); equal if and only if two
    /// segments may share one sample description.
    pub parameters: u64,
}

/// Facts of the audio track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioTrack {
    /// Coding.
    pub codec: AudioCodec,
    /// Samples per second.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u32,
    /// Coded frames.
    pub samples: u64,
}
