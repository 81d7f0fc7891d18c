//! Sound of which one packet is one frame: G.711 (RFC 3551) and Opus (RFC 7587).

use super::packet::{AccessUnit, Discarded, Packet};
use hitless_media::nal::Picture;
use hitless_model::{MediaSpan, MediaTime};

/// How long a packet lasts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Length {
    /// One byte a sample, all channels in turn.
    Bytes {
        /// Channels.
        channels: u16,
    },
    /// Told by the first bytes (RFC 6716 3.1).
    Opus,
}

impl Length {
    fn of(self, payload: &[u8]) -> Option<MediaSpan> {
        match self {
            Self::Bytes { channels } => {
                let samples = payload.len() / usize::from(channels.max(1));
                i64::try_from(samples).ok().map(MediaSpan::new)
            }
            Self::Opus => opus_samples(payload).map(MediaSpan::new),
        }
    }
}

/// One packet, one frame.
#[derive(Debug)]
pub(super) struct Simple {
    length: Length,
    lost: u32,
    pub(super) discarded: Discarded,
}

impl Simple {
    pub(super) fn new(length: Length) -> Self {
        Self { length, lost: 0, discarded: Discarded::default() }
    }

    pub(super) fn push(&mut self, packet: &Packet, out: &mut impl FnMut(AccessUnit)) {
        self.lost = self.lost.saturating_add(packet.lost_before);
        if packet.payload.is_empty() {
            return;
        }
        let Some(duration) = self.length.of(&packet.payload) else {
            self.discarded.malformed += 1;
            self.lost = self.lost.saturating_add(1);
            return;
        };
        let lost = std::mem::take(&mut self.lost);
        let pts = MediaTime::new(packet.timestamp);
        out(sound(pts, duration, packet.payload.to_vec(), lost, packet));
    }
}

/// A frame of sound out of `packet`.
pub(super) fn sound(
    pts: MediaTime,
    duration: MediaSpan,
    data: Vec<u8>,
    lost: u32,
    packet: &Packet,
) -> AccessUnit {
    AccessUnit {
        pts,
        duration: Some(duration),
        data,
        key: None,
        picture: Picture::default(),
        damaged: false,
        lost,
        parameters_changed: false,
        parameters: None,
        arrived: packet.arrived,
    }
}

/// Samples at 48 kHz of an Opus packet.
fn opus_samples(packet: &[u8]) -> Option<i64> {
    let toc = *packet.first()?;
    let config = toc >> 3;
    let frame = match config {
        0..=11 => [480, 960, 1920, 2880][usize::from(config & 3)],
        12..=15 => [480, 960][usize::from(config & 1)],
        _ => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => i64::from(*packet.get(1)? & 0x3f),
    };
    // 120 ms at most, and not nothing.
    Some(frame * frames).filter(|samples| (1..=5760).contains(samples))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opus_packet_tells_its_length() {
        assert_eq!(opus_samples(&[0x78]), Some(960)); // CELT 20 ms, mono
        assert_eq!(opus_samples(&[0xfc]), Some(960));
        assert_eq!(opus_samples(&[0x0b, 0x03]), Some(2880)); // SILK 20 ms, three
        assert_eq!(opus_samples(&[0x1b, 0x03]), None); // 180 ms
        assert_eq!(opus_samples(&[0x0b]), None);
        assert_eq!(opus_samples(&[]), None);
    }
}
