//! What goes into a depacketizer and what comes out of it.

use bytes::Bytes;
use hitless_media::nal::{KeyKind, Picture};
use hitless_media::parameters::ParameterSets;
use hitless_model::{MediaSpan, MediaTime, Utc};
use std::sync::Arc;

/// One RTP packet as any source yields it: in order, without its header.
#[derive(Debug, Clone)]
pub struct Packet {
    /// Sequence number.
    pub sequence: u16,
    /// Unwrapped ticks of the stream's clock, see [`Unwrap`](super::Unwrap).
    pub timestamp: i64,
    /// Marker bit.
    pub marker: bool,
    /// Packets missing right before this one.
    pub lost_before: u32,
    /// Without header, header extension and padding.
    pub payload: Bytes,
    /// When it reached this host.
    pub arrived: Utc,
}

/// One picture with all that belongs to it, or one frame of sound.
#[derive(Debug, Clone)]
pub struct AccessUnit {
    /// When it is shown or heard, in ticks of the stream's clock.
    pub pts: MediaTime,
    /// How long it lasts; sound only, a picture lasts until the next one.
    pub duration: Option<MediaSpan>,
    /// NAL units with lengths of four bytes, byte for byte as the camera sent
    /// them; or one raw frame of sound.
    pub data: Vec<u8>,
    /// Why decoding may begin here, if it may. May also be set on a damaged
    /// picture, which is no good beginning.
    pub key: Option<KeyKind>,
    /// What the slices tell of the picture; nothing for sound.
    pub picture: Picture,
    /// A slice or a part of one is missing, or may be.
    pub damaged: bool,
    /// Packets lost since the previous unit, those inside of this one included.
    pub lost: u32,
    /// The parameter sets are others than those of the previous unit.
    pub parameters_changed: bool,
    /// The parameter sets in force for this picture; `None` for sound.
    pub parameters: Option<Arc<ParameterSets>>,
    /// When its first packet reached this host.
    pub arrived: Utc,
}

/// What was thrown away, and why. Each counts up for the life of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Discarded {
    /// Packets of a packetization that no camera is known to use.
    pub unsupported: u64,
    /// Packets that contradict their own payload format.
    pub malformed: u64,
    /// Packets that came twice.
    pub repeated: u64,
    /// Units of which loss left no slice, or no whole frame of sound.
    pub incomplete: u64,
    /// Units larger than [`MAX_UNIT_BYTES`].
    pub oversized: u64,
}

/// The largest access unit. An 8K key frame at the highest quality stays below.
pub const MAX_UNIT_BYTES: usize = 16 << 20;
