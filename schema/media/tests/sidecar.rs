//! The `.meta` file: torn, spoiled, newer than the program, and joined.

use hitless_media::Sidecar;
use hitless_media::sidecar::{
    Clock, ClockStep, Closed, Lost, Opened, Record, Recovered, SampleRange, Writer, path_of,
};
use hitless_model::{Cause, ClockPoint, ClockSource, MediaSpan, MediaTime, Nanos, RunId, Utc};
use proptest::prelude::*;
use std::path::Path;

fn run() -> RunId {
    RunId::new("run-1").expect("valid")
}

fn every_record() -> Vec<Record> {
    let point = |source, error| ClockPoint {
        media: MediaTime::new(90_000),
        utc: Utc::from_ns(1_786_000_000_123_456_789),
        source,
        error: Nanos::new(error),
    };
    vec![
        Record::Opened(Opened {
            run: run(),
            strand: 2,
            rtp_start: MediaTime::new(-5),
            timescale: 90_000,
            reorder_depth: None,
            frame: None,
            version: String::new(),
        }),
        Record::Clock(Clock { point: point(ClockSource::HostArrival, 9), drift_ppb: 0 }),
        Record::Clock(Clock { point: point(ClockSource::SenderReport, 7), drift_ppb: -500_000 }),
        Record::Damaged(SampleRange { first: 3, count: 1 }),
        Record::Lost(Lost { before: 4, packets: 17 }),
        Record::ClockStep(ClockStep { at: Utc::from_ns(5), by: Nanos::from_secs(-86_400) }),
        Record::Closed(Closed {
            samples: 1500,
            size_bytes: 1 << 40,
            media_end: MediaTime::new(5_400_000),
            at: Utc::from_ns(6),
            cause: Some(Cause::CameraAway),
        }),
        Record::Recovered(Recovered { by: run(), at: Utc::from_ns(7), note: "line\nbreak".into() }),
    ]
}

fn text(records: &[Record]) -> Vec<u8> {
    let line = |record| serde_json::to_string(record).expect("serialisable") + "\n";
    records.iter().map(line).collect::<String>().into_bytes()
}

#[test]
fn what_was_usual_before_a_file_is_told() {
    let (mut records, usual) = (every_record(), Some(MediaSpan::new(3_600)));
    if let Some(Record::Opened(opened)) = records.first_mut() {
        opened.frame = usual;
    }
    let read = Sidecar::parse(&text(&records));
    assert_eq!(read.opened.and_then(|opened| opened.frame), usual);
}

/// Files outlive programs: these bytes must be read for ever.
#[test]
fn the_first_version_is_still_read() {
    let old = concat!(
        r#"{"kind":"opened","run":"run-1","strand":2,"rtp_start":-5,"timescale":90000}"#,
        "\n",
        r#"{"kind":"clock","media":90000,"utc":1786000000123456789,"source":"host_arrival","error":9}"#,
        "\n",
        r#"{"kind":"clock","media":90000,"utc":1786000000123456789,"source":"sender_report","error":7,"drift_ppb":-500000}"#,
        "\n",
        r#"{"kind":"damaged","first":3,"count":1}"#,
        "\n",
        r#"{"kind":"lost","before":4,"packets":17}"#,
        "\n",
        r#"{"kind":"clock_step","at":5,"by":-86400000000000}"#,
        "\n",
        r#"{"kind":"closed","samples":1500,"size_bytes":1099511627776,"media_end":5400000,"at":6,"cause":"camera_away"}"#,
        "\n",
        r#"{"kind":"recovered","by":"run-1","at":7,"note":"line\nbreak"}"#,
        "\n",
    );
    assert_eq!(String::from_utf8(text(&every_record())).expect("UTF-8"), old);
    let read = Sidecar::parse(old.as_bytes());
    assert_eq!((read.spoiled, read.torn), (0, false));
    assert_eq!(read.opened.as_ref().map(|opened| opened.strand), Some(2));
    assert_eq!(read.closed.and_then(|closed| closed.cause), Some(Cause::CameraAway));
    let map = read.clock_map().expect("two points");
    assert_eq!((map.point.source, map.drift_ppb), (ClockSource::SenderReport, -500_000));
}

