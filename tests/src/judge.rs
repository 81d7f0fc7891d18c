//! Verdicts that several tests ask for, with a sentence for what is wrong.

use crate::probe::{Probe, probe_all};
use crate::{SegmentFile, Site, boxes};
use hitless_fixtures::camera::TruthUnit;
use hitless_fixtures::count::RecordedUnit;
use hitless_model::{Segment, SegmentState};
use std::collections::HashMap;
use std::path::PathBuf;

/// Durations in the database and as ffprobe adds them up may differ by this
/// much: ffprobe prints microseconds.
const ROUNDING_SECONDS: f64 = 0.000_1;

/// One segment with what is known of it.
#[derive(Debug)]
pub struct Judged {
    /// The file.
    pub file: SegmentFile,
    /// Its row.
    pub row: Segment,
    /// What ffprobe found in it.
    pub probe: Probe,
}

/// Every segment of a camera by one instance is an ordinary file that ffprobe
/// reads and that begins with a key frame, and there is a row for each that
/// agrees with it, and no other row.
#[track_caller]
pub fn finished_segments(site: &Site, camera: &str, instance: &str) -> Vec<Judged> {
    let (judged, corrupt) = indexed_segments(site, camera, instance);
    assert!(corrupt.is_empty(), "{corrupt:?}");
    for Judged { file, row, .. } in &judged {
        assert_eq!(row.state, SegmentState::Complete, "{}: {:?}", row.name, row.note);
        boxes::assert_progressive(&file.path);
    }
    judged
}

/// As [`finished_segments`], where a recorder was killed: segments may have
/// been recovered, and those that hold nothing to be played are corrupt, with
/// a reason. These come second.
#[track_caller]
pub fn indexed_segments(site: &Site, camera: &str, instance: &str) -> (Vec<Judged>, Vec<Segment>) {
    let files = site.segments(camera, instance);
    let rows = site.rows(camera, instance);
    let of_files: Vec<String> = files.iter().map(|f| f.name.to_string()).collect();
    let of_rows: Vec<String> = rows.iter().map(|r| r.name.to_string()).collect();
    assert_eq!(of_rows, of_files, "rows and files of {camera} by {instance}");
    let (mut readable, mut corrupt) = (Vec::new(), Vec::new());
    for (file, row) in files.into_iter().zip(rows) {
        match row.state {
            SegmentState::Complete | SegmentState::Recovered => readable.push((file, row)),
            SegmentState::Corrupt => {
                assert!(row.note.is_some(), "{}: corrupt without a reason", row.name);
                assert!(!boxes::outermost(&file.path).contains(&"moov".into()), "{}", row.name);
                corrupt.push(row);
            }
            state => panic!("{} is {state}", row.name),
        }
    }
    let paths: Vec<PathBuf> = readable.iter().map(|(file, _)| file.path.clone()).collect();
    let found = probe_all(&paths).unwrap_or_else(|said| panic!("ffprobe complains: {said}"));
    let judged = readable.into_iter().zip(found);
    (judged.map(|((file, row), found)| judge(file, row, found)).collect(), corrupt)
}

#[track_caller]
fn judge(file: SegmentFile, row: Segment, found: Probe) -> Judged {
    let name = &row.name;
    let video = row.video.as_ref().unwrap_or_else(|| panic!("{name}: no video in the row"));
    assert_eq!(video.samples, found.video.len() as u64, "{name}: samples");
    let keys = found.video.iter().filter(|p| p.key).count() as u64;
    assert_eq!(video.key_frames, keys, "{name}: key frames");
    assert!(found.video.first().is_some_and(|p| p.key), "{name}: begins with no key frame");
    let bytes: u64 = found.video.iter().map(|p| p.size).sum();
    assert_eq!(video.bytes, bytes, "{name}: bytes of video");
    assert_eq!((u64::from(video.width), u64::from(video.height)), found.size, "{name}: size");
    assert_eq!(row.size_bytes, file.size(), "{name}: bytes on disk");
    let (said, is) = (row.duration.as_secs_f64(), found.video_seconds());
    assert!((said - is).abs() < ROUNDING_SECONDS, "{name}: the row says {said} s, it has {is} s");
    assert_eq!(row.audio.is_some(), found.audio_codec.is_some(), "{name}: sound");
    Judged { file, row, probe: found }
}

/// Every unit is what the camera sent under its number, slice by slice.
#[track_caller]
pub fn units_are_true(units: &[RecordedUnit], truth: &[TruthUnit]) {
    let sent: HashMap<u64, &TruthUnit> = truth.iter().map(|unit| (unit.number, unit)).collect();
    for unit in units.iter().filter(|unit| unit.slices > 0) {
        let mark = unit.mark.expect("a unit without its SEI");
        let sent = sent.get(&mark.number).unwrap_or_else(|| panic!("{} never sent", mark.number));
        assert_eq!(format!("{:016x}", unit.hash), sent.hash, "slices of {}", mark.number);
        assert_eq!(unit.key, sent.key, "{} is a key frame", mark.number);
    }
}
