//! What a stitching run costs the database, beside a bare loop that reads and
//! writes as many rows of a few columns.

use crate::floor::Bare;
use crate::reads::timed;
use hitless_model::{
    AudioCut, CameraId, Nanos, OverlapStatus, RunId, Seam, SeamKind, Segment, SegmentState,
    TimeRange, Utc,
};
use hitless_schema::index::{FileMark, NewIndex};
use hitless_schema::read::ChangeSeq;
use hitless_schema::stitch::{Applied, Judged, Window};
use hitless_schema::testing::{Facts, segment};
use hitless_schema::timeline::{CarryRow, Entry, Span, What};
use hitless_schema::{Change, DatabaseUrl, Stamp, Stamped, Store};
use std::time::Duration;

const NUMBERS: i64 = 24 * 60;
const MINUTE: Nanos = Nanos::from_secs(60);
/// Cameras in one transaction.
const LOT: usize = 8;
/// A GOP table of 30 GOPs.
const CONTENTS: usize = 400;

pub async fn compare(name: &str, url: &DatabaseUrl, cameras: i64) {
    let store = Store::open_for_job(url).await.expect("opens");
    let cameras: Vec<CameraId> =
        (0..cameras).map(|n| CameraId::new(format!("CAMERA_{n}")).expect("valid")).collect();
    let rows = cameras.len() * 2 * usize::try_from(NUMBERS).expect("fits");
    let fill = timed(fill(&store, &cameras)).await;
    println!("\n{name}: {} cameras, {rows} segments; filled in {fill:.1?}\n", cameras.len());
    println!("| step | time | a row | of the bare loop |\n|---|---|---|---|");
    let mut bare = Bare::connect(url).await;
    let read_floor = timed(async { assert_eq!(bare.read_all().await, rows) }).await;
    let told = |step: &str, took: Duration, floor: Option<Duration>| {
        let row = took.as_secs_f64() / rows as f64 * 1e6;
        let ratio = floor
            .map_or(String::new(), |f| format!("{:.2} x", took.as_secs_f64() / f.as_secs_f64()));
        println!("| {step} | {took:.1?} | {row:.2} us | {ratio} |");
    };
    told("bare: 6 columns of each segment, plain rows", read_floor, None);
    let write_floor = timed(bare.write_rows(rows)).await;
    told("bare: as many rows of 6 columns, 256 to a statement", write_floor, None);

    let put = timed(put_indexes(&store, &cameras)).await;
    told("indexes stored", put, Some(write_floor));
    let work = timed(async {
        let work = store.stitch_work().await.expect("reads");
        assert!(work.iter().all(|w| w.has_news()) && work.len() == cameras.len());
    });
    told("cameras with news", work.await, None);
    let segments = timed(read_segments(&store, &cameras, rows)).await;
    told("segments for planning", segments, Some(read_floor));
    let indexes = timed(read_indexes(&store, &cameras, rows)).await;
    told("their indexes", indexes, Some(read_floor));

    let plans: Vec<Window> = cameras.iter().map(plan).collect();
    let first = timed(apply(&store, &plans, 0, true)).await;
    told("timelines written for the first time", first, Some(write_floor));
    let again = timed(apply(&store, &plans, 1, false)).await;
    told("timelines compared, nothing to write", again, Some(read_floor));
    let late = timed(apply(&store, &plans.iter().map(shifted).collect::<Vec<_>>(), 1, true)).await;
    told("every entry and status another", late, Some(write_floor));
    let read = timed(read_timelines(&store, &cameras));
    told("timelines read", read.await, Some(read_floor));
    let nothing = timed(async {
        let work = store.stitch_work().await.expect("reads");
        assert!(work.iter().all(|w| !w.has_news()));
    });
    told("cameras with news: none", nothing.await, None);
    store.close().await;
}

fn noon() -> Utc {
    Utc::parse("2026-08-11T12:00:00Z").expect("valid")
}

fn minute(number: i64) -> Utc {
    noon().plus(Nanos::from_secs(number * 60))
}

fn row(camera: &CameraId, instance: &str, number: i64) -> Segment {
    segment(&Facts {
        camera: camera.as_str(),
        instance,
        run: &format!("{instance}-run-1"),
        number: number.unsigned_abs(),
        start: minute(number),
        duration: MINUTE,
        state: SegmentState::Complete,
    })
}

fn day(camera: &CameraId) -> impl Iterator<Item = Segment> {
    let day = |instance| (0..NUMBERS).map(move |number| row(camera, instance, number));
    day("blue").chain(day("green"))
}

