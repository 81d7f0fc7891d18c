//! The power is cut: what was closed is whole, and what was open is there up
//! to its last sync. An ext4 file system is shut down beneath a recorder.

use hitless_fixtures::codec::VideoCodec;
use hitless_fixtures::{CameraSpec, Tally, spawn};
use hitless_model::SegmentState;
use hitless_schema::{DatabaseUrl, Store};
use hitless_tests::{
    LoopDisk, Recorder, Setup, Site, Stitcher, boxes, footage, judge, paths, until,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

const FPS: usize = 30;
const SEGMENT_SECONDS: usize = 6;
/// The GOP in progress, the fragment in progress and one interval of syncs,
/// each of one second; half a second for the sync itself and for what is on
/// its way.
const MOST_LOST: usize = 3 * FPS + FPS / 2;

#[test]
fn a_power_cut_costs_what_was_not_synced() {
    let cameras = spawn(&[
        CameraSpec::named("avc"),
        CameraSpec { codec: VideoCodec::H265, ..CameraSpec::named("hevc") },
    ])
    .expect("cameras");
    let mut disk = LoopDisk::new(256);
    let site = Site::with_storage(disk.path());
    let setup = Setup::new()
        .key("segment_seconds", SEGMENT_SECONDS as i64)
        .table("recorder", "sync_seconds", 1)
        .table("recorder.disk", "min_free_bytes", "10MB")
        .camera("avc", cameras.url("avc"))
        .camera("hevc", cameras.url("hevc"));
    let mut recorder = site.start("blue", &setup);
    let segments = |camera: &str| site.segments(camera, "blue");
    // Its first fragments are older than the interval of syncs.
    until("two segments, and half of a third", Duration::from_secs(60), || {
        ["avc", "hevc"].iter().all(|camera| {
            let last = segments(camera).pop();
            segments(camera).len() > 2 && last.is_some_and(|s| has_fragments(&s.path, 3))
        })
    });

    let closed = closed_so_far(&recorder);
    let before: BTreeMap<PathBuf, Vec<u8>> =
        site.all_segments().into_iter().map(|s| (s.path.clone(), read(&s.path))).collect();
    disk.cut_power();
    let sent: BTreeMap<&str, u64> = ["avc", "hevc"]
        .map(|camera| (camera, cameras.stats(camera).expect("its state").next_number - 1))
        .into();
    recorder.kill();
    disk.unmount();
    disk.mount();

    for (path, bytes) in &before {
        if closed.iter().any(|name| path.ends_with(name)) {
            assert!(read(path) == *bytes, "{} was closed and changed", path.display());
            boxes::assert_progressive(path);
        }
    }
    assert!(closed.len() >= 4, "{closed:?}");
    for camera in ["avc", "hevc"] {
        let files = paths(&segments(camera));
        let tally = Tally::of(&footage::numbers_of_killed(&files));
        assert!(tally.lost.is_empty() && tally.doubled.is_empty(), "{camera}: {tally}");
        let lost = sent[camera] - tally.runs.last().expect("something").last;
        assert!(lost as usize <= MOST_LOST, "{camera}: {lost} units lost; {tally}");
    }
    assert_recovers(&site, &setup);
    assert_stitched_for_good(&site, &setup, &mut disk);
}

/// What a run of the stitcher has answered is there after another power cut,
/// though somebody who has the database open keeps its log from being folded.
fn assert_stitched_for_good(site: &Site, setup: &Setup, disk: &mut LoopDisk) {
    let stitcher = Stitcher::new(site, setup);
    let range = ["--from", "2020-01-01", "--to", "2100-01-01", "--json"];
    let timeline = || stitcher.run(&[&["timeline", "--camera", "avc"][..], &range].concat());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let open = runtime
        .block_on(Store::open(&DatabaseUrl::sqlite_file(site.database())))
        .expect("the database opens");
    let before = timeline();
    assert!(stitcher.run(&["run"]).status < 2);
    let stitched = timeline();
    assert!(stitched.out.len() > before.out.len(), "{}", stitched.out);
    disk.cut_power();
    runtime.block_on(open.close());
    disk.unmount();
    disk.mount();
    assert_eq!(timeline().out, stitched.out, "a run that had answered is lost");
}

/// Names of the segments that the recorder said are closed.
fn closed_so_far(recorder: &Recorder) -> Vec<String> {
    let log = recorder.log();
    let closed = log.lines().filter(|line| line.contains("segment closed"));
    let name = |line: &str| line.split("segment=").nth(1)?.split(' ').next().map(str::to_owned);
    closed.filter_map(name).collect()
}

fn has_fragments(path: &std::path::Path, count: usize) -> bool {
    boxes::outermost(path).iter().filter(|kind| *kind == "moof").count() >= count
}

fn read(path: &std::path::Path) -> Vec<u8> {
    std::fs::read(path).expect("a segment stays where it is")
}

/// The next start takes everything into the database, as it lies there.
fn assert_recovers(site: &Site, setup: &Setup) {
    let mut next = site.start("blue", setup);
    next.wait_log("recovered", Duration::from_secs(20));
    next.wait_recording(&["avc", "hevc"], Duration::from_secs(20));
    assert!(next.terminate().success());
    for camera in ["avc", "hevc"] {
        let (judged, corrupt) = judge::indexed_segments(site, camera, "blue");
        assert!(corrupt.is_empty(), "{corrupt:?}");
        let recovered = judged.iter().filter(|j| j.row.state == SegmentState::Recovered).count();
        assert_eq!(recovered, 1, "{camera}: the one that was open");
    }
}
