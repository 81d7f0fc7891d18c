//! Storages that fill up, vanish or turn read-only: said clearly, nothing broken
//! or left behind, and recording goes on as soon as it can.

mod disk;
mod verdict;

use disk::{Covered, MemoryDisk};
use hitless_fixtures::{Cameras, Tally, spawn};
use hitless_model::{CameraId, Cause, Nanos, SegmentState, Utc};
use hitless_schema::{DatabaseUrl, Protection, ProtectionMirror};
use hitless_tests::probe::probe;
use hitless_tests::{Recorder, Setup, Site, boxes, eventually, until};
use std::collections::BTreeSet;
use verdict::{SOON, Watch, camera, recorded, seconds, told, wait_reason};

const NAMES: [&str; 2] = ["one", "two"];

fn cameras() -> Cameras {
    spawn(&NAMES.map(camera)).expect("cameras")
}

/// Both cameras; the database beside the storage, not in it.
fn setup(cameras: &Cameras, site: &Site) -> Setup {
    let database = format!("sqlite://{}", beside(site).display());
    let setup = Setup::new().key("database", database).table("recorder.disk", "check_seconds", 1);
    NAMES.iter().fold(setup, |setup, name| setup.camera(name, cameras.url(name)))
}

fn beside(site: &Site) -> std::path::PathBuf {
    site.folder().join("index.db")
}

fn url(site: &Site) -> DatabaseUrl {
    DatabaseUrl::sqlite_file(beside(site))
}

/// Every file has its row, every row its file, none is still "recording", none
/// is empty, all are readable, and nothing is on the list of open segments.
#[track_caller]
fn assert_nothing_left_behind(site: &Site) {
    for camera in NAMES {
        for row in verdict::rows_of_files(site, &url(site), camera) {
            let settled = matches!(row.state, SegmentState::Complete | SegmentState::Recovered);
            assert!(settled, "{}: {:?} {:?}", row.name, row.state, row.note);
        }
        for segment in site.segments(camera, "blue") {
            let found = probe(&segment.path).unwrap_or_else(|said| panic!("{said}"));
            assert!(found.video.first().is_some_and(|p| p.key), "{}", segment.name);
        }
    }
    let open = std::fs::read_dir(site.storage().join(".hitless/open")).expect("the list");
    assert_eq!(open.count(), 0, "segments are still listed as open");
}

/// One hole, and the pictures around it are all there.
#[track_caller]
fn assert_one_hole(site: &Site, camera: &str, from: u64, back: u64) {
    let tally = Tally::of(&recorded(site, camera));
    assert!(tally.doubled.is_empty() && tally.steps_back == 0, "{camera}: {tally}");
    assert_eq!(tally.lost.len(), 1, "{camera}: {tally}");
    let hole = tally.lost[0];
    assert!(hole.first + 3 >= from, "{camera} lost what came before {from}: {tally}");
    assert!(hole.last <= back, "{camera} was not recorded at {back}: {tally}");
}

fn wait_held(recorder: &Recorder, part: &str) {
    let line = recorder.wait_log("recording is held: ", SOON);
    assert!(line.contains(part) && line.contains("ERROR"), "{line}");
    let (status, ready) = recorder.get("/ready").expect("it answers");
    assert!(status == 503 && ready.contains("recording is held"), "{status}: {ready}");
    let (status, health) = recorder.get("/health").expect("it answers");
    assert!(status == 503 && health.contains("\"unhealthy\""), "{status}: {health}");
    // Of a segment that it could not close each camera says so instead.
    for camera in NAMES {
        eventually(&format!("{camera} is away because of the storage"), SOON, || {
            let health = verdict::camera_health(recorder, camera);
            let reason = health["reason"].as_str().unwrap_or_default();
            (reason.contains(part) || reason.starts_with("the storage failed: ")).then_some(())
        });
    }
}

#[track_caller]
fn assert_told(site: &Site, cause: Cause) {
    for camera in NAMES {
        let events = told(&url(site), camera).events;
        let found = events.iter().any(|e| e.cause == Some(cause) && !e.detail.is_empty());
        assert!(found, "no {cause:?} of {camera} in the database: {events:?}");
    }
}

