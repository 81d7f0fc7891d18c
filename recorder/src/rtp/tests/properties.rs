//! What holds for all pictures, all ways to send them, and all losses.

use super::packetizer::{Markers, Picture, Way, is_slice, packetize, pictures, way};
use super::{depacketize, lose, nals, packet, prefixed, run, stream};
use crate::rtp::{AccessUnit, Depacketizer, Packet};
use hitless_model::VideoCodec;
use proptest::prelude::*;

fn codec() -> impl Strategy<Value = VideoCodec> {
    prop_oneof![Just(VideoCodec::H264), Just(VideoCodec::H265)]
}

fn name(codec: VideoCodec) -> &'static str {
    match codec {
        VideoCodec::H264 => "H264",
        VideoCodec::H265 => "H265",
    }
}

/// A camera: where it sets markers, its pictures, its ways to send them. One
/// that marks every slice shows it in every picture.
fn camera() -> impl Strategy<Value = (VideoCodec, Markers, Vec<Picture>, Vec<Way>)> {
    let markers = prop_oneof![
        3 => Just(Markers::LastPacket),
        1 => Just(Markers::Never),
        1 => Just(Markers::EverySlice),
        1 => Just(Markers::EveryPacket),
    ];
    (codec(), markers).prop_flat_map(|(codec, markers)| {
        let slices = match markers {
            Markers::LastPacket | Markers::Never => 1..4,
            Markers::EverySlice | Markers::EveryPacket => 2..4,
        };
        let ways = prop::collection::vec(way(), 1..12).prop_map(move |mut ways| {
            if matches!(markers, Markers::EverySlice | Markers::EveryPacket) {
                // All slices of a picture in one packet would make its marker
                // true by chance, often enough to be believed.
                ways.iter_mut().for_each(Way::never_aggregate);
            }
            ways
        });
        (Just(codec), Just(markers), pictures(codec, slices), ways)
    })
}

fn slices(codec: VideoCodec, nals: &[Vec<u8>]) -> Vec<&Vec<u8>> {
    nals.iter().filter(|nal| is_slice(codec, nal)).collect()
}

fn is_subsequence(part: &[Vec<u8>], whole: &[Vec<u8>]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|nal| whole.any(|other| other == nal))
}

