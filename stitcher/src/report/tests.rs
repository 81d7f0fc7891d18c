//! A day with everything in it, in each format.

mod page;
mod schema;

use super::days::spells;
use super::model::{Report, Stored};
use super::{CameraDay, Measuring, csv, html, json, prometheus, text};
use hitless_model::{
    Alignment, AudioCut, CameraId, Cause, InstanceId, MediaSpan, Nanos, Run, RunId, Seam, SeamKind,
    SegmentName, SegmentNumber, SegmentState, TimeRange, Utc,
};
use hitless_schema::timeline::{
    AlignmentRow, Entry, FindingRow, GapRow, Repaired, Span, Strand, What,
};
use std::io::Write;
use std::process::{Command, Stdio};

fn at(seconds: i64) -> Utc {
    Utc::parse("2026-08-11T23:00:00Z").expect("valid").plus(Nanos::from_secs(seconds))
}

fn camera() -> CameraId {
    CameraId::new("CAM_1").expect("valid")
}

fn span(from: i64, to: i64, instance: &str, seam: SeamKind) -> Entry {
    let segment = SegmentName {
        camera: camera(),
        start: at(from),
        instance: InstanceId::new(instance).expect("valid"),
        number: SegmentNumber::new(from.unsigned_abs()),
    };
    let seam = Seam { kind: seam, error: Nanos::ZERO, doubled: Nanos::ZERO };
    let what = What::Span(Span {
        segment,
        run: None,
        first_sample: 0,
        samples: 10,
        damaged: 1,
        seam,
        audio: AudioCut::None,
    });
    Entry { start: at(from), end: at(to), what }
}

fn entry(from: i64, to: i64, what: What) -> Entry {
    Entry { start: at(from), end: at(to), what }
}

/// An hour before midnight and an hour after.
fn entries() -> Vec<Entry> {
    vec![
        span(0, 1000, "blue", SeamKind::Start),
        entry(1000, 1060, What::Gap(Cause::CameraAway)),
        span(1060, 2000, "blue", SeamKind::Gap),
        span(2000, 5000, "green", SeamKind::Exact),
        entry(5000, 5001, What::Hole(Cause::PacketsLost)),
        span(5001, 6000, "green", SeamKind::SameStrand),
        entry(6000, 6400, What::Gap(Cause::Disabled)),
        entry(6400, 6500, What::Pending),
    ]
}

fn stored() -> Stored {
    let strand = |instance: &str| Strand {
        instance: InstanceId::new(instance).expect("valid"),
        run: RunId::new(format!("run-of-{instance}")).ok(),
        number: 0,
    };
    let offset = MediaSpan::new(0);
    let how = Alignment::Exact { offset, matched: 5, compared: 5, step: None };
    Stored {
        gaps: vec![
            GapRow {
                camera: camera(),
                range: TimeRange { from: at(1000), to: at(1060) },
                cause: Cause::CameraAway,
                noticed: at(1100),
                repaired: None,
            },
            GapRow {
                camera: camera(),
                range: TimeRange { from: at(1500), to: at(1600) },
                cause: Cause::RecorderDown,
                noticed: at(1700),
                repaired: Some(Repaired { at: at(1800), by: Vec::new() }),
            },
        ],
        alignments: vec![
            AlignmentRow {
                early: strand("blue"),
                late: strand("green"),
                from: at(1900),
                to: at(2100),
                how,
                drift_ppb: Some(12_500),
            },
            // one ends where the other begins
            AlignmentRow {
                early: strand("green"),
                late: strand("red"),
                from: at(2500),
                to: at(2500).plus(Nanos::new(1)),
                how,
                drift_ppb: None,
            },
        ],
        findings: vec![FindingRow {
            at: at(2000),
            kind: "clock_set_back".to_owned(),
            detail: "a <clock> was set back".to_owned(),
        }],
        unplayable: vec![(at(1000), SegmentState::Corrupt), (at(5000), SegmentState::Missing)],
    }
}

/// Green took over from blue; red came up by itself.
fn runs() -> Vec<Run> {
    let run = |instance: &str, started: i64| Run {
        run: RunId::new(format!("run-of-{instance}")).expect("valid"),
        instance: InstanceId::new(instance).expect("valid"),
        host: "here".to_owned(),
        pid: 1,
        version: "1".to_owned(),
        started: at(started),
        ready: None,
        draining: None,
        heartbeat: at(7000),
        stopped: None,
    };
    vec![run("blue", -5), run("green", 1890), run("red", 2500)]
}

/// Days that are gone through so many at a time.
fn measured(range: TimeRange, at_once: usize, entries: &[Entry]) -> Vec<CameraDay> {
    let camera = camera();
    let mut measuring = Measuring::new(&camera);
    for days in spells(range, at_once) {
        let touches = |entry: &&Entry| entry.start < days.to && entry.end > days.from;
        measuring.take(days, &entries.iter().filter(touches).cloned().collect::<Vec<_>>());
    }
    measuring.finish(&stored(), &runs())
}

/// However many days are in memory at once, and though the first ones are
/// before the timeline and the last ones after it.
#[test]
fn days_that_are_measured_apart_are_those_measured_together() {
    let mut entries = entries();
    let long = entry(6500, 3 * 86_400, What::Gap(Cause::RecorderDown));
    entries.extend([long, span(3 * 86_400, 3 * 86_400 + 50, "blue", SeamKind::Gap)]);
    for (days, touched) in [(1, 2), (2, 3), (9, 4)] {
        let range = TimeRange { from: at(-3 * 86_400), to: at(days * 86_400 - 100) };
        let together = measured(range, 30, &entries);
        assert_eq!(together.len(), touched);
        for at_once in 1..4 {
            assert_eq!(measured(range, at_once, &entries), together, "{at_once} at once");
        }
    }
}

