//! Rows made of files alone.

use crate::footage::{self, files};
use hitless_media::sidecar::{Clock, Closed, Opened, Record, Recovered, SampleRange, Writer};
use hitless_media::{segment_from_files, walk};
use hitless_model::{
    ClockPoint, ClockSource, MediaTime, Nanos, RunId, Segment, SegmentName, SegmentState, Utc,
};
use std::path::{Path, PathBuf};

const NAME: &str = "CAMERA_1_20260811T030747.123456Z_blue_000042.mp4";

/// A storage root that holds one of the files under a segment's name.
fn root(test: &str, file: &str) -> (PathBuf, PathBuf) {
    let root = footage::folder(test);
    let name = SegmentName::parse(NAME).expect("valid");
    let path = root.join(name.relative_path());
    std::fs::create_dir_all(path.parent().expect("has one")).expect("writable");
    std::fs::copy(files::named(file), &path).expect("writable");
    (root, path)
}

fn opened() -> Record {
    Record::Opened(Opened {
        run: RunId::new("run-7").expect("valid"),
        strand: 3,
        rtp_start: MediaTime::new(1_000_000),
        timescale: 90_000,
        reorder_depth: Some(1),
        frame: None,
        version: "0.1.0".to_owned(),
    })
}

fn clock(utc: &str, source: ClockSource, media: i64, error_ms: i64) -> Record {
    let point = ClockPoint {
        media: MediaTime::new(media),
        utc: Utc::parse(utc).expect("valid"),
        source,
        error: Nanos::from_millis(error_ms),
    };
    Record::Clock(Clock { point, drift_ppb: 0 })
}

fn write(path: &Path, records: &[Record]) {
    let mut writer = Writer::create(path).expect("new");
    records.iter().for_each(|record| writer.write(record).expect("writable"));
    writer.sync().expect("synced");
}

fn row(root: &Path) -> Segment {
    let name = SegmentName::parse(NAME).expect("valid");
    segment_from_files(root, Path::new(&name.relative_path())).expect("readable")
}

#[test]
fn a_finished_segment_has_everything() {
    let (root, path) = root("row-finished", "recorder-b.mp4");
    let closed = Closed {
        samples: 100,
        size_bytes: path.metadata().expect("there").len(),
        media_end: MediaTime::new(1_360_000),
        at: Utc::parse("2026-08-11T03:07:52Z").expect("valid"),
        cause: None,
    };
    write(
        &path,
        &[
            opened(),
            clock("2026-08-11T03:07:47.123456Z", ClockSource::HostArrival, 1_000_000, 200),
            // Two seconds into the segment the camera says what time it is.
            clock("2026-08-11T03:07:49Z", ClockSource::SenderReport, 1_180_000, 1),
            Record::Damaged(SampleRange { first: 10, count: 3 }),
            Record::Damaged(SampleRange { first: 12, count: 2 }),
            Record::Closed(closed),
        ],
    );
    let row = row(&root);
    assert_eq!(row.name.to_string(), NAME);
    assert_eq!(row.run, Some(RunId::new("run-7").expect("valid")));
    assert_eq!(row.strand, 3);
    assert_eq!(row.state, SegmentState::Complete);
    assert_eq!(row.note, None);
    assert_eq!(row.start.to_string(), "2026-08-11T03:07:47.000000Z");
    assert_eq!(row.duration, Nanos::from_secs(4));
    assert_eq!((row.media_start.ticks(), row.media_length.ticks()), (1_000_000, 360_000));
    assert_eq!(row.clock.map(|clock| clock.point.source), Some(ClockSource::SenderReport));
    let video = row.video.expect("pictures");
    assert_eq!((video.samples, video.damaged), (100, 4));
    assert_eq!(row.size_bytes, path.metadata().expect("there").len());
}

#[test]
fn the_same_files_give_the_same_row() {
    let (root, path) = root("row-again", "recorder.mp4");
    write(&path, &[opened()]);
    assert_eq!(row(&root), row(&root));
    assert_eq!(row(&root), segment_from_files(Path::new("/nowhere"), &path).expect("readable"));
}