async fn fill(store: &Store, cameras: &[CameraId]) {
    // As recorders do: at each border one is closed and the next one opened.
    // On PostgreSQL the first version of a row leaves room for a later one.
    for number in 0..=NUMBERS {
        let mut changes = Vec::new();
        for (state, number) in
            [(SegmentState::Complete, number - 1), (SegmentState::Recording, number)]
        {
            let both = |camera| [row(camera, "blue", number), row(camera, "green", number)];
            let rows = cameras.iter().flat_map(both).filter(|_| (0..NUMBERS).contains(&number));
            changes.extend(rows.map(|segment| Stamped {
                stamp: Stamp::from_ns(1),
                change: Change::Segment(Box::new(Segment { state, ..segment })),
            }));
        }
        store.apply(&changes).await.expect("applies");
    }
}

async fn put_indexes(store: &Store, cameras: &[CameraId]) {
    let seq = ChangeSeq::new(i64::MAX);
    for camera in cameras {
        let index = |segment: Segment| NewIndex {
            segment: segment.name,
            seq,
            mark: FileMark { size_bytes: 1, modified: noon(), changed: noon() },
            version: 1,
            path: None,
            contents: vec![7; CONTENTS],
            pauses: None,
        };
        let indexes: Vec<_> = day(camera).map(index).collect();
        store.put_indexes(&indexes).await.expect("writes");
    }
}

async fn read_segments(store: &Store, cameras: &[CameraId], rows: usize) {
    let mut found = 0;
    for camera in cameras {
        let read = store.segments_for_planning(camera, noon(), minute(NUMBERS)).await;
        found += read.expect("reads").len();
    }
    assert_eq!(found, rows);
}

async fn read_indexes(store: &Store, cameras: &[CameraId], rows: usize) {
    let mut found = 0;
    for camera in cameras {
        let read = store.indexes_between(camera, noon(), minute(NUMBERS)).await;
        found += read.expect("reads").len();
    }
    assert_eq!(found, rows);
}

async fn read_timelines(store: &Store, cameras: &[CameraId]) {
    for camera in cameras {
        let read = store.timeline(camera, noon(), minute(NUMBERS)).await.expect("reads");
        assert_eq!(read.len(), usize::try_from(NUMBERS).expect("fits"));
    }
}

/// One instance plays, the other is a duplicate of it.
fn plan(camera: &CameraId) -> Window {
    let entry = |number: i64| {
        let segment = row(camera, "blue", number);
        let span = Span {
            segment: segment.name,
            run: Some(RunId::new("blue-run-1").expect("valid")),
            first_sample: 0,
            samples: 1_500,
            damaged: 0,
            seam: Seam { kind: SeamKind::SameStrand, error: Nanos::ZERO, doubled: Nanos::ZERO },
            audio: AudioCut::Whole,
        };
        Entry { start: minute(number), end: minute(number + 1), what: What::Span(span) }
    };
    let judged = |segment: Segment| Judged {
        status: if segment.name.instance.as_str() == "blue" {
            OverlapStatus::Kept
        } else {
            OverlapStatus::Duplicate
        },
        placed: TimeRange { from: segment.start, to: segment.start.plus(MINUTE) },
        segment: segment.name,
    };
    let carry = |hour: i64| CarryRow { at: minute(hour * 60), carry: vec![b'x'; 300] };
    Window {
        camera: camera.clone(),
        generation: 0,
        from: None,
        to: None,
        entries: (0..NUMBERS).map(entry).collect(),
        judged: day(camera).map(judged).collect(),
        unjudged: None,
        alignments: vec![],
        findings: vec![],
        carries: (1..24).map(carry).collect(),
        planned_seq: Some(ChangeSeq::new(i64::MAX - 1)),
        planned_until: Some(minute(NUMBERS)),
        now: noon(),
    }
}

fn shifted(window: &Window) -> Window {
    let mut window = window.clone();
    for entry in &mut window.entries {
        if let What::Span(span) = &mut entry.what {
            span.damaged = 1;
        }
    }
    for judged in &mut window.judged {
        judged.status = OverlapStatus::Trimmed;
    }
    window
}

async fn apply(store: &Store, plans: &[Window], generation: i64, writes: bool) {
    let me = RunId::new("stitch-1").expect("valid");
    let cameras: Vec<_> = plans.iter().map(|w| w.camera.clone()).collect();
    let lease = Nanos::from_secs(60);
    store.claim_cameras(&me, &cameras, noon(), lease).await.expect("writes");
    for lot in plans.chunks(LOT) {
        let windows: Vec<Window> = lot.iter().map(|w| Window { generation, ..w.clone() }).collect();
        for applied in store.apply_windows(&windows).await.expect("writes") {
            assert_eq!(matches!(applied, Applied::Written { .. }), writes, "{applied:?}");
        }
    }
}
