//! One stream's packets in order: numbers unwrapped, loss counted, and reports
//! told when they are news.

use super::packets::RawPacket;
use crate::rtp::{Continuity, Packet, StreamDescription, Unwrap};
use hitless_model::Utc;

/// A report is passed on again when the camera's clock has moved this much
/// against its media clock (a tick of 90 kHz is 11 us).
const WORTH_TELLING_NS: i64 = 20_000;

/// One stream's numbers.
#[derive(Default)]
pub(super) struct Lane {
    pub(super) description: Option<StreamDescription>,
    unwrap: Unwrap,
    continuity: Continuity,
    told: Option<i64>,
}

impl Lane {
    /// The packet, and what it says of the camera's clock; nothing of what is
    /// malformed, repeated or too late.
    pub(super) fn take(&mut self, raw: &RawPacket) -> Option<(Packet, Option<(i64, Utc)>)> {
        let header = Header::read(&raw.bytes)?;
        let lost_before = self.continuity.packet(header.sequence)?;
        let timestamp = self.unwrap.packet(header.timestamp);
        let report = raw.reported.filter(|utc| self.is_news(timestamp, *utc));
        let packet = Packet {
            sequence: header.sequence,
            timestamp,
            marker: header.marker,
            lost_before,
            payload: raw.bytes.slice(header.payload),
            arrived: raw.arrived,
        };
        Some((packet, report.map(|utc| (timestamp, utc))))
    }

    /// The relation of the two clocks is not the one told last.
    fn is_news(&mut self, timestamp: i64, utc: Utc) -> bool {
        let rate = self.description.as_ref().map_or(90_000, |d| d.clock_rate.max(1));
        let media_ns = i128::from(timestamp) * 1_000_000_000 / i128::from(rate);
        let offset = i64::try_from(i128::from(utc.as_ns()) - media_ns).unwrap_or(i64::MAX);
        let news = self.told.is_none_or(|told| (told - offset).abs() > WORTH_TELLING_NS);
        if news {
            self.told = Some(offset);
        }
        news
    }
}

/// The fixed part of an RTP header.
struct Header {
    sequence: u16,
    timestamp: u32,
    marker: bool,
    payload: std::ops::Range<usize>,
}

impl Header {
    /// RFC 3550, section 5.1; nothing on anything malformed.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (first, second) = (*bytes.first()?, *bytes.get(1)?);
        let mut start = 12 + 4 * usize::from(first & 0x0f);
        if first & 0x10 != 0 {
            let words = bytes.get(start + 2..start + 4)?;
            start += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
        }
        let padding = if first & 0x20 != 0 { usize::from(*bytes.last()?) } else { 0 };
        let end = bytes.len().checked_sub(padding)?;
        let fixed = bytes.get(..12)?;
        (first >> 6 == 2 && start <= end).then(|| Self {
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            marker: second & 0x80 != 0,
            payload: start..end,
        })
    }
}
