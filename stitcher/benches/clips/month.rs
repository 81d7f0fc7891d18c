//! A database of many cameras over many days, to be reported on.
//!
//! Each camera was recorded by two instances in turn, with a handover a day at
//! an exact seam, and a gap now and then.

use hitless_model::{
    Alignment, AudioCut, CameraId, Cause, InstanceId, MediaSpan, Nanos, RunId, Seam, SeamKind,
    SegmentName, SegmentNumber, Utc,
};
use hitless_schema::Store;
use hitless_schema::read::ChangeSeq;
use hitless_schema::stitch::{Applied, Window};
use hitless_schema::timeline::{AlignmentRow, Entry, Span, Strand, What};

const A_DAY: i64 = 24 * 60;
/// Minutes between gaps: about two a week.
const BETWEEN_GAPS: i64 = 5_000;

/// Fills the timelines of so many cameras and days, 60 s a span.
pub async fn fill(store: &Store, cameras: i64, days: i64) {
    let holder = RunId::new("bench").expect("valid");
    for number in 0..cameras {
        let camera = CameraId::new(format!("CAMERA_{number}")).expect("valid");
        let mine = std::slice::from_ref(&camera);
        let held = store.claim_cameras(&holder, mine, minute(0), Nanos::from_secs(600)).await;
        assert_eq!(held.expect("claimed").len(), 1);
        let window = window(camera, number, days);
        let done = store.apply_windows(&[window]).await.expect("written");
        assert!(matches!(done[..], [Applied::Written { .. }]), "{done:?}");
    }
    store.release_all(&holder).await.expect("released");
}

fn minute(number: i64) -> Utc {
    let begin = Utc::parse("2026-08-01T00:00:00Z").expect("valid");
    begin.plus(Nanos::from_secs(number * 60))
}

fn window(camera: CameraId, seed: i64, days: i64) -> Window {
    let minutes = days * A_DAY;
    let entries = (0..minutes).map(|number| entry(&camera, seed, number)).collect();
    let alignments = (1..days).map(alignment).collect();
    Window {
        generation: 0,
        from: None,
        to: None,
        entries,
        judged: Vec::new(),
        unjudged: None,
        alignments,
        findings: Vec::new(),
        carries: Vec::new(),
        planned_seq: Some(ChangeSeq::new(i64::MAX - 1)),
        planned_until: Some(minute(minutes)),
        now: minute(minutes),
        camera,
    }
}

/// Blue records on even days, green on odd ones.
fn instance(day: i64) -> InstanceId {
    InstanceId::new(if day % 2 == 0 { "blue" } else { "green" }).expect("valid")
}

fn run(day: i64) -> RunId {
    RunId::new(format!("run-{day}")).expect("valid")
}

fn entry(camera: &CameraId, seed: i64, number: i64) -> Entry {
    let day = number / A_DAY;
    let gap = |number: i64| (number + seed * 37) % BETWEEN_GAPS == 1;
    let seam = |kind| Seam { kind, error: Nanos::ZERO, doubled: Nanos::ZERO };
    let what = if gap(number) {
        What::Gap(Cause::CameraAway)
    } else {
        let kind = match number {
            0 => SeamKind::Start,
            _ if gap(number - 1) => SeamKind::Gap,
            _ if number % A_DAY == 0 => SeamKind::Exact,
            _ => SeamKind::SameStrand,
        };
        What::Span(Span {
            segment: SegmentName {
                camera: camera.clone(),
                start: minute(number),
                instance: instance(day),
                number: SegmentNumber::new(number.unsigned_abs()),
            },
            run: Some(run(day)),
            first_sample: 0,
            samples: 1_500,
            damaged: 0,
            seam: seam(kind),
            audio: AudioCut::Whole,
        })
    };
    Entry { start: minute(number), end: minute(number + 1), what }
}

/// The handover at the beginning of a day: half a minute by both.
fn alignment(day: i64) -> AlignmentRow {
    let strand = |day| Strand { instance: instance(day), run: Some(run(day)), number: 0 };
    let border = minute(day * A_DAY);
    AlignmentRow {
        early: strand(day - 1),
        late: strand(day),
        from: border.plus(Nanos::from_secs(-30)),
        to: border,
        how: Alignment::Exact { offset: MediaSpan::new(0), matched: 30, compared: 30, step: None },
        drift_ppb: Some(120),
    }
}