#[test]
fn a_disk_that_runs_full_stops_recording_cleanly_until_there_is_room() {
    let (disk, cameras) = (MemoryDisk::new(16 << 10), cameras());
    let site = Site::with_storage(disk.storage());
    let setup = setup(&cameras, &site).table("recorder.disk", "min_free_bytes", "8MiB").table(
        "recorder.disk",
        "policy",
        "stop",
    );
    let mut recorder = site.start("blue", &setup);
    recorder.wait_recording(&NAMES, SOON);
    let from = seconds(&cameras, "one", 1);
    disk.fill_up_to(7 << 20);
    wait_held(&recorder, "MiB are free on");
    verdict::checked_metrics(&recorder);
    // What was open when the disk ran full was finished, in order.
    until("all segments are closed", SOON, || {
        let health = recorder.health();
        NAMES.iter().all(|c| health["cameras"][c]["open_segments"] == 0)
    });
    site.all_segments().iter().for_each(|s| boxes::assert_progressive(&s.path));
    disk.make_room();
    recorder.wait_log("there is room on the storage again", SOON);
    recorder.wait_recording(&NAMES, SOON);
    let back = seconds(&cameras, "one", 2);
    assert!(recorder.terminate().success());
    assert_nothing_left_behind(&site);
    for camera in NAMES {
        assert_one_hole(&site, camera, from, back);
    }
    assert_told(&site, Cause::DiskFull);
}

/// The limit is what keeps a disk from running full to the last byte. Without
/// one it does, and that breaks nothing either.
#[test]
fn a_disk_without_a_byte_left_breaks_no_file_and_leaves_no_empty_ones() {
    let (disk, cameras) = (MemoryDisk::new(8 << 10), cameras());
    let site = Site::with_storage(disk.storage());
    let setup = setup(&cameras, &site).table("recorder.disk", "min_free_bytes", 0);
    let mut recorder = site.start("blue", &setup);
    recorder.wait_recording(&NAMES, SOON);
    seconds(&cameras, "one", 1);
    disk.fill_up_to(0);
    for camera in NAMES {
        eventually("the full disk is told", SOON, || {
            let health = verdict::camera_health(&recorder, camera);
            let reason = health["reason"].as_str().unwrap_or_default().to_lowercase();
            (reason.contains("no space left") && health["running"] == false).then_some(())
        });
    }
    // Several attempts fail in the meantime.
    seconds(&cameras, "one", 4);
    disk.make_room();
    recorder.wait_recording(&NAMES, SOON);
    seconds(&cameras, "one", 2);
    assert!(recorder.terminate().success());
    assert_nothing_left_behind(&site);
    assert_told(&site, Cause::DiskFull);
}

#[test]
fn the_oldest_make_room_but_nothing_protected_and_nothing_while_that_is_unknown() {
    let (disk, cameras) = (MemoryDisk::new(16 << 10), cameras());
    let site = Site::with_storage(disk.storage());
    let setup = setup(&cameras, &site).table("recorder.disk", "min_free_bytes", "8MiB").table(
        "recorder.disk",
        "policy",
        "delete-oldest",
    );
    let mut recorder = site.start("blue", &setup);
    recorder.wait_recording(&NAMES, SOON);
    let watch = Watch::begin(&cameras, "one");
    protect(&site, "one");
    let closed = |camera: &str| site.segments(camera, "blue").len();
    until("four segments of both", SOON, || closed("one") > 4 && closed("two") > 4);

    // Nobody knows what is protected: nothing is removed, recording is held.
    let mirror = site.storage().join(".hitless/protections.json");
    let good = std::fs::read(&mirror).expect("the protections");
    std::fs::write(&mirror, "{ torn").expect("a torn file");
    let before: BTreeSet<_> = site.all_segments().into_iter().collect();
    // Between the limit and its margin there is no need to stop yet.
    disk.fill_up_to((8 << 20) + 400_000);
    let line = recorder.wait_log("what is protected is not known", SOON);
    assert!(line.contains("protections.json"), "{line}");
    let now: BTreeSet<_> = site.all_segments().into_iter().collect();
    assert!(before.is_subset(&now), "something was removed");

    // Now it is known: the oldest of the camera that nobody protected go.
    std::fs::write(&mirror, good).expect("the protections");
    let oldest = before.iter().find(|s| s.name.camera.as_str() == "two").expect("a segment");
    until("the oldest was removed", SOON, || !oldest.path.exists());
    recorder.wait_log("removed the oldest segment to make room", SOON);
    recorder.wait_recording(&NAMES, SOON);
    seconds(&cameras, "one", 2);
    verdict::checked_metrics(&recorder);
    let stopped = verdict::stop(&mut recorder, &cameras);
    watch.assert_whole(&site, &stopped, "one");
    assert_nothing_left_behind(&site);
    let gone = verdict::rows(&url(&site), "two").into_iter().find(|row| row.name == oldest.name);
    let gone = gone.expect("the row of a removed segment stays");
    assert_eq!(gone.state, SegmentState::Expired);
    assert!(!oldest.path.with_extension("meta").exists(), "its .meta file goes with it");
}

