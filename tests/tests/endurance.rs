//! What must stay small however long it goes on: what waits in memory and what
//! a crash costs where key frames are minutes apart, and what sessions that
//! break time after time leave behind.

mod verdict;

use hitless_fixtures::codec::VideoCodec;
use hitless_fixtures::{CameraSpec, Cameras, Fault, Tally, spawn};
use hitless_model::{Segment, SegmentState};
use hitless_tests::{
    CameraSetup, Recorder, SegmentFile, Setup, Site, eventually, footage, judge, paths, until,
};
use std::time::Duration;
use verdict::{SOON, camera, camera_health, next_number};

const FPS: u32 = 25;
/// Key frames of cameras with a "smart" codec: two minutes apart.
const GOP: u32 = 120 * FPS;
/// How long after the cameras' start the first of them comes: a recorder is
/// there by then.
const FIRST_KEY: u32 = 8 * FPS;
/// Whoever misses it waits for the next.
const NEXT_KEY: Duration = Duration::from_secs(180);
/// How much is recorded of such a group at least before the crash.
const RECORDED: u64 = 20 * FPS as u64;
/// What the crash may cost of what was taken: a group as it is gathered and a
/// fragment, of one second each, whatever the camera's; and some pictures, since
/// a group ends behind those that are reordered. 54 were seen.
const MOST_LOST: u64 = 2 * FPS as u64 + 10;

const SMART: [&str; 2] = ["smart-avc", "smart-hevc"];
const FLAPPING: [&str; 2] = ["flapping", "flapping-gst"];
/// Sessions that break before and after memory and threads are looked at.
const BREAKS: [u64; 2] = [8, 24];
/// What memory may differ by, all the same: pages that the allocator keeps.
const SLACK_KB: u64 = 4 << 10;

fn spawn_cameras() -> Cameras {
    let smart = |name, codec| CameraSpec {
        codec,
        gop: GOP,
        b_frames: 2,
        loop_seconds: 2 * GOP / FPS,
        first_place: GOP - FIRST_KEY,
        ..camera(name)
    };
    // With a key frame at hand whenever a session begins.
    let flapping = |name| CameraSpec { gop: 5, ..camera(name) };
    spawn(&[
        smart(SMART[0], VideoCodec::H264),
        smart(SMART[1], VideoCodec::H265),
        flapping(FLAPPING[0]),
        flapping(FLAPPING[1]),
    ])
    .expect("cameras")
}

#[test]
fn nothing_grows_with_long_groups_and_broken_sessions() {
    let (site, cameras) = (Site::new(), spawn_cameras());
    let setup = Setup::new()
        .table("recorder", "backoff_initial_seconds", 0.1)
        .table("recorder", "backoff_max_seconds", 0.2)
        .camera(SMART[0], cameras.url(SMART[0]))
        .camera(SMART[1], cameras.url(SMART[1]))
        .camera(FLAPPING[0], cameras.url(FLAPPING[0]))
        .with(CameraSetup::new(FLAPPING[1], cameras.url(FLAPPING[1])).gstreamer("tcp"));
    let mut recorder = site.start("blue", &setup);
    recorder.wait_recording(&SMART, NEXT_KEY);
    let begun = next_number(&cameras, SMART[0]);
    recorder.wait_recording(&FLAPPING, SOON);

    break_sessions(&recorder, &cameras, 0..BREAKS[0]);
    let before = Footprint::of(&recorder);
    break_sessions(&recorder, &cameras, BREAKS[0]..BREAKS[1]);
    before.is_not_outgrown(&recorder);

    until("a good deal of a long group", SOON, || {
        next_number(&cameras, SMART[0]) > begun + RECORDED
    });
    SMART.iter().for_each(|name| little_waits(&recorder, name));
    let taken = SMART.map(|name| camera_health(&recorder, name)["samples"].as_u64());
    recorder.kill();
    let left = SMART.map(|name| site.segments(name, "blue"));
    let mut next = site.start("blue", &setup);
    for (name, left) in SMART.iter().zip(&left) {
        until("everything is recovered", SOON, || {
            let rows = site.rows(name, "blue");
            let open = |row: &&Segment| row.state == SegmentState::Recording;
            let of_left = |row: &Segment| left.iter().any(|file| file.name == row.name);
            !rows.iter().filter(open).any(of_left)
        });
    }
    assert!(next.terminate().success());
    for ((name, left), taken) in SMART.iter().zip(left).zip(taken) {
        crash_cost_as_little_as_ever(&site, name, &left, taken.expect("counted"));
    }
}

