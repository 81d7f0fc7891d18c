//! A clip is footage like any other: indexed and stitched again it gives the
//! timeline that it was taken from.

use crate::files::write;
use crate::footage::{Shape, run, twice};
use crate::spans::{pictures_in, piece};
use crate::verified::{FROM, Site, TO};
use hitless_media::sidecar::{self, Clock, Opened, Record};
use hitless_model::{ClockPoint, ClockSource, MediaTime, Nanos, RunId, SegmentName};
use hitless_stitcher::virtual_mp4::{Cut, Follows};
use serde_json::Value;
use std::path::{Path, PathBuf};

const START: &str = "20260811T030747.000000Z";
/// Media time of the first picture, for each recorder its own.
const BLUE: i64 = 1 << 33;
const GREEN: i64 = 77;

/// Instants in microseconds of a day, of footage and of gaps, neighbours of a
/// kind as one.
fn stretches(site: &Site, status: i32) -> Vec<(String, i64, i64)> {
    let ask = ["timeline", "--camera", "CAM_1", "--from", FROM, "--to", TO, "--json"];
    let timeline: Value = serde_json::from_str(&site.stitcher(&ask, &[status])).expect("JSON");
    let mut found: Vec<(String, i64, i64)> = Vec::new();
    for entry in timeline["entries"].as_array().expect("entries") {
        let text = |key: &str| entry[key].as_str().expect("a text").to_owned();
        let us =
            |key: &str| hitless_model::Utc::parse(&text(key)).expect("an instant").as_ns() / 1000;
        let (kind, from, to) = (text("kind"), us("start"), us("end"));
        match found.last_mut() {
            Some(last) if last.0 == kind => last.2 = to,
            _ => found.push((kind, from, to)),
        }
    }
    found
}

/// Coded pictures of files, one after the other, as a truth for `verify`.
fn truth(site: &Site, files: &[PathBuf]) -> String {
    let lines = files.iter().map(|file| {
        let from = file.to_str().expect("UTF-8");
        let line = ["-v", "error", "-i", from, "-map", "0:v", "-c", "copy", "-f", "framemd5", "-"];
        String::from_utf8(run("ffmpeg", &line)).expect("text")
    });
    let path = site.folder.join("truth");
    std::fs::write(&path, lines.collect::<String>()).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

/// A recording as a segment in ticks of 90 kHz, as recorders write it, with what
/// they write beside it.
fn record(site: &Site, name: &str, from: &Path, media: i64) {
    let piece = piece(from, 0..pictures_in(from), 0, Follows::Joined);
    let cut = Cut { from: piece.start, to: piece.end };
    let segment = site.folder.join("segment.mp4");
    write(&[piece], &cut, &segment);
    site.put(name, &segment);
    let name = SegmentName::parse(&format!("{name}.mp4")).expect("a name");
    let path = site.folder.join("rec").join(name.relative_path());
    let mut beside = sidecar::Writer::create(&path).expect("new");
    let media = MediaTime::new(media);
    let opened = Opened {
        run: RunId::new(format!("run-of-{}", name.instance)).expect("an id"),
        strand: 0,
        rtp_start: media,
        timescale: 90_000,
        frame: None,
        reorder_depth: None,
        version: String::new(),
    };
    let (source, error) = (ClockSource::SenderReport, Nanos::from_millis(50));
    let point = ClockPoint { media, utc: name.start, source, error };
    beside.write(&Record::Opened(opened)).expect("written");
    beside.write(&Record::Clock(Clock { point, drift_ppb: 0 })).expect("written");
}

/// Two recorders, of which the one ends after three seconds; then one that did
/// not record in the middle.
#[test]
fn a_clip_of_a_timeline_gives_that_timeline_again() {
    for (shape, missing) in
        [(Shape::Aac, 3..5), (Shape::ReorderedAac, 1..4), (Shape::H265Opus, 2..4)]
    {
        let twice = twice(shape);
        let (original, beside) = (Site::new(&format!("round-trip-{shape:?}")), missing.end == 5);
        for (number, part) in twice.parts.iter().enumerate().take(5) {
            if !missing.contains(&number) {
                let name =
                    format!("CAM_1_20260811T0307{:02}.000000Z_blue_{number:06}", 47 + number);
                record(&original, &name, part, BLUE + 90_000 * number as i64);
            }
        }
        if beside {
            record(&original, &format!("CAM_1_{START}_green_000000"), &twice.whole, GREEN);
        }
        original.stitch();
        let status = i32::from(!beside);
        let range = ["--from", FROM, "--to", TO];
        let export = [&["export", "--camera", "CAM_1", "-o", "clip.mp4"], &range[..]].concat();
        original.stitcher(&export, &[status]);

        let again = Site::new(&format!("round-trip-{shape:?}-again"));
        let clip = original.folder.join("clip.mp4");
        record(&again, &format!("CAM_1_{START}_copy_000000"), &clip, 5);
        again.stitch();
        let (was, is) = (stretches(&original, status), stretches(&again, status));
        assert_eq!(was.len(), if beside { 1 } else { 3 }, "{was:?}");
        assert_eq!(was.len(), is.len(), "{shape:?}: {was:?} {is:?}");
        for ((kind, from, to), (kind_again, from_again, to_again)) in was.iter().zip(&is) {
            assert_eq!(kind, kind_again);
            let off = (from - from_again).abs().max((to - to_again).abs());
            assert!(off <= 1000, "{shape:?}: {kind} is off by {off} us: {was:?} {is:?}");
        }
        // The same pictures, each once, in order.
        let played = twice.parts.iter().enumerate().take(5);
        let played = played.filter(|(number, _)| beside || !missing.contains(number));
        let played: Vec<PathBuf> = played.map(|(_, part)| part.clone()).collect();
        let truth = truth(&again, &played);
        for site in [&original, &again] {
            let verify = ["verify", "--camera", "CAM_1", "--truth", &truth, "--json"];
            let proof = site.stitcher(&[&verify[..], &range[..]].concat(), &[status]);
            let proof: Value = serde_json::from_str(&proof).expect("JSON");
            assert_eq!(proof["problems"], serde_json::json!([]), "{shape:?}");
            assert_eq!(proof["truth"]["equal"], 25 * played.len(), "{shape:?}: {proof}");
            assert_eq!(proof["gaps"], status, "{shape:?}: {proof}");
        }
        let proof =
            original.stitcher(&[&["verify", "--camera", "CAM_1"], &range[..]].concat(), &[status]);
        assert_eq!(proof.contains("1 exact seam, 1 proven"), beside, "{proof}");
    }
}
