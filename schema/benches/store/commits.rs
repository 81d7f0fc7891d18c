//! The recorder's transactions.

use crate::floor::Bare;
use crate::latency::Latencies;
use hitless_model::{Nanos, SegmentState, Utc};
use hitless_schema::testing::{Facts, segment};
use hitless_schema::writer::{Writer, WriterOptions};
use hitless_schema::{Change, DatabaseUrl};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

const CAMERAS: u64 = 100;
const SEGMENT: Duration = Duration::from_secs(10);
/// After a border, cameras come to their key frames within one GOP.
const GOP: Duration = Duration::from_secs(2);

pub fn heading() {
    println!("| database | bare commit | recorder's transaction | p99 ratio | sent to committed |");
    println!("|---|---|---|---|---|");
}

pub async fn compare(name: &str, url: &DatabaseUrl, bare: &DatabaseUrl, seconds: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (writer, _task) =
        Writer::start(WriterOptions::new(url.clone(), folder.path())).await.expect("starts");
    writer.flush(Duration::from_secs(10)).await.expect("the database is there");
    let mut floor = Bare::connect(bare).await;
    floor.prepare_counter().await;

    let end = Instant::now() + Duration::from_secs(seconds);
    let watching = tokio::spawn(watch(writer.clone(), end));
    let sending = tokio::spawn(send(writer, end));
    let mut floors = Latencies::default();
    while Instant::now() < end {
        floors.add(floor.commit().await);
        tokio::time::sleep(Duration::from_millis(23)).await;
    }
    let sent = sending.await.expect("no panic");
    let (commits, waits) = watching.await.expect("no panic").finish(sent);
    let ratio = commits.quantile(0.99) / floors.quantile(0.99);
    println!("| {name} | {floors} | {commits} (n = {}) | {ratio:.2} | {waits} |", commits.len());
}

/// Sends what the cameras close and open, when they do. When each was sent.
async fn send(writer: Writer, end: Instant) -> VecDeque<Instant> {
    let begun = Instant::now();
    let mut sent = VecDeque::new();
    for border in 0_u64.. {
        for place in 0..CAMERAS {
            // Any fixed disorder will do; 37 and 100 have no common factor.
            let camera = (place * 37 + border) % CAMERAS;
            let step = GOP.mul_f64(place as f64 / CAMERAS as f64);
            let due = begun + SEGMENT * u32::try_from(border).expect("small") + step;
            if due > end {
                return sent;
            }
            tokio::time::sleep_until(due.into()).await;
            for (number, state) in
                [(border, SegmentState::Complete), (border + 1, SegmentState::Recording)]
            {
                sent.push_back(Instant::now());
                writer
                    .send(Change::Segment(Box::new(facts(camera, number, state))))
                    .await
                    .expect("takes it");
            }
        }
    }
    sent
}

fn facts(camera: u64, number: u64, state: SegmentState) -> hitless_model::Segment {
    let start = Utc::parse("2026-08-11T00:00:00Z").expect("valid");
    let seconds = i64::try_from(number * SEGMENT.as_secs()).expect("small");
    segment(&Facts {
        camera: &format!("CAMERA_{camera}"),
        instance: "blue",
        run: "blue-run-1",
        number,
        start: start.plus(Nanos::from_secs(seconds)),
        duration: Nanos::from_secs(10),
        state,
    })
}

/// What the writer told: how long each transaction took, and when how many
/// changes were committed.
#[derive(Default)]
struct Watched {
    commits: Latencies,
    progress: Vec<(Instant, u64)>,
}

async fn watch(writer: Writer, end: Instant) -> Watched {
    let mut status = writer.status();
    drop(writer);
    let mut watched = Watched::default();
    let mut seen = status.borrow().clone();
    while tokio::time::timeout_at(end.into(), status.changed()).await.is_ok_and(|r| r.is_ok()) {
        let now = status.borrow_and_update().clone();
        watched.progress.push((Instant::now(), now.committed));
        if let (1, Some(took)) = (now.commits - seen.commits, now.last_commit) {
            watched.commits.add(took);
        }
        seen = now;
    }
    watched
}

impl Watched {
    fn finish(self, mut sent: VecDeque<Instant>) -> (Latencies, Latencies) {
        let mut waits = Latencies::default();
        let mut done = 0;
        for (when, committed) in self.progress {
            while done < committed {
                done += 1;
                let Some(begun) = sent.pop_front() else { break };
                waits.add(when - begun);
            }
        }
        (self.commits, waits)
    }
}
