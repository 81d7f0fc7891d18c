//! Sound: frames over packets and packets of frames.

use super::{depacketize, packet, stream};
use crate::rtp::{AccessUnit, Packet};

fn aac(packets: &[Packet]) -> Vec<AccessUnit> {
    let fields = [("config", "1188"), ("clock-rate", "48000"), ("mode", "AAC-hbr")];
    depacketize(&stream("MPEG4-GENERIC", &fields), packets)
}

/// AU headers for frames of these sizes, then the data.
fn payload(sizes: &[u16], data: &[u8]) -> Vec<u8> {
    let bits = u16::try_from(sizes.len() * 16).expect("few");
    let mut payload = bits.to_be_bytes().to_vec();
    payload.extend(sizes.iter().flat_map(|size| (size << 3).to_be_bytes()));
    payload.extend_from_slice(data);
    payload
}

fn frames(units: &[AccessUnit]) -> Vec<(i64, &[u8])> {
    units.iter().map(|unit| (unit.pts.ticks(), unit.data.as_slice())).collect()
}

#[test]
fn several_frames_a_packet_follow_each_other() {
    let units = aac(&[packet(0, 5000, true, &payload(&[2, 3], &[1, 2, 3, 4, 5]))]);
    assert_eq!(frames(&units), [(5000, &[1, 2][..]), (6024, &[3, 4, 5])]);
    assert_eq!(units[0].duration.map(|d| d.ticks()), Some(1024));
}

#[test]
fn a_frame_over_several_packets_is_joined_or_dropped_whole() {
    let parts = [
        packet(0, 0, false, &payload(&[5], &[1, 2])),
        packet(1, 0, false, &payload(&[5], &[3, 4])),
        packet(2, 0, true, &payload(&[5], &[5])),
        packet(3, 1024, true, &payload(&[1], &[9])),
    ];
    assert_eq!(frames(&aac(&parts)), [(0, &[1, 2, 3, 4, 5][..]), (1024, &[9])]);

    let mut left = parts[..1].to_vec();
    left.push(Packet { lost_before: 1, ..parts[2].clone() });
    left.push(parts[3].clone());
    let units = aac(&left);
    assert_eq!(frames(&units).last(), Some(&(1024, &[9][..])));
    assert_eq!(units.iter().map(|unit| unit.lost).sum::<u32>(), 1);
    assert!(units.iter().all(|unit| unit.pts.ticks() != 0), "half a frame came out");
}

#[test]
fn interleaved_frames_are_refused() {
    let mut bytes = payload(&[1, 1], &[7, 8]);
    bytes[3] |= 1; // AU-Index of the first frame
    let units = aac(&[packet(0, 0, true, &bytes), packet(1, 2048, true, &payload(&[1], &[9]))]);
    assert_eq!(frames(&units), [(2048, &[9][..])]);
    assert_eq!(units[0].lost, 1);
}

#[test]
fn g711_lasts_as_long_as_it_has_bytes() {
    let packets = [packet(0, 0, false, &[0xff; 160]), packet(1, 160, false, &[0x7f; 160])];
    let units = depacketize(&stream("PCMU", &[("encoding-params", "1")]), &packets);
    assert_eq!(units.len(), 2);
    assert_eq!(units[0].duration.map(|d| d.ticks()), Some(160));
    assert_eq!(units[1].data, [0x7f; 160]);
}

#[test]
fn opus_lasts_as_long_as_it_says() {
    let units = depacketize(&stream("OPUS", &[]), &[packet(0, 0, false, &[0x78, 1, 2])]);
    assert_eq!(units[0].duration.map(|d| d.ticks()), Some(960));
}
