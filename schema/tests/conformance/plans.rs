//! Plans to put into effect, for stories that need one.

use crate::both::{Ground, at, tenth};
use crate::index::stories::camera;
use hitless_model::*;
use hitless_schema::Store;
use hitless_schema::stitch::{Applied, Judged, Window};
use hitless_schema::timeline::{Entry, GapRow, Span, What};

pub const LEASE: Nanos = Nanos::from_secs(60);

pub fn me() -> RunId {
    RunId::new("stitch-1").expect("valid")
}

pub fn span(from: i64, to: i64, instance: &str, number: u64) -> Entry {
    let segment = tenth("CAMERA_1", instance, number, SegmentState::Complete);
    let what = What::Span(Span {
        segment: segment.name,
        run: segment.run,
        first_sample: 3,
        samples: 250,
        damaged: 1,
        seam: Seam {
            kind: SeamKind::Clock,
            error: Nanos::from_millis(40),
            doubled: Nanos::from_millis(7),
        },
        audio: AudioCut::Frames { first: 5, frames: 400, offset: MediaSpan::new(-90) },
    });
    Entry { start: at(from), end: at(to), what }
}

pub fn missing(from: i64, to: i64) -> Entry {
    Entry { start: at(from), end: at(to), what: What::Gap(Cause::CameraAway) }
}

pub fn other(from: i64, to: i64, what: What) -> Entry {
    Entry { start: at(from), end: at(to), what }
}

pub fn window(generation: i64, entries: Vec<Entry>) -> Window {
    Window {
        camera: camera(),
        generation,
        from: None,
        to: None,
        entries,
        judged: vec![],
        unjudged: None,
        alignments: vec![],
        findings: vec![],
        carries: vec![],
        planned_seq: None,
        planned_until: None,
        now: at(10_000),
    }
}

pub async fn claimed(ground: &Ground) -> Store {
    let store = ground.store().await;
    let held = store.claim_cameras(&me(), &[camera()], at(0), LEASE).await.expect("writes");
    assert_eq!(held.len(), 1);
    store
}

pub async fn apply(store: &Store, window: Window) -> Applied {
    let applied = store.apply_windows(&[window]).await.expect("writes");
    assert_eq!(applied.len(), 1);
    applied[0]
}

pub fn written(applied: Applied) -> i64 {
    match applied {
        Applied::Written { generation, .. } => generation,
        other => panic!("{other:?}"),
    }
}

/// The stitcher at work on one segment.
pub async fn judge(store: &Store, segment: &SegmentName, status: OverlapStatus) {
    let camera = &segment.camera;
    let held = store.claim_cameras(&me(), std::slice::from_ref(camera), at(0), LEASE).await;
    let generation = held.expect("writes")[0].1.generation;
    let placed = TimeRange { from: at(10), to: at(20) };
    let judged = vec![Judged { segment: segment.clone(), status, placed }];
    let planned_seq = Some(store.change_head().await.expect("reads"));
    written(apply(store, Window { judged, planned_seq, ..window(generation, vec![]) }).await);
}

pub async fn all(store: &Store) -> Vec<Entry> {
    store.timeline(&camera(), at(-99_999), at(999_999)).await.expect("reads")
}

pub async fn ledger(store: &Store) -> Vec<GapRow> {
    store.gaps(Some(&camera()), at(-99_999), at(999_999)).await.expect("reads")
}
