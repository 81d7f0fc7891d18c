//! Random pictures and random ways to put them into packets.

use super::packet;
use crate::rtp::Packet;
use hitless_model::VideoCodec;
use proptest::prelude::*;

/// A picture as a camera made it.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) pts: i64,
    pub(super) nals: Vec<Vec<u8>>,
}

/// Where a camera sets the marker bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Markers {
    LastPacket,
    Never,
    EverySlice,
    EveryPacket,
}

/// How to put one NAL unit into packets.
#[derive(Debug, Clone)]
pub(super) enum Way {
    Alone,
    WithNext,
    Fragments(usize),
}

impl Way {
    pub(super) fn never_aggregate(&mut self) {
        if matches!(self, Self::WithNext) {
            *self = Self::Alone;
        }
    }
}

pub(super) fn way() -> impl Strategy<Value = Way> {
    prop_oneof![
        2 => Just(Way::Alone),
        2 => Just(Way::WithNext),
        3 => (1_usize..20).prop_map(Way::Fragments),
    ]
}

pub(super) fn is_slice(codec: VideoCodec, nal: &[u8]) -> bool {
    match codec {
        VideoCodec::H264 => matches!(nal[0] & 0x1f, 1..=5),
        VideoCodec::H265 => nal[0] >> 1 < 32,
    }
}

/// Bytes without start codes and without a zero at the end.
fn body(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![1 => Just(0_u8), 6 => any::<u8>()], length).prop_map(|raw| {
        let mut body = Vec::new();
        for byte in raw {
            if byte <= 3 && body.ends_with(&[0, 0]) {
                body.push(3);
            }
            body.push(byte);
        }
        body.push(0x80);
        body
    })
}

fn unit(codec: VideoCodec, kind: u8, first: Option<u8>) -> impl Strategy<Value = Vec<u8>> {
    body(1..60).prop_map(move |body| {
        let mut nal = match codec {
            VideoCodec::H264 => vec![0x60 | kind],
            VideoCodec::H265 => vec![kind << 1, 1],
        };
        nal.extend(first);
        nal.extend(body);
        nal
    })
}

/// One picture: perhaps a delimiter, parameter sets and SEI, then slices.
fn picture(
    codec: VideoCodec,
    slices: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let (aud, sets, sei, key, other): (u8, Vec<u8>, u8, u8, u8) = match codec {
        VideoCodec::H264 => (9, vec![7, 8], 6, 5, 1),
        VideoCodec::H265 => (35, vec![32, 33, 34], 39, 19, 1),
    };
    (any::<bool>(), slices).prop_flat_map(move |(is_key, slices)| {
        let slice = if is_key { key } else { other };
        let later = if codec == VideoCodec::H264 { 0x48 } else { 0x50 };
        let mut parts = vec![prop::collection::vec(unit(codec, aud, None), 0..2)];
        if is_key {
            parts.extend(
                sets.iter().map(|set| prop::collection::vec(unit(codec, *set, Some(0xe4)), 0..2)),
            );
        }
        parts.push(prop::collection::vec(unit(codec, sei, None), 0..2));
        parts.push(prop::collection::vec(unit(codec, slice, Some(0xa8)), 1));
        parts.push(prop::collection::vec(unit(codec, slice, Some(later)), slices - 1));
        parts.prop_map(|parts| parts.concat())
    })
}

pub(super) fn pictures(
    codec: VideoCodec,
    slices: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<Picture>> {
    prop::collection::vec(picture(codec, slices), 1..14).prop_map(|all| {
        all.into_iter()
            .zip(0_i64..)
            .map(|(nals, number)| Picture { pts: number * 3600, nals })
            .collect()
    })
}

/// Puts pictures into packets; also says which picture each packet is of.
pub(super) fn packetize(
    codec: VideoCodec,
    pictures: &[Picture],
    ways: &[Way],
    markers: Markers,
) -> (Vec<Packet>, Vec<usize>) {
    let mut ways = ways.iter().cycle();
    let (mut packets, mut owners) = (Vec::new(), Vec::new());
    for (owner, picture) in pictures.iter().enumerate() {
        let mut payloads: Vec<(Vec<u8>, bool)> = Vec::new();
        let mut rest = picture.nals.as_slice();
        while let Some((nal, after)) = rest.split_first() {
            let slice = is_slice(codec, nal);
            match (ways.next().expect("cycles"), after.split_first()) {
                (Way::WithNext, Some((next, after))) => {
                    let payload = aggregate(codec, nal, next);
                    payloads.push((payload, is_slice(codec, next)));
                    rest = after;
                    continue;
                }
                (Way::Fragments(size), _) if nal.len() > 3 => {
                    let parts = fragments(codec, nal, *size);
                    let last = parts.len() - 1;
                    payloads.extend(
                        parts.into_iter().enumerate().map(|(i, part)| (part, slice && i == last)),
                    );
                }
                _ => payloads.push((nal.clone(), slice)),
            }
            rest = after;
        }
        let last = payloads.len() - 1;
        for (i, (payload, ends_slice)) in payloads.into_iter().enumerate() {
            let marker = match markers {
                Markers::LastPacket => i == last,
                Markers::Never => false,
                Markers::EverySlice => ends_slice,
                Markers::EveryPacket => true,
            };
            let sequence = u16::try_from(packets.len() & 0xffff).expect("masked");
            packets.push(packet(sequence, picture.pts, marker, &payload));
            owners.push(owner);
        }
    }
    (packets, owners)
}

fn aggregate(codec: VideoCodec, first: &[u8], second: &[u8]) -> Vec<u8> {
    let mut payload = match codec {
        VideoCodec::H264 => vec![0x78],
        VideoCodec::H265 => vec![48 << 1, 1],
    };
    for nal in [first, second] {
        payload.extend_from_slice(&u16::try_from(nal.len()).expect("small").to_be_bytes());
        payload.extend_from_slice(nal);
    }
    payload
}

fn fragments(codec: VideoCodec, nal: &[u8], size: usize) -> Vec<Vec<u8>> {
    let (head, kind, body) = match codec {
        VideoCodec::H264 => (vec![nal[0] & 0xe0 | 28], nal[0] & 0x1f, &nal[1..]),
        VideoCodec::H265 => (vec![49 << 1, nal[1]], nal[0] >> 1, &nal[2..]),
    };
    let chunks: Vec<_> = body.chunks(size).collect();
    let last = chunks.len() - 1;
    let flag = |on: bool, bit: u8| if on { bit } else { 0 };
    chunks
        .iter()
        .enumerate()
        .map(|(i, chunk)| {
            let fu = kind | flag(i == 0, 0x80) | flag(i == last, 0x40);
            [head.as_slice(), &[fu], chunk].concat()
        })
        .collect()
}