/// Breaks the sessions of the flapping cameras, each time as soon as they are
/// recorded again.
fn break_sessions(recorder: &Recorder, cameras: &Cameras, times: std::ops::Range<u64>) {
    for time in times {
        FLAPPING.iter().for_each(|name| {
            cameras.fault(name, Fault::Disconnect).expect("the cameras answer");
        });
        for name in FLAPPING {
            until(&format!("{name} is back for the {time}th time"), SOON, || {
                let health = camera_health(recorder, name);
                health["reconnects"].as_u64() > Some(time) && health["state"] == "recording"
            });
        }
    }
}

/// At most a quarter of what came of the group: it lasts twenty seconds by now,
/// and two or three of them may wait.
#[track_caller]
fn little_waits(recorder: &Recorder, camera: &str) {
    let health = camera_health(recorder, camera);
    let [bytes, waiting] = ["bytes", "in_flight_bytes"].map(|key| health[key].as_u64());
    let (bytes, waiting) = (bytes.expect("counted"), waiting.expect("counted"));
    assert!(waiting * 4 < bytes, "{camera}: {waiting} of {bytes} bytes wait");
}

#[track_caller]
fn crash_cost_as_little_as_ever(site: &Site, camera: &str, left: &[SegmentFile], taken: u64) {
    let (judged, corrupt) = judge::indexed_segments(site, camera, "blue");
    assert!(corrupt.is_empty(), "{corrupt:?}");
    let last = left.last().expect("a file").number();
    let row = &judged.iter().find(|j| j.file.number() == last).expect("its row").row;
    assert_eq!(row.state, SegmentState::Recovered, "{camera}: {:?}", row.note);
    let tally = Tally::of(&footage::numbers_of_killed(&paths(left)));
    assert!(tally.is_whole(), "{camera}: {tally}");
    let lost = taken.saturating_sub(tally.count as u64);
    eprintln!("{camera}: the crash cost {lost} of {taken} pictures");
    assert!(lost <= MOST_LOST, "{camera}: {lost} of {taken} pictures lost; {tally}");
}

/// What a process takes of its machine.
struct Footprint {
    threads: u64,
    memory_kb: u64,
}

impl Footprint {
    fn of(recorder: &Recorder) -> Self {
        Self {
            threads: figure(recorder, "status", "Threads:"),
            memory_kb: figure(recorder, "smaps_rollup", "Pss:"),
        }
    }

    /// What ended takes a moment to be gone.
    fn is_not_outgrown(&self, recorder: &Recorder) {
        let now = eventually("the threads of broken sessions end", SOON, || {
            Some(Self::of(recorder)).filter(|now| now.threads <= self.threads + 2)
        });
        eprintln!("{} kB, {} threads; then", self.memory_kb, self.threads);
        eprintln!("{} kB, {} threads", now.memory_kb, now.threads);
        let most = self.memory_kb + SLACK_KB;
        assert!(now.memory_kb <= most, "{} kB, {} before", now.memory_kb, self.memory_kb);
    }
}

/// The number behind a word in a file on the process.
fn figure(recorder: &Recorder, file: &str, word: &str) -> u64 {
    let path = format!("/proc/{}/{file}", recorder.pid());
    let text = std::fs::read_to_string(&path).expect("the process runs");
    let line = text.lines().find_map(|line| line.strip_prefix(word)).expect("it is told");
    line.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a number")
}
