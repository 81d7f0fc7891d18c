//! What real cameras do, by maker.

use super::{IDR, P, P_LATER, PPS, SEI, SPS, at_once, numbered, settled};
use super::{depacketize, nals, packet, prefixed, stream};
use crate::rtp::{Depacketizer, Encoding, MediaKind, parse_sdp};

/// Reolink RLC-822A: SPS with a marker, and parameter sets under the timestamp
/// of the picture before.
#[test]
fn reolink_sends_parameter_sets_under_the_wrong_timestamp() {
    let packets = numbered(&[
        (0, true, SPS),
        (0, false, PPS),
        (1, true, IDR),
        (1, false, SPS),
        (1, false, PPS),
        (2, true, IDR),
        (3, true, P),
    ]);
    for units in [at_once(&packets), depacketize(&stream("H264", &[]), &packets)] {
        assert_eq!(units.len(), 3);
        for (unit, pts) in units.iter().zip([1, 2]) {
            assert_eq!(unit.data, prefixed(&[SPS, PPS, IDR]));
            assert_eq!(unit.pts.ticks(), pts);
            assert!(!unit.damaged);
        }
    }
}

/// LV-IP22IR40DVBL (H264DVR 1.0): SPS, PPS and SEI each with a marker.
#[test]
fn h264dvr_marks_every_parameter_set() {
    let packets =
        numbered(&[(0, true, SPS), (0, true, PPS), (0, true, SEI), (0, true, IDR), (9, true, P)]);
    for units in [at_once(&packets), depacketize(&stream("H264", &[]), &packets)] {
        assert_eq!(nals(&units[0]), [SPS, PPS, SEI, IDR]);
        assert_eq!(nals(&units[1]), [P]);
    }
}

/// Start codes inside of what should be one NAL unit, also as its beginning
/// and across fragments.
#[test]
fn start_codes_inside_of_a_unit_part_it() {
    let annex_b = [SPS, &[0, 0, 0, 1], PPS, &[0, 0, 1], IDR].concat();
    let units = at_once(&numbered(&[(0, true, &annex_b)]));
    assert_eq!(nals(&units[0]), [SPS, PPS, IDR]);

    let leading = [&[0, 0, 0, 1], annex_b.as_slice()].concat();
    let units = at_once(&numbered(&[(0, true, &leading)]));
    assert_eq!(nals(&units[0]), [SPS, PPS, IDR]);

    let mut packets = vec![];
    for (i, chunk) in annex_b[1..].chunks(3).enumerate() {
        let start = if i == 0 { 0x80 } else { 0 };
        let end = if (i + 1) * 3 >= annex_b.len() - 1 { 0x40 } else { 0 };
        packets.push((0, end != 0, [&[0x7c, start | end | 7], chunk].concat()));
    }
    let packets: Vec<_> = packets.iter().map(|p| (p.0, p.1, p.2.as_slice())).collect();
    let units = at_once(&numbered(&packets));
    assert_eq!(nals(&units[0]), [SPS, PPS, IDR]);
    assert!(units[0].parameters_changed);
}

/// A key frame whose parameter sets were lost may need those it had.
#[test]
fn a_key_frame_without_its_usual_parameter_sets_is_damaged_after_loss() {
    let with_sets = [(0, false, SPS), (0, false, PPS), (0, true, IDR), (1, true, P)];
    let mut packets = numbered(&with_sets);
    let mut bare = packet(200, 2, true, IDR);
    bare.lost_before = 2;
    packets.push(bare);
    let units = at_once(&packets);
    assert!(units[2].damaged);
    assert_eq!(units[2].lost, 2);
}

#[test]
fn what_nobody_uses_is_refused_and_counted() {
    let (mut depacketizer, _) = settled();
    let mut units = Vec::new();
    for packet in numbered(&[(0, false, &[0x79, 0, 0]), (0, true, IDR), (1, true, IDR)]) {
        depacketizer.push(&packet, &mut |unit| units.push(unit));
    }
    assert_eq!(depacketizer.discarded().unsupported, 1);
    assert!(units[0].damaged && !units[1].damaged);
    assert_eq!((units[0].lost, units[1].lost), (1, 0));
}

#[test]
fn an_empty_packet_does_not_part_a_picture() {
    let units = at_once(&numbered(&[(0, false, P), (7, false, &[]), (0, true, P_LATER)]));
    assert_eq!(nals(&units[0]), [P, P_LATER]);
    assert!(!units[0].damaged);
}

#[test]
fn a_repeated_packet_is_taken_once() {
    let mut packets = numbered(&[(0, false, P), (0, true, P_LATER)]);
    packets.insert(1, packets[0].clone());
    let units = at_once(&packets);
    assert_eq!(nals(&units[0]), [P, P_LATER]);
}

