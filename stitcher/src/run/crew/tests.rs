//! Windows of several cameras written together, and what becomes of them.

use super::*;
use crate::run::camera::Stitched;
use hitless_config::{Config, LoadOptions};
use hitless_model::{Cause, Nanos, RunId, Utc};
use hitless_schema::timeline::{Entry, What};
use std::path::Path;

fn at(seconds: i64) -> Utc {
    Utc::from_ns(1_780_000_000_000_000_000).plus(Nanos::from_secs(seconds))
}

fn id(camera: &str) -> CameraId {
    CameraId::new(camera).expect("valid")
}

fn gap(from: i64, to: i64) -> Entry {
    Entry { start: at(from), end: at(to), what: What::Gap(Cause::CameraAway) }
}

/// From one instant to another, of a camera that nothing is stored of yet.
fn window(camera: &str, (from, to): (Option<i64>, Option<i64>), entries: Vec<Entry>) -> Window {
    Window {
        camera: id(camera),
        generation: 0,
        from: from.map(at),
        to: to.map(at),
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

fn ready(camera: &str, windows: Vec<Window>) -> Ready {
    Ready { camera: id(camera), done: Stitched::default(), windows }
}

/// A crew on an empty database, that holds these cameras.
async fn crew(folder: &Path, cameras: &[&str]) -> Crew {
    let file = folder.join("hitless.toml");
    let camera =
        |name: &&str| format!("[[camera]]\nid = \"{name}\"\nurl = \"rtsp://127.0.0.1/\"\n");
    let text = format!("storage = \".\"\n{}", cameras.iter().map(camera).collect::<String>());
    std::fs::write(&file, text).expect("written");
    std::fs::create_dir_all(folder.join(".hitless")).expect("a folder");
    let options = LoadOptions::from_process(Some(file)).without_passwords();
    let site = Site::open(Config::load(&options).expect("a configuration")).await.expect("opens");
    let (me, cameras) = (RunId::new("stitch-1").expect("valid"), cameras.iter().map(|c| id(c)));
    let cameras: Vec<CameraId> = cameras.collect();
    let held = site.store.claim_cameras(&me, &cameras, at(0), Nanos::from_secs(60)).await;
    assert_eq!(held.expect("claimed").len(), cameras.len());
    let compute = Compute::new(None).expect("a pool");
    Crew { site, compute, mode: Mode::Apply, unread: Arc::default() }
}

async fn entries(crew: &Crew, camera: &str) -> usize {
    crew.site.store.timeline(&id(camera), at(-100), at(1000)).await.expect("reads").len()
}

/// A plan that would tear a timeline is refused by the store with all that is
/// in the same transaction.
#[tokio::test]
async fn a_camera_that_fails_keeps_no_other_from_being_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let crew = crew(folder.path(), &["a", "b", "c"]).await;
    let whole = (None, None);
    let torn = vec![gap(0, 10), gap(20, 30)];
    let reports = crew
        .write(vec![
            ready("a", vec![window("a", whole, vec![gap(0, 10)])]),
            ready("b", vec![window("b", whole, torn)]),
            ready("c", vec![window("c", whole, vec![gap(0, 10), gap(10, 12)])]),
        ])
        .await;
    assert_eq!(reports.len(), 3);
    for report in &reports {
        assert_eq!(report.result.is_ok(), report.camera != id("b"), "{}", report.camera);
    }
    let stored = [entries(&crew, "a").await, entries(&crew, "b").await, entries(&crew, "c").await];
    assert_eq!(stored, [1, 0, 2]);
}

/// The second one names the state that the first one left, and what both did is
/// told as one.
#[tokio::test]
async fn windows_of_one_camera_follow_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let crew = crew(folder.path(), &["a", "b"]).await;
    let first = window("a", (None, Some(10)), vec![gap(0, 10)]);
    let second = window("a", (Some(10), None), vec![gap(10, 11), gap(11, 15)]);
    let other = window("b", (None, None), vec![gap(0, 1)]);
    let reports = crew.write(vec![ready("a", vec![first, second]), ready("b", vec![other])]).await;
    let of = |camera: &str| {
        let report = reports.iter().find(|report| report.camera == id(camera)).expect("told");
        let done = report.result.as_ref().expect("written");
        match done.applied {
            Some(Applied::Written { entries_added, .. }) => entries_added,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((of("a"), of("b")), (3, 1));
    assert_eq!((entries(&crew, "a").await, entries(&crew, "b").await), (3, 1));
}

/// Somebody else has planned it meanwhile: what was to follow is of no use.
#[tokio::test]
async fn after_a_conflict_nothing_more_of_the_camera_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let crew = crew(folder.path(), &["a"]).await;
    let stale = Window { generation: 7, ..window("a", (None, Some(10)), vec![gap(0, 10)]) };
    let next = window("a", (Some(10), None), vec![gap(10, 15)]);
    let reports = crew.write(vec![ready("a", vec![stale, next])]).await;
    let done = reports[0].result.as_ref().expect("no error");
    assert_eq!(done.applied, Some(Applied::Conflict { generation: Some(0) }));
    assert_eq!(entries(&crew, "a").await, 0);
}

#[test]
fn what_two_windows_changed_is_added_up() {
    let written = |generation, n: u64| Applied::Written {
        generation,
        entries_added: n,
        entries_removed: 10 * n,
        gaps_opened: 100 * n,
        gaps_repaired: 1_000 * n,
        marked: 10_000 * n,
    };
    let unchanged = |generation| Applied::Unchanged { generation };
    assert_eq!(Stitched::both(written(1, 1), written(2, 2)), written(2, 3));
    assert_eq!(Stitched::both(unchanged(1), written(2, 2)), written(2, 2));
    assert_eq!(Stitched::both(unchanged(1), unchanged(1)), unchanged(1));
    // What was written is told, whatever came after it.
    assert_eq!(Stitched::both(written(2, 1), unchanged(2)), written(2, 1));
}
