//! Cameras that stall, reboot, vanish, talk rubbish or change their minds, all
//! at once and in one recorder: each is noticed with a clear message and comes
//! back as a new strand, and the camera beside them loses nothing.

mod verdict;

use hitless_fixtures::camera::{Garbage, ParameterSets, Resume, TruthUnit};
use hitless_fixtures::codec::{AudioCodec, VideoCodec};
use hitless_fixtures::{CameraSpec, Cameras, Fault, Tally, spawn};
use hitless_model::{CameraState, Cause};
use hitless_tests::probe::probe;
use hitless_tests::{CameraSetup, Recorder, Setup, Site, footage, paths, until};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use verdict::{SOON, Stopped, Watch, camera, next_number, recorded};

/// The stall timer and the interval at which it is looked at, and a busy
/// machine's share.
const NOTICED: Duration = Duration::from_millis(5_000 + 500 + 1_000);

/// A camera that was never away.
const WELL: &[&str] =
    &["good", "reordered", "resizing", "falls-silent", "never-heard", "clock-set"];
/// Those that were, with what is said of them.
const AWAY: &[(&str, &str)] = &[
    ("stalling", "nothing came for 5."),
    ("stalling-udp", "nothing came for 5."),
    ("stalling-alone", "nothing came for 5."),
    ("rebooting", "the camera ended the session"),
    ("vanishing", "the camera has nothing at /vanishing (404)"),
    ("refusing", "no connection to 127.0.0.1:"),
    ("rubbish-rtsp", "no connection to 127.0.0.1:"),
];
/// Those whose pictures were rubbish for a while.
const RUBBISH: &[&str] = &["rubbish-payload", "rubbish-nal", "rubbish-hevc", "rubbish-described"];
/// Those of a camera that names its parameter sets in the SDP alone.
const DESCRIBED: &[&str] = &["rubbish-hevc", "rubbish-described"];
/// Length of the segments.
const SEGMENT_SECONDS: i64 = 2;

struct World {
    site: Site,
    cameras: Cameras,
    recorder: Recorder,
    faults_from: u64,
}

#[test]
fn a_faulty_camera_is_noticed_and_comes_back_and_the_others_lose_nothing() {
    let mut world = World::start();
    let watches: Vec<_> = WELL.iter().map(|c| (c, Watch::begin(&world.cameras, c))).collect();
    let begun = Instant::now();
    world.break_all();
    world.stall_is_noticed_in_time(begun);
    world.every_absence_is_told();
    world.all_come_back();
    verdict::checked_metrics(&world.recorder);
    let stopped = verdict::stop(&mut world.recorder, &world.cameras);
    for (camera, watch) in watches {
        watch.assert_whole(&world.site, &stopped, camera);
    }
    world.absent_cameras_lost_only_their_absence();
    world.rubbish_did_not_outlast_itself(&stopped);
    world.rubbish_is_in_no_description();
    world.segments_begin_at_borders();
    world.sizes_are_kept_apart();
    world.the_clock_that_was_set_is_recorded();
    world.sound_did_not_hold_up_the_picture();
}

impl World {
    fn start() -> Self {
        let own_port = |name: &str| CameraSpec { port: Some(0), ..camera(name) };
        let heard = |name: &str| CameraSpec { audio: AudioCodec::Aac, ..camera(name) };
        let described =
            |name: &str| CameraSpec { parameter_sets: ParameterSets::Described, ..camera(name) };
        let specs = [
            camera("good"),
            CameraSpec { b_frames: 2, ..camera("reordered") },
            camera("stalling"),
            camera("stalling-udp"),
            // Serves one session, also to whoever left without a word.
            CameraSpec { max_sessions: Some(1), stale_seconds: 300.0, ..camera("stalling-alone") },
            camera("rebooting"),
            camera("vanishing"),
            own_port("refusing"),
            camera("rubbish-payload"),
            camera("rubbish-nal"),
            described("rubbish-described"),
            CameraSpec { codec: VideoCodec::H265, ..described("rubbish-hevc") },
            own_port("rubbish-rtsp"),
            CameraSpec { sizes: vec![(320, 180), (640, 360)], ..camera("resizing") },
            heard("falls-silent"),
            CameraSpec { audio_starts: false, ..heard("never-heard") },
            camera("clock-set"),
        ];
        let cameras = spawn(&specs).expect("cameras");
        let site = Site::new();
        let names: Vec<&str> = specs.iter().map(|s| s.name.as_str()).collect();
        let setup = names.iter().fold(
            Setup::new().key("segment_seconds", SEGMENT_SECONDS).table(
                "recorder",
                "backoff_max_seconds",
                2,
            ),
            |setup, name| {
                let camera = CameraSetup::new(name, cameras.url(name));
                setup.with(if name.ends_with("udp") { camera.gstreamer("udp") } else { camera })
            },
        );
        let recorder = site.start("blue", &setup);
        recorder.wait_recording(&names, SOON);
        // A sender report of each, so that a step of a clock can be seen.
        until("each camera has told its clock", SOON, || {
            names.iter().all(|name| {
                let first = site.segments(name, "blue").into_iter().next();
                let meta = first.map(|s| s.path.with_extension("meta"));
                let text = meta.and_then(|m| std::fs::read_to_string(m).ok()).unwrap_or_default();
                text.contains("sender_report")
            })
        });
        let faults_from = next_number(&cameras, "good");
        Self { site, cameras, recorder, faults_from }
    }

