//! What goes into a pipeline.

use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{AudioCodec, MediaSpan, MediaTime, VideoCodec};

/// Samples of a frame of AAC.
const AAC_FRAME: i64 = 1024;

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
    /// What is done to it on the way.
    pub treatment: Treatment,
}

impl AudioFormat {
    /// The coding in the file.
    pub fn stored_as(&self) -> AudioCodec {
        match self.treatment {
            Treatment::AsIs => self.codec,
            Treatment::Aac => AudioCodec::Aac,
            Treatment::Pcm => AudioCodec::Pcm,
        }
    }

    /// How much sound an encoder on the way keeps: its delay and what fills no
    /// frame yet.
    pub(super) fn kept_back(&self) -> MediaSpan {
        let ticks = |samples: i64| {
            samples * i64::from(VIDEO_TIMESCALE) / i64::from(self.sample_rate.max(1))
        };
        MediaSpan::new(match self.treatment {
            Treatment::Aac => ticks(3 * AAC_FRAME),
            Treatment::AsIs | Treatment::Pcm => 0,
        })
    }

    /// The byte that stands for silence, where a byte is a sample.
    pub fn silence(&self) -> Option<u8> {
        match self.codec {
            AudioCodec::Pcmu => Some(0xff),
            AudioCodec::Pcma => Some(0xd5),
            AudioCodec::Aac | AudioCodec::Opus | AudioCodec::Pcm => None,
        }
    }

    /// Silence itself, where the coding has no other way to say so.
    pub fn silent_sample(&self, from: MediaTime, until: MediaTime) -> Option<AudioSample> {
        let byte = self.silence()?;
        let duration = until.since(from);
        let samples = MediaSpan::from_nanos(duration.to_nanos(VIDEO_TIMESCALE), self.sample_rate);
        let bytes = usize::try_from(samples.ticks()).unwrap_or(0) * self.channels as usize;
        Some(AudioSample { pts: from, duration, data: vec![byte; bytes] })
    }
}

/// What is done to G.711, which few players know, on its way into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Stored as it came.
    AsIs,
    /// Encoded as AAC.
    Aac,
    /// Decoded to linear PCM.
    Pcm,
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
