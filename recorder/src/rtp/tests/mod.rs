//! The depacketizers against packets of known content: random ones, ones that
//! cameras are known to send, and GStreamer's payloaders as independent judge.

mod cameras;
mod judge;
mod packetizer;
mod properties;
mod sound;

use super::{AccessUnit, Depacketizer, Packet, StreamDescription};
use bytes::Bytes;
use hitless_media::nal::{LengthSize, length_prefixed};
use hitless_model::Utc;

/// A stream of this encoding, with further fields as in caps.
fn stream(encoding: &str, fields: &[(&str, &str)]) -> StreamDescription {
    StreamDescription::from_fields(|name| match name {
        "encoding-name" => Some(encoding.to_owned()),
        _ => fields.iter().find(|field| field.0 == name).map(|field| field.1.to_owned()),
    })
}

fn packet(sequence: u16, timestamp: i64, marker: bool, payload: &[u8]) -> Packet {
    Packet {
        sequence,
        timestamp,
        marker,
        lost_before: 0,
        payload: Bytes::copy_from_slice(payload),
        arrived: Utc::from_ns(i64::from(sequence)),
    }
}

/// Everything that comes out, the end of the stream included.
fn run(depacketizer: &mut Depacketizer, packets: &[Packet]) -> Vec<AccessUnit> {
    let mut units = Vec::new();
    for packet in packets {
        depacketizer.push(packet, &mut |unit| units.push(unit));
    }
    depacketizer.flush(&mut |unit| units.push(unit));
    units
}

fn depacketize(stream: &StreamDescription, packets: &[Packet]) -> Vec<AccessUnit> {
    run(&mut Depacketizer::new(stream).expect("a known encoding"), packets)
}

fn nals(unit: &AccessUnit) -> Vec<Vec<u8>> {
    length_prefixed(&unit.data, LengthSize::Four).map(|nal| nal.expect("whole").to_vec()).collect()
}

fn prefixed(nals: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut data = Vec::new();
    for nal in nals.iter().map(AsRef::as_ref) {
        data.extend_from_slice(&u32::try_from(nal.len()).expect("small").to_be_bytes());
        data.extend_from_slice(nal);
    }
    data
}

/// The packets that are left when some are lost, each knowing how many are
/// missing before it; of the first one nobody knows.
fn lose(packets: &[Packet], lost: &[bool]) -> Vec<Packet> {
    let mut missing = 0;
    let mut left = Vec::new();
    for (packet, lost) in packets.iter().zip(lost) {
        if *lost {
            missing += u32::from(!left.is_empty());
            continue;
        }
        left.push(Packet { lost_before: std::mem::take(&mut missing), ..packet.clone() });
    }
    left
}
