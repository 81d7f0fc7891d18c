//! SIGKILL at twenty random moments, eight cameras: what was recorded is
//! there, readable and in the database; what was lost is bounded; nothing is
//! overwritten, and numbers never restart.

use hitless_fixtures::camera::TruthUnit;
use hitless_fixtures::codec::{AudioCodec, VideoCodec};
use hitless_fixtures::{CameraSpec, Tally, child::Cameras, spawn};
use hitless_model::{RunId, SegmentState};
use hitless_tests::judge::{self, Judged};
use hitless_tests::{Recorder, Setup, Site, footage, until};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use xxhash_rust::xxh3::xxh3_64;

const KILLS: usize = 20;
const FPS: usize = 30;
/// What a kill may cost: the GOP in progress and the fragment in progress, of
/// one second each; the unit on its way in, the one that waits for its
/// follower, and what the camera sent within the 50 ms that reads are gathered.
const MOST_LOST: usize = 2 * FPS + 5;
/// When a camera has something on disk after a start, at the latest: two GOPs
/// and two seconds.
const FIRST_ON_DISK: Duration = Duration::from_secs(4);

fn specs() -> Vec<CameraSpec> {
    let camera = |n: usize| CameraSpec {
        codec: if n % 4 == 3 { VideoCodec::H265 } else { VideoCodec::H264 },
        audio: [AudioCodec::Aac, AudioCodec::None, AudioCodec::Pcmu, AudioCodec::Aac][n % 4],
        ..CameraSpec::named(format!("cam{n}"))
    };
    (0..8).map(camera).collect()
}

/// A life of the recorder and how it ended.
struct Life {
    run: RunId,
    started_ns: i64,
    killed_ns: i64,
}

#[test]
fn twenty_kills_cost_two_seconds_each_at_most() {
    let specs = specs();
    let cameras = spawn(&specs).expect("cameras");
    let site = Site::new();
    let setup = specs.iter().fold(Setup::new().key("segment_seconds", 2), |setup, spec| {
        setup.camera(&spec.name, cameras.url(&spec.name))
    });
    let seed = seed();
    eprintln!("HITLESS_TEST_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut kept = Kept::default();
    let mut lives = Vec::new();
    for kill in 0..KILLS {
        let started_ns = now_ns();
        let mut recorder = site.start("blue", &setup);
        let run = run_of(&recorder);
        // Every fifth is killed while it starts, the others while they record.
        if kill % 5 != 4 {
            let names: Vec<&str> = specs.iter().map(|s| s.name.as_str()).collect();
            recorder.wait_recording(&names, Duration::from_secs(20));
        }
        std::thread::sleep(Duration::from_millis(random.u64(0..4000)));
        let killed_ns = now_ns();
        recorder.kill();
        kept.note_new_files(&site);
        lives.push(Life { run, started_ns, killed_ns });
    }
    let mut last = site.start("blue", &setup);
    until_recovered(&site, &specs, &run_of(&last));
    assert!(last.terminate().success());

    kept.assert_untouched();
    let judge = |spec: &CameraSpec| judge_camera(&site, &cameras, &spec.name, &lives);
    let unreadable: usize = std::thread::scope(|scope| {
        let halves = specs.chunks(specs.len().div_ceil(2));
        let judges: Vec<_> =
            halves.map(|half| scope.spawn(|| half.iter().map(judge).sum::<usize>())).collect();
        judges.into_iter().map(|judge| judge.join().expect("no verdict failed")).sum()
    });
    let files = kept.0.len();
    eprintln!("{KILLS} kills, {files} files, {unreadable} killed before anything was readable");
}

/// From the environment, to repeat a failure, else new.
fn seed() -> u64 {
    match std::env::var("HITLESS_TEST_SEED") {
        Ok(seed) => seed.parse().expect("HITLESS_TEST_SEED is a number"),
        Err(_) => fastrand::u64(..),
    }
}

fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_nanos()).expect("before 2262")
}

fn run_of(recorder: &Recorder) -> RunId {
    let health = recorder.health();
    RunId::new(health["run_id"].as_str().expect("a run id")).expect("a run id")
}

/// The contents of every segment as the kill left it that followed it.
#[derive(Default)]
struct Kept(BTreeMap<PathBuf, u64>);

impl Kept {
    fn note_new_files(&mut self, site: &Site) {
        for segment in site.all_segments() {
            let hash = || content(&segment.path);
            self.0.entry(segment.path.clone()).or_insert_with(hash);
        }
    }

    fn assert_untouched(&self) {
        for (path, hash) in &self.0 {
            assert_eq!(content(path), *hash, "{} was changed after its run", path.display());
        }
    }
}

fn content(path: &PathBuf) -> u64 {
    xxh3_64(&std::fs::read(path).expect("a segment stays where it is"))
}

/// Until no segment of a run before `last` counts as being recorded, and every
/// file has its row.
fn until_recovered(site: &Site, specs: &[CameraSpec], last: &RunId) {
    until("everything is recovered", Duration::from_secs(30), || {
        specs.iter().all(|spec| {
            let rows = site.rows(&spec.name, "blue");
            let open = |row: &&hitless_model::Segment| row.state == SegmentState::Recording;
            rows.iter().filter(open).all(|row| row.run.as_ref() == Some(last))
        })
    });
}

/// Judges what there is of a camera, and says how many files hold nothing.
fn judge_camera(site: &Site, cameras: &Cameras, camera: &str, lives: &[Life]) -> usize {
    let truth = cameras.truth(camera).expect("a truth log");
    let (readable, corrupt) = judge::indexed_segments(site, camera, "blue");
    for life in lives {
        let of_life: Vec<&Judged> =
            readable.iter().filter(|j| j.row.run.as_ref() == Some(&life.run)).collect();
        judge_life(camera, &of_life, &truth, life);
    }
    for row in &corrupt {
        eprintln!("{}: {:?}", row.name, row.note);
    }
    corrupt.len()
}

fn judge_life(camera: &str, segments: &[&Judged], truth: &[TruthUnit], life: &Life) {
    let what = format!("{camera} in run {}", life.run);
    let sent_by_then = truth.iter().filter(|unit| unit.host_ns <= life.killed_ns);
    let Some(last_sent) = sent_by_then.map(|unit| unit.number).max() else { return };
    if segments.is_empty() {
        let lived = Duration::from_nanos((life.killed_ns - life.started_ns).unsigned_abs());
        assert!(lived < FIRST_ON_DISK, "{what}: nothing on disk after {lived:?}");
        return;
    }
    let files: Vec<PathBuf> = segments.iter().map(|j| j.file.path.clone()).collect();
    let units = footage::units_of_killed(&files);
    judge::units_are_true(&units, truth);
    let numbers: Vec<u64> = units.iter().filter_map(|u| Some(u.mark?.number)).collect();
    let tally = Tally::of(&numbers);
    assert!(tally.is_whole(), "{what}: {tally}");
    let samples: usize = segments.iter().map(|j| j.probe.video.len()).sum();
    assert_eq!(samples, numbers.len(), "{what}: a unit is a sample");
    let lost = last_sent.saturating_sub(*numbers.last().expect("units")) as usize;
    assert!(lost <= MOST_LOST, "{what}: {lost} units lost");
}