fn report() -> Report {
    let range = TimeRange { from: at(-86_400), to: at(86_400) };
    let days = measured(range, 30, &entries());
    Report { range, made: at(9000), days, runs: runs() }
}

/// Who was started, whether another one recorded beside it, and how fast clocks
/// went apart, is in every format.
#[test]
fn restarts_and_drift_are_told() {
    let report = report();
    let (text, page, table) = (text(&report), html(&report), csv(&report));
    for said in [
        "green at 23:31:30.000 (200.000 s beside another)",
        "red at 23:41:40.000 (alone)",
        "clock of green against blue: drift +12.500 ppm",
        "200.000 s recorded twice (5.6 %)",
    ] {
        assert!(text.contains(said), "{text}");
        assert!(page.contains(said), "{page}");
    }
    assert!(table.contains(",0.056497,green/blue=+12.500,2\n"), "{table}");
    let drift = "hitless_timeline_drift_ratio{camera=\"CAM_1\",instance=\"green\",against=\"blue\"} 0.0000125\n";
    assert!(prometheus(&report).contains(drift), "{}", prometheus(&report));
    let day = &json(&report)["days"][0];
    assert_eq!(day["drifts"][0]["ppm"], 12.5);
    assert_eq!(day["overlaps"][0]["matched"], 5);
    assert_eq!(day["starts"][1]["overlap_seconds"], 200.0);
}

#[test]
fn a_day_is_measured_to_the_nanosecond() {
    let report = report();
    let [first, second] = report.days.as_slice() else { panic!("{:#?}", report.days) };
    assert_eq!((first.day(), second.day()), ("2026-08-11".into(), "2026-08-12".into()));
    assert_eq!(first.covered, Nanos::from_secs(3540));
    assert_eq!(first.expected, Nanos::from_secs(3600));
    assert_eq!(first.missing, Nanos::from_secs(60));
    assert_eq!(second.covered, Nanos::from_secs(1400 + 999));
    assert_eq!(second.expected, Nanos::from_secs(2400));
    assert_eq!((second.holes, second.disabled), (1, Nanos::from_secs(400)));
    assert_eq!(second.pending, Nanos::from_secs(100));
    assert_eq!(
        first.shares.values().copied().collect::<Vec<_>>(),
        [Nanos::from_secs(1940), Nanos::from_secs(1600)]
    );
    assert_eq!(first.overlapped, Nanos::from_secs(200));
    assert_eq!((first.gaps.len(), first.open_gaps().count()), (2, 1));
    assert_eq!(first.gaps[0].noticed, Some(at(1100)));
    assert_eq!((first.corrupt, second.lost), (1, 1));
    assert_eq!(second.open_gaps().count(), 0, "switched off is no gap");
    assert_eq!(report.longest_gap(), Nanos::from_secs(60));
    // the span over midnight has its seam on the first day
    assert_eq!(first.seams.get(&SeamKind::Exact), Some(&1));
    assert_eq!(second.seams.get(&SeamKind::Exact), None);
}

#[test]
fn coverage_is_never_rounded_up_to_all() {
    assert_eq!(super::text::percent(Some(1.0)), "100 %");
    assert_eq!(super::text::percent(Some(0.999_999_9)), "99.999 %");
    assert_eq!(super::text::percent(None), "-");
}

#[test]
fn promtool_accepts_the_metrics() {
    let metrics = prometheus(&report());
    assert!(metrics.contains("hitless_timeline_gaps{camera=\"CAM_1\"} 1\n"), "{metrics}");
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool (Debian: prometheus)");
    let mut input = promtool.stdin.take().expect("a pipe");
    input.write_all(metrics.as_bytes()).expect("takes it");
    drop(input);
    let output = promtool.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}{metrics}");
}

#[test]
fn the_table_has_as_many_fields_as_columns() {
    let table = csv(&report());
    let counts: Vec<usize> = table.lines().map(|line| line.split(',').count()).collect();
    assert_eq!(counts.len(), 3);
    assert!(counts.iter().all(|count| *count == counts[0]), "{table}");
}

#[test]
fn a_gap_is_told_and_can_be_seen() {
    let text = text(&report());
    assert!(text.contains("GAP 2026-08-11T23:16:40.000000Z 60.000 s: camera_away"), "{text}");
    assert!(text.contains("repaired at 2026-08-11T23:30:00.000000Z by nobody knows"), "{text}");
    let mut report = report();
    let page = html(&report);
    let segments = ["a.mp4", "b.mp4", "c.mp4", "d.mp4"].map(str::to_owned);
    report.days[0].gaps[1].repaired_by = segments.to_vec();
    let said = "by a.mp4 to d.mp4 (2 segments between)";
    assert!(super::text(&report).contains(said) && html(&report).contains(said));
    assert!(page.contains("class=\"gap\" x=\"1396.67\" width=\"3.00\""), "{page}");
    assert!(page.contains("a &lt;clock&gt; was set back"), "sentences are escaped");
    for outside in ["http://", "https://", "<script", "<link", "@import"] {
        assert!(!page.contains(outside), "the page loads {outside}");
    }
}