/// Nothing in a unit that is not of its picture; all of it unless it says so.
fn check(codec: VideoCodec, unit: &AccessUnit, truth: &[Picture], first: bool) {
    let truth = truth.iter().find(|p| p.pts == unit.pts.ticks()).expect("a pts of the camera");
    let got = nals(unit);
    assert!(is_subsequence(&got, &truth.nals), "{got:x?} is not in {truth:x?}");
    if !unit.damaged {
        assert_eq!(slices(codec, &got), slices(codec, &truth.nals), "undamaged, but not whole");
        if unit.lost == 0 && !first {
            assert_eq!(got, truth.nals, "nothing lost, but not the same");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_was_sent_comes_out((codec, markers, truth, ways) in camera()) {
        let (packets, _) = packetize(codec, &truth, &ways, markers);
        let units = depacketize(&stream(name(codec), &[]), &packets);
        prop_assert_eq!(units.len(), truth.len());
        for (unit, picture) in units.iter().zip(&truth) {
            prop_assert_eq!(&unit.data, &prefixed(&picture.nals));
            prop_assert_eq!(unit.pts.ticks(), picture.pts);
            prop_assert_eq!(unit.lost, 0);
            prop_assert!(unit.data.capacity() <= unit.data.len() + unit.data.len() / 8);
            let last = picture.pts == truth[truth.len() - 1].pts;
            prop_assert!(!unit.damaged || last);
        }
    }

    #[test]
    fn loss_is_always_told(
        (codec, markers, truth, ways) in camera(),
        losses in prop::collection::vec(prop::bool::weighted(0.15), 1..40),
    ) {
        let (packets, owners) = packetize(codec, &truth, &ways, markers);
        let lost: Vec<bool> = losses.iter().cycle().take(packets.len()).copied().collect();
        let left = lose(&packets, &lost);
        let units = depacketize(&stream(name(codec), &[]), &left);
        let known: u64 = left.iter().map(|p| u64::from(p.lost_before)).sum();
        let told: u64 = units.iter().map(|unit| u64::from(unit.lost)).sum();
        prop_assert!(told <= known, "{told} of {known}");
        for (number, unit) in units.iter().enumerate() {
            check(codec, unit, &truth, number == 0);
        }
        for number in untouched(&owners, &lost, truth.len()) {
            let of = |unit: &&AccessUnit| unit.pts.ticks() == truth[number].pts;
            let unit = units.iter().find(of);
            prop_assert!(unit.is_some_and(|u| !u.damaged), "picture {number} was not touched");
        }
    }

    #[test]
    fn no_payload_makes_it_panic(
        codec in codec(),
        payloads in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..30), any::<bool>(), 0_i64..3, 0_u32..2), 0..60),
    ) {
        hostile(name(codec), &payloads);
    }

    #[test]
    fn no_fragments_make_it_panic(
        codec in codec(),
        parts in prop::collection::vec(
            (0_u8..4, 0_u8..8, prop::collection::vec(0_u8..3, 0..8), any::<bool>(), 0_i64..2), 0..80),
    ) {
        let payloads: Vec<_> = parts.into_iter().map(|(ends, kind, body, marker, timestamp)| {
            let (mut payload, kind) = match codec {
                VideoCodec::H264 => (vec![0x7c], [1, 5, 6, 7, 8, 9, 12, 20][usize::from(kind)]),
                VideoCodec::H265 => (vec![98, 1], [1, 19, 21, 32, 33, 34, 39, 40][usize::from(kind)]),
            };
            payload.push(ends << 6 | kind);
            payload.extend(body);
            (payload, marker, timestamp, 0)
        }).collect();
        hostile(name(codec), &payloads);
    }

    #[test]
    fn no_sound_makes_it_panic(
        encoding in prop_oneof![Just("MPEG4-GENERIC"), Just("OPUS"), Just("PCMU")],
        payloads in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..30), any::<bool>(), 0_i64..3, 0_u32..2), 0..60),
    ) {
        hostile(encoding, &payloads);
    }

    #[test]
    fn no_sdp_makes_it_panic(
        lines in prop::collection::vec(prop_oneof![
            "[ -~]{0,40}", "m=(video|audio) [0-9]{1,3} RTP/AVP [0-9]{1,3}",
            "a=rtpmap:[0-9]{1,3} (H264|PCMU|MPEG4-GENERIC)/[0-9]{0,12}(/[0-9]{0,6})?",
            "a=fmtp:[0-9]{1,3} (config|sprop-parameter-sets|sizelength)=[0-9A-Za-z+/,=]{0,20}",
            "a=\\PC{0,20}",
        ], 0..20),
        raw in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        let text = [lines.join("\r\n").as_bytes(), &raw].concat();
        for stream in crate::rtp::parse_sdp(&text).unwrap_or_default() {
            if let Ok(mut depacketizer) = Depacketizer::new(&stream) {
                run(&mut depacketizer, &[packet(0, 0, true, &raw)]);
            }
        }
    }
}

/// Any bytes, in any order of timestamps: the units are well formed at least.
fn hostile(encoding: &str, payloads: &[(Vec<u8>, bool, i64, u32)]) {
    let packets: Vec<Packet> = payloads
        .iter()
        .zip(0_u16..)
        .map(|((payload, marker, timestamp, lost_before), sequence)| Packet {
            lost_before: *lost_before,
            ..packet(sequence, *timestamp, *marker, payload)
        })
        .collect();
    for unit in depacketize(&stream(encoding, &[("clock-rate", "48000")]), &packets) {
        assert!(!unit.data.is_empty());
        if unit.parameters.is_some() {
            assert!(nals(&unit).iter().all(|nal| !nal.is_empty()));
        }
    }
}

/// Pictures of which no packet was lost, nor the one before or after.
fn untouched(owners: &[usize], lost: &[bool], pictures: usize) -> Vec<usize> {
    (0..pictures)
        .filter(|number| {
            let first = owners.iter().position(|owner| owner == number).expect("has packets");
            let last = owners.iter().rposition(|owner| owner == number).expect("has packets");
            first > 0 && last + 1 < lost.len() && !lost[first - 1..=last + 1].contains(&true)
        })
        .collect()
}