fn protect(site: &Site, camera: &str) {
    let now = Utc::from_ns(rows_now());
    let protection = Protection {
        camera: CameraId::new(camera).expect("a camera id"),
        from: now.plus(Nanos::from_secs(-3600)),
        to: now.plus(Nanos::from_secs(3600)),
        reason: "wanted".to_owned(),
        created: now,
    };
    ProtectionMirror::of(site.storage()).write(&[protection]).expect("protections");
}

fn rows_now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.expect("after 1970").as_nanos()).expect("before 2262")
}

#[test]
fn a_storage_that_vanishes_holds_recording_until_it_is_back() {
    let (site, cameras) = (Site::new(), cameras());
    let mut recorder = site.start("blue", &setup(&cameras, &site));
    recorder.wait_recording(&NAMES, SOON);
    let from = seconds(&cameras, "one", 1);
    let elsewhere = site.folder().join("unmounted");
    std::fs::rename(site.storage(), &elsewhere).expect("a rename");
    wait_held(&recorder, "it was unmounted or emptied; mount it again");
    assert!(!site.storage().exists(), "nothing is made where the storage was");
    std::fs::rename(&elsewhere, site.storage()).expect("a rename");
    recorder.wait_log("the storage is there again", SOON);
    recorder.wait_recording(&NAMES, SOON);
    let back = seconds(&cameras, "one", 2);
    assert!(recorder.terminate().success());
    assert_nothing_left_behind(&site);
    for camera in NAMES {
        assert_one_hole(&site, camera, from - 25, back);
    }
    assert_told(&site, Cause::StorageFailed);
}

#[test]
fn a_folder_that_turned_read_only_stops_its_camera_and_no_other() {
    let (site, cameras) = (Site::new(), cameras());
    let mut recorder = site.start("blue", &setup(&cameras, &site));
    recorder.wait_recording(&NAMES, SOON);
    let watch = Watch::begin(&cameras, "one");
    let covered = Covered::new(site.storage().join("two"));
    let reason = wait_reason(&recorder, "two", "Read-only file system", SOON);
    assert!(reason.starts_with("the storage failed: "), "{reason}");
    let line = recorder.wait_log("segment refused: ", SOON);
    assert!(line.contains("ERROR") && line.contains("/two"), "{line}");
    let (status, _) = recorder.get("/ready").expect("it answers");
    assert_eq!(status, 503);
    drop(covered);
    recorder.wait_recording(&NAMES, SOON);
    seconds(&cameras, "two", 2);
    let stopped = verdict::stop(&mut recorder, &cameras);
    watch.assert_whole(&site, &stopped, "one");
    assert_nothing_left_behind(&site);
}

#[test]
fn a_storage_that_is_read_only_from_the_start_is_refused() {
    let site = Site::new();
    let _covered = Covered::new(site.storage().to_owned());
    let setup = Setup::new().camera("one", "rtsp://127.0.0.1:1/x");
    let mut recorder = site.launch("blue", &setup).spawn();
    let status = recorder.wait_end(SOON);
    let log = recorder.log();
    assert_eq!(status.code(), Some(2), "{log}");
    assert!(log.contains("Read-only file system") && log.contains("recordings"), "{log}");
}