#[test]
fn a_killed_segment_is_recovered_as_far_as_it_goes() {
    let (root, path) = root("row-killed", "killed.mp4");
    write(&path, &[opened()]);
    let found = row(&root);
    assert_eq!(found.state, SegmentState::Recovered);
    assert!(found.note.is_some());
    assert!(found.duration >= Nanos::from_secs(2), "{:?}", found.duration);
    let mut writer = Writer::resume(&path).expect("there");
    let record = Recovered {
        by: RunId::new("run-8").expect("valid"),
        at: Utc::from_ns(0),
        note: "found at start-up".to_owned(),
    };
    writer.write(&Record::Recovered(record)).expect("writable");
    let again = row(&root);
    assert!(again.note.as_deref().is_some_and(|note| note.contains("found at start-up")));
    assert_eq!(Segment { note: None, ..again }, Segment { note: None, ..found });
}

/// Killed between two fragments: every box is whole, but nothing joined them.
#[test]
fn a_segment_of_whole_fragments_is_recovered_too() {
    let (root, path) = root("row-fragments", "dash.mp4");
    write(&path, &[opened()]);
    let row = row(&root);
    assert_eq!(row.state, SegmentState::Recovered);
    assert_eq!(row.duration, Nanos::from_secs(4));
    assert!(row.note.is_some_and(|note| note.starts_with("never finished")));
}

#[test]
fn without_a_meta_file_the_name_tells() {
    let (root, _) = root("row-bare", "recorder.mp4");
    let row = row(&root);
    assert_eq!((row.run, row.strand), (None, 0));
    assert_eq!(row.state, SegmentState::Complete);
    assert_eq!(row.start.to_string(), "2026-08-11T03:07:47.123456Z");
    assert_eq!(row.clock.map(|clock| clock.point.source), Some(ClockSource::FileName));
}

#[test]
fn a_file_that_cannot_be_read_is_a_corrupt_row_and_no_error() {
    let (root, path) = root("row-corrupt", "recorder.mp4");
    write(&path, &[opened()]);
    let file = std::fs::OpenOptions::new().write(true).open(&path).expect("writable");
    file.set_len(5000).expect("cut");
    let found = row(&root);
    assert_eq!(found.state, SegmentState::Corrupt);
    assert_eq!(found.note.as_deref(), Some("no moov within 5000 bytes"));
    assert_eq!(found.size_bytes, 5000);
    assert_eq!(found.run, Some(RunId::new("run-7").expect("valid")));
    std::fs::remove_file(&path).expect("there");
    let name = SegmentName::parse(NAME).expect("valid");
    assert!(segment_from_files(&root, Path::new(&name.relative_path())).is_err());
}

#[test]
fn a_walk_finds_segments_in_order_and_reports_the_rest() {
    let root = footage::folder("walk");
    let put = |path: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("has one")).expect("writable");
        std::fs::write(path, b"").expect("writable");
    };
    let names = [
        "a/2026-08-10/a_20260810T235900.000000Z_blue_000001.mp4",
        "a/2026-08-11/a_20260811T000000.000000Z_blue_000002.mp4",
        "a/2026-08-11/a_20260811T000000.000000Z_green_000001.mp4",
        "front-door_2/2026-08-11/front-door_2_20260811T000000.000000Z_blue_000001.mp4",
    ];
    for name in names.iter().rev() {
        put(name);
        put(&name.replace(".mp4", ".meta"));
    }
    put("a/2026-08-11/holiday.mp4");
    put("a/2026-08-11/a_20260811T000000.000000Z_green_000001.mp4.part");
    put(".hitless/blue.sock");
    put("stray.mp4");
    let (found, wrong): (Vec<_>, Vec<_>) = walk(&root).partition(Result::is_ok);
    let found: Vec<String> = found
        .into_iter()
        .flatten()
        .map(|found| found.path.strip_prefix(&root).expect("below").display().to_string())
        .collect();
    assert_eq!(found, names);
    assert_eq!(wrong.len(), 1);
    assert!(wrong[0].as_ref().is_err_and(|e| e.to_string().contains("holiday.mp4")));
    assert_eq!(walk(&root.join("nowhere")).filter(Result::is_err).count(), 1);
}
