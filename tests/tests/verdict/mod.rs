//! What the fault stories have in common: the camera beside the broken one
//! loses nothing, and what the recorder says is checked in every place where
//! it says it.
#![allow(dead_code, reason = "each story takes what it needs")]

use hitless_fixtures::{CameraSpec, Cameras, Tally, promtool};
use hitless_model::{CameraEvent, CameraId, ClockStep, Run, Segment, SegmentState, Utc};
use hitless_schema::{DatabaseUrl, Store};
use hitless_tests::{Recorder, Site, eventually, footage, paths, until};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// For whatever takes seconds on a quiet machine and longer on a busy one.
pub const SOON: Duration = Duration::from_secs(30);

/// Pictures that a clean stop may leave unrecorded at the end: those still on
/// their way when it begins (read in batches, or in a jitter buffer).
const TAIL: u64 = 15;

/// A camera of 25 pictures and one key frame a second.
pub fn camera(name: &str) -> CameraSpec {
    CameraSpec { fps: 25.0, gop: 25, ..CameraSpec::named(name) }
}

/// The numbers that were recorded of a camera, in order of its segments.
#[track_caller]
pub fn recorded(site: &Site, camera: &str) -> Vec<u64> {
    footage::numbers(&paths(&site.segments(camera, "blue")))
}

/// A stretch of a camera that must be recorded without a hole.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    from: u64,
}

impl Watch {
    /// From the picture on that the camera sends now.
    #[track_caller]
    pub fn begin(cameras: &Cameras, camera: &str) -> Self {
        Self { from: next_number(cameras, camera) }
    }

    /// From then on until the recorder was stopped not one picture was lost or
    /// doubled.
    #[track_caller]
    pub fn assert_whole(self, site: &Site, stopped: &Stopped, camera: &str) {
        let until = stopped.number(camera);
        let tally = Tally::of(&recorded(site, camera));
        assert!(tally.is_whole(), "camera {camera}: {tally}");
        let run = tally.runs.first().unwrap_or_else(|| panic!("nothing recorded of {camera}"));
        assert!(run.first <= self.from, "{camera} is recorded from {} only: {tally}", self.from);
        assert!(run.last + TAIL >= until, "{camera} ends before {until}: {tally}");
    }
}

/// How far each camera was when a recorder was told to stop.
#[derive(Debug)]
pub struct Stopped(BTreeMap<String, u64>);

impl Stopped {
    /// The number that a camera was to send next.
    #[track_caller]
    pub fn number(&self, camera: &str) -> u64 {
        *self.0.get(camera).unwrap_or_else(|| panic!("no camera {camera}"))
    }
}

/// Stops a recorder in order.
#[track_caller]
pub fn stop(recorder: &mut Recorder, cameras: &Cameras) -> Stopped {
    let all = cameras.control().all_stats().expect("the cameras answer");
    let numbers = all.into_iter().map(|stats| (stats.camera, stats.next_number)).collect();
    let status = recorder.terminate();
    assert!(status.success(), "{status}");
    Stopped(numbers)
}

/// The number that a camera sends next.
#[track_caller]
pub fn next_number(cameras: &Cameras, camera: &str) -> u64 {
    cameras.stats(camera).expect("the cameras answer").next_number
}

/// Waits until a camera has sent so many more seconds; the number it is at then.
#[track_caller]
pub fn seconds(cameras: &Cameras, camera: &str, seconds: u64) -> u64 {
    let number = next_number(cameras, camera) + 25 * seconds;
    until("some seconds pass", SOON, || next_number(cameras, camera) >= number);
    number
}

/// How health sees a camera.
#[track_caller]
pub fn camera_health(recorder: &Recorder, camera: &str) -> Value {
    recorder.health()["cameras"][camera].clone()
}

/// Waits until health gives a reason with `part` in it for a camera that is not
/// recorded, and gives it.
#[track_caller]
pub fn wait_reason(recorder: &Recorder, camera: &str, part: &str, limit: Duration) -> String {
    eventually(&format!("{camera} is away because {part:?}"), limit, || {
        let health = camera_health(recorder, camera);
        let reason = health["reason"].as_str().unwrap_or_default();
        reason.contains(part).then(|| reason.to_owned())
    })
}

/// The metrics pass `promtool check metrics`; gives them.
#[track_caller]
pub fn checked_metrics(recorder: &Recorder) -> String {
    let (status, text) = recorder.get("/metrics").expect("the recorder answers");
    assert_eq!(status, 200, "{text}");
    promtool::check_metrics(&text).unwrap_or_else(|said| panic!("{said}"));
    text
}

/// What stands in the database besides segments.
pub struct Told {
    /// What happened to a camera, by time.
    pub events: Vec<CameraEvent>,
    /// Steps of clocks.
    pub steps: Vec<ClockStep>,
    /// Lives of recorders.
    pub runs: Vec<Run>,
}

/// Reads it.
#[track_caller]
pub fn told(url: &DatabaseUrl, camera: &str) -> Told {
    let camera = CameraId::new(camera).expect("a camera id");
    let (from, to) = (Utc::from_ns(0), Utc::from_ns(i64::MAX));
    blocking(async {
        let store = Store::open(url).await.expect("the database opens");
        let told = Told {
            events: store.camera_events(&camera, from, to).await.expect("events"),
            steps: store.clock_steps(from, to).await.expect("clock steps"),
            runs: store.runs_between(from, to).await.expect("runs"),
        };
        store.close().await;
        told
    })
}

/// All segments of a camera that a database knows.
#[track_caller]
pub fn rows(url: &DatabaseUrl, camera: &str) -> Vec<Segment> {
    let camera = CameraId::new(camera).expect("a camera id");
    let (from, to) = (Utc::from_ns(0), Utc::from_ns(i64::MAX));
    blocking(async {
        let store = Store::open(url).await.expect("the database opens");
        let rows = store.segments_between(&camera, from, to).await.expect("segments");
        store.close().await;
        rows
    })
}

/// As [`rows`], by number, without those of removed footage: each file has one
/// and there are no others.
#[track_caller]
pub fn rows_of_files(site: &Site, url: &DatabaseUrl, camera: &str) -> Vec<Segment> {
    let mut rows = rows(url, camera);
    rows.retain(|row| row.state != SegmentState::Expired);
    rows.sort_by_key(|row| row.name.number);
    let named: Vec<String> = rows.iter().map(|row| row.name.to_string()).collect();
    let files: Vec<String> =
        site.segments(camera, "blue").iter().map(|s| s.name.to_string()).collect();
    assert_eq!(named, files, "rows and files of {camera}");
    rows
}

/// The SQLite database of a site.
pub fn database(site: &Site) -> DatabaseUrl {
    DatabaseUrl::sqlite_file(site.database())
}

/// Runs a future to its end.
pub fn blocking<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}
