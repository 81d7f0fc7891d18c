//! When a picture is given out, and what a marker is believed.

use super::{IDR, P, P_LATER, PPS, SEI, SPS, at_once, numbered, settled};
use super::{depacketize, nals, packet, prefixed, stream};
use crate::rtp::Packet;
use hitless_media::nal::KeyKind;

#[test]
fn a_settled_stream_gives_each_picture_out_at_its_marker() {
    let (_, units) = settled();
    assert_eq!(units.len(), 9);
    let units = at_once(&numbered(&[(0, false, SPS), (0, false, PPS), (0, true, IDR)]));
    assert_eq!(units.len(), 1);
    assert_eq!(units[0].data, prefixed(&[SPS, PPS, IDR]));
    assert_eq!(units[0].key, Some(KeyKind::Idr));
    assert!(units[0].parameters_changed && !units[0].damaged);
    assert_eq!(units[0].arrived.as_ns(), 100);
    assert!(units[0].parameters.as_ref().is_some_and(|sets| sets.is_complete()));
}

/// A camera that begins to mark every slice only after its marker was believed.
#[test]
fn a_marker_that_lies_late_is_found_out() {
    let picture = |ts| [(ts, true, P), (ts, true, P_LATER)];
    let packets: Vec<_> = (0..4).flat_map(picture).collect();
    let units = at_once(&numbered(&packets));
    // The first is cut in two, and the second half says so.
    assert!(!units[0].damaged && units[1].damaged);
    assert_eq!(units[1].pts.ticks(), 0);
    for (unit, pts) in units[2..].iter().zip(1..) {
        assert_eq!(nals(unit), [P, P_LATER]);
        assert_eq!((unit.pts.ticks(), unit.damaged), (pts, false));
    }
}

/// Two pictures under one timestamp stay two.
#[test]
fn a_frozen_camera_clock_does_not_join_pictures() {
    let packets = numbered(&[(0, true, IDR), (0, true, P), (0, false, P), (0, false, P)]);
    let units = at_once(&packets);
    assert_eq!(units.iter().map(|u| nals(u).len()).collect::<Vec<_>>(), [1, 1, 1]);
    assert!(units.iter().all(|unit| !unit.damaged));
}

/// SEI behind the picture, under its timestamp but after its marker, is the
/// next picture's, believed marker or not.
#[test]
fn sei_behind_the_marker_goes_with_the_next_picture() {
    let packets = numbered(&[(0, true, IDR), (0, false, SEI), (1, true, P), (2, true, P)]);
    for units in [at_once(&packets), depacketize(&stream("H264", &[]), &packets)] {
        assert_eq!(nals(&units[0]), [IDR]);
        assert_eq!(nals(&units[1]), [SEI, P]);
        assert_eq!(units[1].pts.ticks(), 1);
    }
}

/// SEI behind the picture and in front of its marker is of that picture.
#[test]
fn sei_in_front_of_the_marker_stays_with_its_picture() {
    let units = at_once(&numbered(&[(0, false, IDR), (0, true, SEI), (1, true, P)]));
    assert_eq!(units.iter().map(nals).collect::<Vec<_>>(), [vec![IDR, SEI], vec![P]]);
}

/// Parameter sets under a timestamp of their own do not make the picture that
/// they are joined to older.
#[test]
fn a_picture_arrives_with_its_own_first_packet() {
    let units =
        at_once(&numbered(&[(0, false, SPS), (0, false, PPS), (1, false, IDR), (1, true, SEI)]));
    assert_eq!(units.len(), 1);
    assert_eq!((units[0].pts.ticks(), units[0].arrived.as_ns()), (1, 102));
}

/// A camera that marks every slice, of which loss takes the later ones: that
/// must not look like a camera that marks every picture.
#[test]
fn loss_does_not_make_a_lying_marker_true() {
    let picture = |ts| [(ts, true, IDR), (ts, true, P_LATER)];
    let mut packets = numbered(&(0..9).flat_map(picture).collect::<Vec<_>>());
    for ts in 0..8 {
        packets.retain(|p| p.timestamp != ts || p.payload[0] == IDR[0]);
    }
    packets[1..9].iter_mut().for_each(|p| p.lost_before = 1);
    let units = depacketize(&stream("H264", &[]), &packets);
    assert!(units[..8].iter().all(|unit| unit.damaged));
    assert_eq!(nals(&units[8]), [IDR, P_LATER]);
}

/// Markers on every packet, pictures of one slice in several fragments.
#[test]
fn a_marker_inside_of_a_fragmented_slice_is_found_out() {
    let parts: [&[u8]; 3] = [&[0x7c, 0x85, 0x88, 1], &[0x7c, 0x05, 2], &[0x7c, 0x45, 3]];
    let packets: Vec<_> = (0..9).flat_map(|ts| parts.map(|part| (ts, true, part))).collect();
    let units = depacketize(&stream("H264", &[]), &numbered(&packets));
    assert_eq!(units.len(), 9);
    assert!(units.iter().all(|unit| nals(unit) == [[0x65, 0x88, 1, 2, 3]]));
    assert!(units[..8].iter().all(|unit| !unit.damaged));
}

/// The parameter sets of a key frame can only be lost right before it.
#[test]
fn a_loss_long_before_does_not_damage_a_key_frame() {
    let with_sets = [(0, false, SPS), (0, false, PPS), (0, true, IDR)];
    let mut packets = numbered(&with_sets);
    // All that is left of a picture, then a key frame without parameter sets.
    packets.push(Packet { lost_before: 1, ..packet(200, 1, true, &[0x7c, 0x45, 3]) });
    packets.push(packet(201, 2, true, IDR));
    let units = at_once(&packets);
    assert_eq!(units.len(), 2);
    assert_eq!((units[1].lost, units[1].damaged), (1, false));
}