#[test]
fn a_unit_without_end_is_dropped_at_its_limit() {
    let (mut depacketizer, _) = settled();
    let mut units = Vec::new();
    let body = vec![0x55; 60_000];
    let first = [&[0x7c, 0x85, 0x88], body.as_slice()].concat();
    let next = [&[0x7c, 0x05], body.as_slice()].concat();
    depacketizer.push(&packet(50, 0, false, &first), &mut |unit| units.push(unit));
    for sequence in 51..400 {
        depacketizer.push(&packet(sequence, 0, false, &next), &mut |unit| units.push(unit));
    }
    depacketizer.push(&packet(400, 1, true, IDR), &mut |unit| units.push(unit));
    assert_eq!(depacketizer.discarded().oversized, 1);
    assert_eq!(units.len(), 1);
    assert_eq!(nals(&units[0]), [IDR]);
    assert_eq!(units[0].lost, 350);
}

/// An SDP of another stream than the one that is sent.
#[test]
fn parameter_sets_of_the_stream_win_over_a_wrong_sdp() {
    let sdp = [("sprop-parameter-sets", "Z00AHpWoLQ9puAgICBAAAAAB,aO48gAAAAAE=")];
    let description = stream("H264", &sdp);
    let depacketizer = Depacketizer::new(&description).expect("known");
    assert_eq!(depacketizer.parameters().map(|sets| sets.iter().count()), Some(2));
    let packets = numbered(&[(0, false, SPS), (0, false, PPS), (0, true, IDR), (1, true, P)]);
    let units = depacketize(&description, &packets);
    assert!(units[0].parameters_changed && !units[1].parameters_changed);
    let sets = units[0].parameters.as_ref().expect("video");
    assert_eq!(sets.iter().collect::<Vec<_>>(), [SPS, PPS]);
}

/// VStarcam: base64 of something that is no parameter set.
#[test]
fn nonsense_in_the_sdp_is_passed_over() {
    let sdp = [("sprop-parameter-sets", "6QDwBE/LCAAAH0gAB1TgIAAAAAA=,AAAAAA==,!!")];
    let depacketizer = Depacketizer::new(&stream("H264", &sdp)).expect("known");
    assert_eq!(depacketizer.parameters().map(|sets| sets.iter().count()), Some(0));
}

#[test]
fn sdps_of_many_makers_are_read() {
    // TP-LINK: a field too many in o=, a medium that is no medium.
    let tplink = "v=0\r\no=- 1 2 3 IN IP4 192.0.2.9\r\ns=x\r\nm=video 0 RTP/AVP 96\r\n\
        b=AS:4096\r\na=control:track1\r\na=rtpmap:96 H265/90000\r\n\
        a=fmtp:96 level-id=150;sprop-vps=QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ\r\n\
        m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:track2\r\n\
        m=application/TP-LINK 0 RTP/AVP smart/1/90000\r\na=rtpmap:95 TP-LINK/90000\r\n";
    let streams = parse_sdp(tplink.as_bytes()).expect("two streams");
    assert_eq!(streams.len(), 2);
    assert_eq!((&streams[0].encoding, streams[0].kind), (&Encoding::H265, MediaKind::Video));
    assert_eq!(streams[0].parameter_sets.len(), 1);
    assert_eq!(streams[0].control.as_deref(), Some("track1"));
    assert_eq!((&streams[1].encoding, streams[1].clock_rate), (&Encoding::Pcma, 8000));

    // Ubiquiti: capitals, a trailing semicolon, an fmtp without parameters.
    let ubiquiti = "v=0\nm=audio 0 RTP/AVP 96\na=rtpmap:96 mpeg4-generic/48000/1\n\
        a=fmtp:96 streamtype=5; mode=AAC-hbr; config=1188; SizeLength=13; IndexLength=3; \
        IndexDeltaLength=3;\nm=audio 0 RTP/AVP 96\na=rtpmap:96 opus/48000/2\na=fmtp:96\n";
    let streams = parse_sdp(ubiquiti.as_bytes()).expect("two streams");
    assert_eq!(streams[0].encoding, Encoding::Aac);
    assert_eq!(streams[0].audio_config.as_deref(), Some(&[0x11, 0x88][..]));
    assert_eq!((&streams[1].encoding, streams[1].channels), (&Encoding::Opus, Some(2)));

    // Foscam: G.711 without rtpmap. IPCAM: a blank behind the rtpmap. Latin-1.
    let foscam = b"v=0\r\ns=Kamera f\xfcr T\xfcr\r\nm=video 0 RTP/AVP 96\r\n\
        a=rtpmap:96 H264/90000 \r\nm=audio 0 RTP/AVP 0\r\na=control:track2\r\n";
    let streams = parse_sdp(foscam).expect("two streams");
    assert_eq!((&streams[0].encoding, streams[0].clock_rate), (&Encoding::H264, 90_000));
    assert_eq!((&streams[1].encoding, streams[1].index), (&Encoding::Pcmu, 1));
    assert_eq!(streams[1].channels, Some(1));

    assert!(parse_sdp(b"<html>").is_err());
    let metadata = b"v=0\nm=application 0 RTP/AVP 107\na=rtpmap:107 vnd.onvif.metadata/90000\n";
    let streams = parse_sdp(metadata).expect("one stream");
    assert_eq!(streams[0].kind, MediaKind::Other);
    assert!(Depacketizer::new(&streams[0]).is_err());
}