    fn break_all(&self) {
        let resume = Resume::Anywhere;
        let garbage = |what| Fault::Garbage { seconds: 3.0, what };
        let faults = [
            ("stalling", Fault::Stall { seconds: Some(7.0), resume }),
            ("stalling-udp", Fault::Stall { seconds: Some(7.0), resume }),
            ("stalling-alone", Fault::Stall { seconds: Some(7.0), resume }),
            ("rebooting", Fault::Reboot { seconds: 2.0 }),
            ("vanishing", Fault::Vanish { seconds: Some(3.0), refuse: false }),
            ("refusing", Fault::Vanish { seconds: Some(3.0), refuse: true }),
            ("rubbish-payload", garbage(Garbage::Payload)),
            ("rubbish-nal", garbage(Garbage::Nal)),
            ("rubbish-described", garbage(Garbage::Nal)),
            ("rubbish-hevc", garbage(Garbage::Nal)),
            ("rubbish-rtsp", garbage(Garbage::Rtsp)),
            ("resizing", Fault::SwitchSize),
            ("falls-silent", Fault::AudioSilent { seconds: Some(4.0) }),
            ("clock-set", Fault::ClockStep { seconds: -400.0 }),
        ];
        for (camera, fault) in faults {
            self.cameras.fault(camera, fault).expect("the cameras answer");
        }
    }

    fn stall_is_noticed_in_time(&self, begun: Instant) {
        self.recorder.wait_log("camera stalling is stalled: nothing came for 5.", SOON);
        let took = begun.elapsed();
        assert!(took < NOTICED, "the stall was noticed after {took:?}");
    }

    fn every_absence_is_told(&self) {
        for (camera, why) in AWAY {
            self.recorder.wait_log(&format!("camera {camera} is backing_off: {why}"), SOON);
        }
    }

    fn all_come_back(&self) {
        until("the stall is over", SOON, || {
            next_number(&self.cameras, "stalling") > self.faults_from + 200
        });
        let names: Vec<&str> = self.cameras.cameras().iter().map(|c| c.camera.as_str()).collect();
        self.recorder.wait_recording(&names, SOON);
        let back = next_number(&self.cameras, "good");
        until("two more segments of all", SOON, || next_number(&self.cameras, "good") > back + 100);
    }

    fn absent_cameras_lost_only_their_absence(&self) {
        for (camera, _) in AWAY {
            self.lost_only_its_absence(camera);
            let rows = self.site.rows(camera, "blue");
            let strands: BTreeSet<u32> = rows.iter().map(|row| row.strand).collect();
            assert!(strands.len() >= 2, "{camera} came back in strand {strands:?}");
            let told = verdict::told(&verdict::database(&self.site), camera);
            let away = |e: &&hitless_model::CameraEvent| e.state == CameraState::BackingOff;
            let event = told.events.iter().find(away);
            let event = event.unwrap_or_else(|| panic!("no absence of {camera} in the database"));
            assert_eq!(event.cause, Some(Cause::CameraAway), "{camera}: {event:?}");
        }
    }

    /// One hole: from the last picture sent before the fault to a key frame
    /// that is the first, or one of the first, after it.
    fn lost_only_its_absence(&self, camera: &str) {
        let tally = Tally::of(&recorded(&self.site, camera));
        assert!(tally.doubled.is_empty() && tally.steps_back == 0, "{camera}: {tally}");
        assert_eq!(tally.lost.len(), 1, "{camera} has one hole: {tally}");
        let truth = self.cameras.truth(camera).expect("a truth log");
        let hole = tally.lost[0];
        let sent_in_hole: Vec<_> =
            truth.iter().filter(|u| (hole.first..=hole.last).contains(&u.number)).collect();
        let before: Vec<u64> = sent_in_hole
            .iter()
            .map(|u| u.number)
            .take_while(|n| *n < self.faults_from + 5)
            .collect();
        assert!(before.len() <= 3, "{camera}: {before:?} were sent before the fault and are lost");
        let back = truth.iter().find(|u| u.number == hole.last + 1).expect("it was sent");
        assert!(back.key, "{camera}: {} is no key frame", back.number);
    }

