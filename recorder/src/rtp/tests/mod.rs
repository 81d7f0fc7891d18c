//! The depacketizers against packets of known content: random ones, ones that
//! cameras are known to send, and GStreamer's payloaders as independent judge.

mod cameras;
mod fragments;
mod judge;
mod markers;
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

const SPS: &[u8] = &[0x67, 0x64, 0, 0x33, 0xac, 0x15, 0x14, 0xa0, 0xa0, 0x2f, 0xf9, 0x50];
const PPS: &[u8] = &[0x68, 0xee, 0x3c, 0xb0];
const IDR: &[u8] = &[0x65, 0x88, 0x84, 0x11];
const P: &[u8] = &[0x41, 0x9a, 0x24, 0x22];
const P_LATER: &[u8] = &[0x41, 0x48, 0x24, 0x33];
const SEI: &[u8] = &[0x06, 0xe5, 0x01, 0xa7, 0x80];

/// Enough plain pictures that the marker is believed, from timestamp -99 on.
fn settled() -> (Depacketizer, Vec<AccessUnit>) {
    let mut depacketizer = Depacketizer::new(&stream("H264", &[])).expect("known");
    let mut units = Vec::new();
    for i in 0..9 {
        let picture = packet(i, i64::from(i) - 99, true, IDR);
        depacketizer.push(&picture, &mut |unit| units.push(unit));
    }
    (depacketizer, units)
}

/// Units that come out of a settled stream, without waiting for its end.
fn at_once(packets: &[Packet]) -> Vec<AccessUnit> {
    let (mut depacketizer, _) = settled();
    let mut units = Vec::new();
    for packet in packets {
        depacketizer.push(packet, &mut |unit| units.push(unit));
    }
    units
}

fn numbered(packets: &[(i64, bool, &[u8])]) -> Vec<Packet> {
    packets.iter().zip(100..).map(|(p, sequence)| packet(sequence, p.0, p.1, p.2)).collect()
}
