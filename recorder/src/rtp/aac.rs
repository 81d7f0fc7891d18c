//! RFC 3640: AAC in RTP packets.
//!
//! Several frames a packet and frames over several packets, in the order of
//! time; interleaving is refused and counted, no camera does it. A frame of
//! which a part was lost is dropped whole: half a frame of AAC is noise.

use super::aac_config::{AacConfig, without_adts};
use super::description::AuHeader;
use super::packet::{AccessUnit, Discarded, Packet};
use super::simple::sound;
use hitless_model::{MediaSpan, MediaTime};

/// Larger frames than the standard's limit of 6144 bits a channel allow for
/// eight channels are nonsense; fields of 16 bits could say up to 64 KiB.
const MAX_FRAME_BYTES: usize = 64 << 10;

/// A frame that goes on in the next packet.
#[derive(Debug)]
struct Partial {
    timestamp: i64,
    size: usize,
    data: Vec<u8>,
}

/// Takes AAC packets apart.
#[derive(Debug)]
pub(super) struct Aac {
    header: AuHeader,
    frame_ticks: i64,
    partial: Option<Partial>,
    lost: u32,
    pub(super) discarded: Discarded,
}

/// Reads bit fields of up to 16 bits.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            if self.at >= self.end {
                return None;
            }
            let bit = self.bytes.get(self.at / 8)? >> (7 - self.at % 8) & 1;
            value = value << 1 | u32::from(bit);
            self.at += 1;
        }
        Some(value)
    }
}

impl Aac {
    pub(super) fn new(header: AuHeader, config: &AacConfig, clock_rate: u32) -> Self {
        Self {
            header,
            frame_ticks: config.frame_ticks(clock_rate),
            partial: None,
            lost: 0,
            discarded: Discarded::default(),
        }
    }

    pub(super) fn push(&mut self, packet: &Packet, out: &mut impl FnMut(AccessUnit)) {
        if packet.lost_before > 0 {
            self.lost = self.lost.saturating_add(packet.lost_before);
            self.drop_partial();
        }
        if packet.payload.is_empty() {
            return;
        }
        if self.unpack(packet, out).is_none() {
            self.discarded.malformed += 1;
            self.lost = self.lost.saturating_add(1);
            self.partial = None;
        }
    }

    fn drop_partial(&mut self) {
        self.discarded.incomplete += u64::from(self.partial.take().is_some());
    }

    /// `None` if the packet contradicts itself; frames before the place are out.
    fn unpack(&mut self, packet: &Packet, out: &mut impl FnMut(AccessUnit)) -> Option<()> {
        let (header_bits, rest) = packet.payload.split_first_chunk::<2>()?;
        let header_bits = usize::from(u16::from_be_bytes(*header_bits));
        let (headers, mut data) = rest.split_at_checked(header_bits.div_ceil(8))?;
        let mut headers = Bits { bytes: headers, at: 0, end: header_bits };
        let mut frames = 0_i64;
        while headers.at < headers.end {
            let size = usize::try_from(headers.take(self.header.size_bits)?).ok()?;
            let index_bits =
                if frames == 0 { self.header.index_bits } else { self.header.index_delta_bits };
            if headers.take(index_bits)? != 0 {
                return None;
            }
            let alone = frames == 0 && headers.at >= headers.end;
            if alone && (self.partial.is_some() || size > data.len()) {
                return self.fragment(packet, size, data, out);
            }
            self.drop_partial();
            let (frame, after) = data.split_at_checked(size)?;
            let ticks = packet.timestamp.saturating_add(frames.saturating_mul(self.frame_ticks));
            self.emit(ticks, frame, packet, out);
            data = after;
            frames += 1;
        }
        (frames > 0).then_some(())
    }

    /// The only frame of its packet, or a part of it.
    fn fragment(
        &mut self,
        packet: &Packet,
        size: usize,
        data: &[u8],
        out: &mut impl FnMut(AccessUnit),
    ) -> Option<()> {
        let same = |p: &Partial| p.timestamp == packet.timestamp && p.size == size;
        if !self.partial.as_ref().is_some_and(same) {
            self.drop_partial();
            if size <= data.len() {
                self.emit(packet.timestamp, &data[..size], packet, out);
                return Some(());
            }
        }
        if size > MAX_FRAME_BYTES {
            return None;
        }
        let partial = self.partial.get_or_insert_with(|| Partial {
            timestamp: packet.timestamp,
            size,
            data: Vec::with_capacity(size),
        });
        if partial.data.len() + data.len() > size {
            return None;
        }
        partial.data.extend_from_slice(data);
        if partial.data.len() == size {
            let whole = self.partial.take()?;
            self.emit(whole.timestamp, &whole.data, packet, out);
        }
        Some(())
    }

    fn emit(
        &mut self,
        ticks: i64,
        frame: &[u8],
        packet: &Packet,
        out: &mut impl FnMut(AccessUnit),
    ) {
        let frame = without_adts(frame);
        if frame.is_empty() {
            return;
        }
        let (pts, length) = (MediaTime::new(ticks), MediaSpan::new(self.frame_ticks));
        out(sound(pts, length, frame.to_vec(), std::mem::take(&mut self.lost), packet));
    }
}
