//! A disk that hangs: what comes waits in memory, nothing is lost, and nobody
//! who records elsewhere is disturbed.

mod disk;
mod verdict;

use disk::Frozen;
use hitless_fixtures::spawn;
use hitless_model::SegmentState;
use hitless_tests::{LoopDisk, Setup, Site, until};
use verdict::{SOON, Watch, camera, seconds};

/// A disk that hangs for some seconds costs nothing at all: what comes waits in
/// memory. It disturbs nobody who records elsewhere, and the recorder answers.
#[test]
fn a_disk_that_hangs_loses_nothing_and_disturbs_nobody() {
    let names = ["one", "two"];
    let cameras = spawn(&names.map(camera)).expect("cameras");
    let disk = LoopDisk::new(64);
    let (hung, well) = (Site::with_storage(disk.path().join("recordings")), Site::new());
    std::fs::create_dir(hung.storage()).expect("a folder");
    let mut recorders = [&hung, &well].map(|site| {
        let setup = Setup::new().table("recorder.disk", "min_free_bytes", "1MiB");
        let setup = names.iter().fold(setup, |s, name| s.camera(name, cameras.url(name)));
        site.start("blue", &setup)
    });
    recorders.iter().for_each(|r| r.wait_recording(&names, SOON));
    let watch = names.map(|name| (name, Watch::begin(&cameras, name)));
    seconds(&cameras, "one", 1);
    let frozen = Frozen::new(disk.path());
    seconds(&cameras, "one", 6);
    let health = recorders[0].health();
    assert_eq!(health["system"]["pid"], recorders[0].pid(), "it answers: {health}");
    drop(frozen);
    seconds(&cameras, "one", 2);
    let [of_hung, of_well] = &mut recorders;
    let stopped = verdict::stop(of_well, &cameras);
    let stopped_hung = verdict::stop(of_hung, &cameras);
    for (name, watch) in watch {
        watch.assert_whole(&well, &stopped, name);
        watch.assert_whole(&hung, &stopped_hung, name);
        let rows = hung.rows(name, "blue");
        let files = hung.segments(name, "blue");
        assert_eq!(rows.len(), files.len(), "rows and files of {name}");
        assert!(rows.iter().all(|row| row.state == SegmentState::Complete), "{rows:?}");
    }
}

/// Some folders of one recorder lie on a disk that hangs, of more cameras than
/// it has threads for such work. The camera beside them is recorded, closed and
/// indexed as if nothing were, and the others lose nothing once the disk is back.
#[test]
fn a_disk_that_hangs_under_many_cameras_holds_up_no_other() {
    let on_it = ["a", "b", "c", "d", "e", "f", "g"];
    let all: Vec<_> = on_it.iter().chain(&["well"]).map(|name| camera(name)).collect();
    let cameras = spawn(&all).expect("cameras");
    let (disk, site) = (LoopDisk::new(64), Site::new());
    let setup = on_it.iter().fold(Setup::new().camera("well", cameras.url("well")), |s, name| {
        let folder = disk.path().join(name);
        std::fs::create_dir(&folder).expect("a folder on the disk");
        std::os::unix::fs::symlink(&folder, site.storage().join(name)).expect("a link to it");
        s.camera(name, cameras.url(name))
    });
    let mut recorder = site.start("blue", &setup);
    recorder.wait_recording(&on_it, SOON);
    recorder.wait_recording(&["well"], SOON);
    let watch = on_it.map(|name| (name, Watch::begin(&cameras, name)));
    let watch_well = Watch::begin(&cameras, "well");
    seconds(&cameras, "well", 1);
    let frozen = Frozen::new(disk.path());
    let complete = || {
        let rows = site.rows("well", "blue");
        rows.iter().filter(|row| row.state == SegmentState::Complete).count()
    };
    // A border may have just passed: the first of these was closed before.
    let before = complete();
    until("segments beside the hung disk are closed", SOON, || complete() >= before + 4);
    drop(frozen);
    seconds(&cameras, "well", 2);
    let stopped = verdict::stop(&mut recorder, &cameras);
    watch_well.assert_whole(&site, &stopped, "well");
    for (name, watch) in watch {
        watch.assert_whole(&site, &stopped, name);
        let rows = site.rows(name, "blue");
        assert!(rows.iter().all(|row| row.state == SegmentState::Complete), "{rows:?}");
    }
}
