//! Fragments as they should not be, and cameras that send them all the same.

use super::{P, at_once, depacketize, nals, numbered, run, settled, stream};
use crate::rtp::Packet;

/// A fragmented unit whose last fragment lacks the end bit: the marker says it.
#[test]
fn a_forgotten_end_bit_is_made_up_by_the_marker() {
    let packets = numbered(&[(0, false, &[0x7c, 0x85, 0x88, 1]), (0, true, &[0x7c, 0x05, 2, 3])]);
    let units = at_once(&packets);
    assert_eq!(nals(&units[0]), [[0x65, 0x88, 1, 2, 3]]);
    assert!(!units[0].damaged);
    // Without a marker either, nobody knows.
    let packets = numbered(&[(0, false, &[0x7c, 0x85, 0x88, 1]), (1, true, P)]);
    let units = at_once(&packets);
    assert_eq!(nals(&units[0]), [[0x65, 0x88, 1]]);
    assert!(units[0].damaged && !units[1].damaged);
}

/// One fragment that is start and end, headers that differ between fragments,
/// a first fragment without a body.
#[test]
fn odd_fragments_are_taken() {
    let units = at_once(&numbered(&[(0, true, &[0x7c, 0xc5, 0x88, 1])]));
    assert_eq!(nals(&units[0]), [[0x65, 0x88, 1]]);
    let packets = numbered(&[(0, false, &[0x7c, 0x85, 0x88]), (0, true, &[0x5c, 0x41, 9])]);
    assert_eq!(nals(&at_once(&packets)[0]), [[0x65, 0x88, 9]]);
    let packets = numbered(&[(0, false, &[0x7c, 0x85]), (0, true, &[0x7c, 0x45, 0x88, 9])]);
    let units = at_once(&packets);
    assert_eq!(nals(&units[0]), [[0x65, 0x88, 9]]);
    assert!(!units[0].damaged);
}

/// A first fragment without a body, and the fragment after it lost.
#[test]
fn a_header_alone_does_not_survive_loss() {
    let mut packets = numbered(&[
        (0, false, P),
        (0, false, &[0x7c, 0x85]),
        (0, false, &[0x7c, 0x05, 0x48]),
        (0, true, &[0x7c, 0x45, 9]),
    ]);
    packets.remove(2);
    packets[2] = Packet { lost_before: 1, ..packets[2].clone() };
    let units = at_once(&packets);
    assert_eq!(nals(&units[0]), [P]);
    assert!(units[0].damaged);
}

/// A fragment of a slice that never began, and no packet is missing.
#[test]
fn a_fragment_without_beginning_damages_its_picture() {
    let units = at_once(&numbered(&[(0, false, P), (0, true, &[0x7c, 0x45, 9])]));
    assert_eq!(nals(&units[0]), [P]);
    assert!(units[0].damaged);
}

/// Before the marker is believed the next picture shows that only the end bit
/// was forgotten.
#[test]
fn a_forgotten_end_bit_damages_nothing_where_a_marker_stands() {
    let packets =
        [(0, false, &[0x7c, 0x85, 0x88, 1][..]), (0, true, &[0x7c, 0x05, 2]), (1, true, P)];
    let units = depacketize(&stream("H264", &[]), &numbered(&packets));
    assert_eq!(nals(&units[0]), [[0x65, 0x88, 1, 2]]);
    assert!(!units[0].damaged);
    let without = [(0, false, &[0x7c, 0x85, 0x88, 1][..]), (1, true, P)];
    let units = depacketize(&stream("H264", &[]), &numbered(&without));
    assert!(units[0].damaged, "nobody knows how much more there was");
}

#[test]
fn a_fragmented_slice_without_a_body_is_as_good_as_lost() {
    let packets = [(0, false, &[0x7c, 0x85][..]), (0, true, &[0x7c, 0x45]), (1, true, P)];
    let units = at_once(&numbered(&packets));
    assert_eq!(units.len(), 1);
    assert_eq!((nals(&units[0]), units[0].lost), (vec![P.to_vec()], 1));
}

#[test]
fn what_is_thrown_away_is_counted() {
    let (mut depacketizer, _) = settled();
    run(&mut depacketizer, &[]);
    assert_eq!(depacketizer.discarded(), Default::default(), "an end without anything");
    // Never ended, and nothing marks it.
    let packets = [(0, false, &[0x7c, 0x85, 0x88, 1][..]), (1, true, P)];
    run(&mut depacketizer, &numbered(&packets));
    assert_eq!(depacketizer.discarded().malformed, 1);
}