    /// What is sent before and after is all there, and what is recorded long
    /// after gives no player pause.
    fn rubbish_did_not_outlast_itself(&self, stopped: &Stopped) {
        for camera in RUBBISH {
            let files = paths(&self.site.segments(camera, "blue"));
            // ffmpeg may complain about what the rubbish says, as long as it goes on.
            let recorded = footage::numbers_of_killed(&files);
            let recorded: BTreeSet<u64> = recorded.into_iter().collect();
            let first = *recorded.first().expect("something is recorded");
            let truth = self.cameras.truth(camera).expect("a truth log");
            let rubbish = |u: &&TruthUnit| u.garbage;
            let begun = truth.iter().find(rubbish).expect("there was rubbish").number;
            let ended = truth.iter().rfind(rubbish).expect("there was rubbish").number;
            let missing = |from: u64, until: u64| -> Vec<u64> {
                let sent = truth.iter().map(|u| u.number).filter(|n| (from..until).contains(n));
                sent.filter(|n| !recorded.contains(n)).collect()
            };
            let before = missing(first, begun - 1);
            assert!(before.is_empty(), "{camera}: lost before the rubbish: {before:?}");
            let later = truth.iter().find(|u| u.key && u.number > ended + 25).expect("a key frame");
            let after = missing(later.number, stopped.number(camera) - 15);
            assert!(after.is_empty(), "{camera}: lost after the rubbish: {after:?}");
            let tally = Tally::of(&footage::numbers_of_killed(&files[files.len() - 1..]));
            assert!(tally.is_whole() && tally.count > 0, "{camera}: {tally}");
        }
    }

    /// What a second of rubbish looked like is not what later files begin with.
    fn rubbish_is_in_no_description(&self) {
        for camera in DESCRIBED {
            let rows = self.site.rows(camera, "blue");
            let sets: Vec<_> =
                rows.iter().map(|row| row.video.as_ref().map(|video| video.parameters)).collect();
            assert!(sets.iter().all(|hash| *hash == sets[0]), "{camera}: {sets:?}");
        }
    }

    /// At the first key frame after a multiple of their length since 1970, by
    /// the camera's clock, as soon as that is known.
    fn segments_begin_at_borders(&self) {
        const TICK: i64 = 1_000_000_000;
        for camera in ["good", "reordered", "falls-silent"] {
            let rows = self.site.rows(camera, "blue");
            assert!(rows.len() > 6, "{camera}: {} segments", rows.len());
            for row in &rows[3..] {
                // Key frames are a second apart, the clock's error is 50 ms.
                let late = (row.start.as_ns() + TICK / 20).rem_euclid(SEGMENT_SECONDS * TICK);
                assert!(late <= TICK + TICK / 10, "{}: {late} ns after a border", row.name);
            }
        }
    }

    fn sizes_are_kept_apart(&self) {
        let sizes: Vec<_> = self
            .site
            .segments("resizing", "blue")
            .iter()
            .map(|s| probe(&s.path).expect("readable").size)
            .collect();
        let changes = sizes.windows(2).filter(|w| w[0] != w[1]).count();
        assert_eq!(changes, 1, "{sizes:?}");
        assert_eq!((sizes[0], sizes[sizes.len() - 1]), ((320, 180), (640, 360)));
        let rows = self.site.rows("resizing", "blue");
        assert!(rows.iter().all(|row| row.strand == rows[0].strand), "one strand throughout");
    }

    fn the_clock_that_was_set_is_recorded(&self) {
        self.recorder.wait_log("the camera's clock was set", SOON);
        let steps = verdict::told(&verdict::database(&self.site), "clock-set").steps;
        let of_camera: Vec<f64> = steps
            .iter()
            .filter(|s| s.camera.as_ref().is_some_and(|c| c.as_str() == "clock-set"))
            .map(|s| s.step.as_secs_f64())
            .collect();
        assert!(
            of_camera.len() == 1 && (of_camera[0] + 400.0).abs() < 1.0,
            "one step by -400 s: {of_camera:?}"
        );
    }

    fn sound_did_not_hold_up_the_picture(&self) {
        for (camera, heard) in [("falls-silent", true), ("never-heard", false)] {
            for segment in self.site.segments(camera, "blue") {
                let probe = probe(&segment.path).expect("readable");
                assert_eq!(probe.audio_codec.as_deref(), Some("aac"), "{}", segment.name);
                assert!(heard || probe.audio.is_empty(), "{}: sound?", segment.name);
            }
        }
    }
}
