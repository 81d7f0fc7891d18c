//! From RTP packets to access units, byte for byte as the camera made them.
//!
//! Both kinds of source (retina for RTSP over TCP, GStreamer for the rest)
//! yield [`Packet`]s in order, and one [`Depacketizer`] makes [`AccessUnit`]s
//! of them. So parameter sets, SEI and delimiters stand untouched in the
//! sample, loss is known exactly, and both sources agree byte for byte.
//! `docs/decisions/0006-own-depacketizer.md` says why retina's own is not used.
//!
//! Nothing here does I/O or reads a clock. No payload makes it panic, and a
//! stream holds at most one access unit of [`MAX_UNIT_BYTES`].

mod aac;
mod aac_config;
mod assembler;
mod description;
mod h264;
mod h265;
mod packet;
mod sdp;
mod simple;
#[cfg(test)]
mod tests;
mod unwrap;

pub use aac_config::AacConfig;
pub use description::{AuHeader, Encoding, MediaKind, StreamDescription};
pub use packet::{AccessUnit, Discarded, MAX_UNIT_BYTES, Packet};
pub use sdp::{MAX_SDP_BYTES, SdpError, parse_sdp};
pub use unwrap::{Continuity, Unwrap};

use aac::Aac;
use assembler::Assembler;
use hitless_media::parameters::ParameterSets;
use hitless_model::VideoCodec;
use simple::{Length, Simple};
use std::sync::Arc;

/// Why a stream cannot be taken apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// A coding that the recorder does not take.
    #[error("stream {index} is {encoding}, which is not recorded")]
    Unsupported {
        /// Place in the SDP.
        index: usize,
        /// How it is coded.
        encoding: Encoding,
    },
    /// AAC of which neither configuration nor rate and channels make sense.
    #[error("stream {index} is AAC, but does not say of what rate and channels")]
    NoAudioConfig {
        /// Place in the SDP.
        index: usize,
    },
}

/// Makes access units of the packets of one stream.
#[derive(Debug)]
pub struct Depacketizer {
    kind: Kind,
    last_sequence: Option<u16>,
    repeated: u64,
}

#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // one per stream, never moved about
enum Kind {
    H264(Assembler),
    H265(Assembler),
    Aac(Aac, AacConfig),
    Simple(Simple),
}

impl Depacketizer {
    /// For a stream as its source describes it.
    pub fn new(stream: &StreamDescription) -> Result<Self, StreamError> {
        let kind = match &stream.encoding {
            Encoding::H264 => Kind::H264(Assembler::new(VideoCodec::H264, &stream.parameter_sets)),
            Encoding::H265 => Kind::H265(Assembler::new(VideoCodec::H265, &stream.parameter_sets)),
            Encoding::Aac => {
                let config = aac_config(stream)?;
                Kind::Aac(Aac::new(stream.au_header, &config, stream.clock_rate), config)
            }
            Encoding::Opus => Kind::Simple(Simple::new(Length::Opus)),
            Encoding::Pcmu | Encoding::Pcma => {
                let channels = stream.channels.unwrap_or(1);
                Kind::Simple(Simple::new(Length::Bytes { channels }))
            }
            Encoding::Other(_) => {
                let (index, encoding) = (stream.index, stream.encoding.clone());
                return Err(StreamError::Unsupported { index, encoding });
            }
        };
        Ok(Self { kind, last_sequence: None, repeated: 0 })
    }

    /// Takes the next packet; gives out what it completes.
    pub fn push(&mut self, packet: &Packet, out: &mut impl FnMut(AccessUnit)) {
        if packet.lost_before == 0 && self.last_sequence == Some(packet.sequence) {
            self.repeated += 1;
            return;
        }
        self.last_sequence = Some(packet.sequence);
        // Probes and keep-alives, under any timestamp they like.
        if packet.payload.is_empty() && packet.lost_before == 0 && !packet.marker {
            return;
        }
        match &mut self.kind {
            Kind::H264(assembler) => {
                assembler.begin_packet(packet, out);
                h264::unpack(&packet.payload, assembler, out);
                assembler.end_packet(packet.marker, out);
            }
            Kind::H265(assembler) => {
                assembler.begin_packet(packet, out);
                h265::unpack(&packet.payload, assembler, out);
                assembler.end_packet(packet.marker, out);
            }
            Kind::Aac(aac, _) => aac.push(packet, out),
            Kind::Simple(simple) => simple.push(packet, out),
        }
    }

    /// The stream ends here: gives out what is there. A picture that may lack
    /// its end is marked as damaged.
    pub fn flush(&mut self, out: &mut impl FnMut(AccessUnit)) {
        self.last_sequence = None;
        if let Kind::H264(assembler) | Kind::H265(assembler) = &mut self.kind {
            assembler.flush(out);
        }
    }

    /// The parameter sets in force: the SDP's until the stream brings its own.
    /// `None` for sound.
    pub fn parameters(&self) -> Option<Arc<ParameterSets>> {
        match &self.kind {
            Kind::H264(assembler) | Kind::H265(assembler) => Some(assembler.parameters()),
            Kind::Aac(..) | Kind::Simple(_) => None,
        }
    }

    /// What the AAC frames are; `None` for all else.
    pub fn aac_config(&self) -> Option<&AacConfig> {
        match &self.kind {
            Kind::Aac(_, config) => Some(config),
            _ => None,
        }
    }

    /// What was thrown away so far.
    pub fn discarded(&self) -> Discarded {
        let of_kind = match &self.kind {
            Kind::H264(assembler) | Kind::H265(assembler) => assembler.discarded,
            Kind::Aac(aac, _) => aac.discarded,
            Kind::Simple(simple) => simple.discarded,
        };
        Discarded { repeated: self.repeated, ..of_kind }
    }
}

fn aac_config(stream: &StreamDescription) -> Result<AacConfig, StreamError> {
    let announced = stream.audio_config.as_deref().and_then(AacConfig::parse);
    let usual = || AacConfig::low_complexity(stream.clock_rate, stream.channels.unwrap_or(1));
    announced.or_else(usual).ok_or(StreamError::NoAudioConfig { index: stream.index })
}
