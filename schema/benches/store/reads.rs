//! The stitcher's reads.

use crate::floor::Bare;
use hitless_model::{CameraId, Nanos, SegmentState, Utc};
use hitless_schema::read::ChangeSeq;
use hitless_schema::testing::{Facts, segment};
use hitless_schema::{Change, DatabaseUrl, Stamp, Stamped, Store};
use std::time::{Duration, Instant};

const CAMERAS: i64 = 100;
const NUMBERS: i64 = 24 * 60;

pub fn heading() {
    println!(
        "| database | filling | plain rows, 6 columns | by camera | by change | nothing new |"
    );
    println!("|---|---|---|---|---|---|");
}

pub async fn compare(name: &str, url: &DatabaseUrl) {
    let store = Store::open(url).await.expect("opens");
    let filling = timed(async {
        for camera in 0..CAMERAS {
            store.apply(&day_of(camera)).await.expect("applies");
        }
    });
    let filling = filling.await;
    let mut bare = Bare::connect(url).await;
    let mut floor = Duration::MAX;
    for _ in 0..3 {
        floor = floor.min(timed(async { assert_eq!(bare.read_all().await, rows()) }).await);
    }
    let by_camera = timed(by_camera(&store)).await;
    let by_change = timed(by_change(&store)).await;
    let head = store.change_head().await.expect("reads");
    let nothing = timed(async {
        assert!(store.segments_changed_since(head, 10_000).await.expect("reads").is_empty());
    });
    let nothing = nothing.await;
    let ratio = |took: Duration| took.as_secs_f64() / floor.as_secs_f64();
    println!(
        "| {name} | {filling:.2?} | {floor:.2?} | {by_camera:.2?} ({:.1} x) | {by_change:.2?} ({:.1} x) | {nothing:.2?} |",
        ratio(by_camera),
        ratio(by_change),
    );
}

pub async fn timed(work: impl Future<Output = ()>) -> Duration {
    let begun = Instant::now();
    work.await;
    begun.elapsed()
}

fn rows() -> usize {
    usize::try_from(CAMERAS * NUMBERS).expect("fits")
}

fn noon() -> Utc {
    Utc::parse("2026-08-11T12:00:00Z").expect("valid")
}

fn day_of(camera: i64) -> Vec<Stamped> {
    let camera = format!("CAMERA_{camera}");
    (0..NUMBERS)
        .map(|number| {
            let segment = segment(&Facts {
                camera: &camera,
                instance: "blue",
                run: "blue-run-1",
                number: number.unsigned_abs(),
                start: noon().plus(Nanos::from_secs(number * 60)),
                duration: Nanos::from_secs(60),
                state: SegmentState::Complete,
            });
            Stamped { stamp: Stamp::from_ns(1), change: Change::Segment(Box::new(segment)) }
        })
        .collect()
}

async fn by_camera(store: &Store) {
    let mut found = 0;
    for camera in 0..CAMERAS {
        let camera = CameraId::new(format!("CAMERA_{camera}")).expect("valid");
        let end = noon().plus(Nanos::from_secs(NUMBERS * 60));
        found += store.segments_between(&camera, noon(), end).await.expect("reads").len();
    }
    assert_eq!(found, rows());
}

async fn by_change(store: &Store) {
    let mut seen = ChangeSeq::START;
    let mut found = 0;
    loop {
        let page = store.segments_changed_since(seen, 10_000).await.expect("reads");
        let Some(last) = page.last() else { break };
        seen = last.seq;
        found += page.len();
    }
    assert_eq!(found, rows());
}