#[test]
fn what_a_newer_program_wrote_is_skipped() {
    let newer = concat!(
        r#"{"kind":"opened","run":"run-1","strand":2,"rtp_start":0,"timescale":90000,"mood":"fine"}"#,
        "\n",
        r#"{"kind":"weather","degrees":21}"#,
        "\n",
        r#"{"kind":"damaged","first":1,"count":1,"why":"rain"}"#,
        "\n",
    );
    let read = Sidecar::parse(newer.as_bytes());
    assert_eq!((read.spoiled, read.damaged.len()), (0, 1));
    assert!(read.opened.is_some());
}

#[test]
fn a_spoiled_line_costs_itself_alone() {
    let mut bytes = text(&every_record());
    let second = bytes.iter().position(|byte| *byte == b'\n').expect("lines") + 1;
    bytes[second] = 0;
    let read = Sidecar::parse(&bytes);
    assert_eq!((read.spoiled, read.clocks.len()), (1, 1));
    assert!(read.closed.is_some());
}

#[test]
fn of_equal_clocks_the_last_one_is_taken() {
    let clock = |utc, source, error| {
        let point = ClockPoint {
            media: MediaTime::new(0),
            utc: Utc::from_ns(utc),
            source,
            error: Nanos::new(error),
        };
        Record::Clock(Clock { point, drift_ppb: 0 })
    };
    let best = |clocks: &[Record]| {
        let records = [&every_record()[..1], clocks].concat();
        Sidecar::parse(&text(&records)).clock_map().map(|map| map.point.utc.as_ns())
    };
    let (host, report) = (ClockSource::HostArrival, ClockSource::SenderReport);
    assert_eq!(best(&[]), None);
    assert_eq!(best(&[clock(1, host, 5)]), Some(1));
    assert_eq!(best(&[clock(1, report, 9), clock(2, host, 1)]), Some(1));
    assert_eq!(best(&[clock(1, report, 9), clock(2, report, 9)]), Some(2));
    assert_eq!(best(&[clock(1, report, 8), clock(2, report, 9)]), Some(1));
}

#[test]
fn a_writer_makes_no_file_twice_and_ends_a_torn_line() {
    let folder = tempfile::tempdir().expect("writable");
    let segment = folder.path().join("x.mp4");
    assert_eq!(Sidecar::read(&segment).expect("no error"), None);
    let mut writer = Writer::create(&segment).expect("new");
    assert!(Writer::create(&segment).is_err());
    writer.write(&every_record()[0]).expect("writable");
    drop(writer);
    let path = path_of(&segment);
    assert_eq!(path, Path::new(&segment).with_extension("meta"));
    let mut bytes = std::fs::read(&path).expect("there");
    bytes.extend(br#"{"kind":"clo"#);
    std::fs::write(&path, bytes).expect("writable");
    let torn = Sidecar::read(&segment).expect("readable").expect("there");
    assert!(torn.torn && torn.opened.is_some());
    let mut writer = Writer::resume(&segment).expect("there");
    writer.write(&every_record()[7]).expect("writable");
    writer.sync().expect("synced");
    let whole = Sidecar::read(&segment).expect("readable").expect("there");
    assert_eq!((whole.torn, whole.spoiled), (false, 1));
    assert!(whole.recovered.is_some() && whole.opened.is_some());
}

proptest! {
    /// A kill at any byte: every line before it counts, none is invented.
    #[test]
    fn a_cut_leaves_the_lines_before_it(at in any::<prop::sample::Index>()) {
        let records = every_record();
        let bytes = text(&records);
        let at = at.index(bytes.len() + 1);
        let whole = bytes[..at].iter().filter(|byte| **byte == b'\n').count();
        let read = Sidecar::parse(&bytes[..at]);
        let mut expected = Sidecar::parse(&text(&records[..whole]));
        expected.torn = at > 0 && bytes[at - 1] != b'\n';
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let read = Sidecar::parse(&bytes);
        let _ = (read.clock_map(), read.damaged_of(9), read.is_damaged(9));
    }

    #[test]
    fn damage_is_counted_as_a_set_would(
        ranges in prop::collection::vec((0_u64..60, 0_u64..8), 0..20), samples in 0_u64..70,
    ) {
        let records: Vec<Record> = ranges
            .iter()
            .map(|(first, count)| Record::Damaged(SampleRange { first: *first, count: *count }))
            .collect();
        let read = Sidecar::parse(&text(&records));
        let set: std::collections::BTreeSet<u64> =
            ranges.iter().flat_map(|(first, count)| *first..first + count).collect();
        prop_assert_eq!(read.damaged_of(samples), set.range(..samples).count() as u64);
        for sample in 0..70 {
            prop_assert_eq!(read.is_damaged(sample), set.contains(&sample));
        }
    }
}
