//! Handing over while cameras send and clients ask: nothing is lost.

mod handover_rig;

use handover_rig::{Load, Relay, overlaps, runs};
use hitless_fixtures::codec::{AudioCodec, VideoCodec};
use hitless_fixtures::{CameraSpec, spawn};
use hitless_tests::{Setup, Site};
use std::time::Duration;

const CAMERAS: [&str; 4] = ["CAM_1", "CAM_2", "CAM_3", "CAM_4"];

/// H.264 and H.265, with sound and without, key frames every one and two seconds.
fn specs() -> Vec<CameraSpec> {
    let named = |name: &str| CameraSpec { gop: 60, ..CameraSpec::named(name) };
    vec![
        CameraSpec { audio: AudioCodec::Aac, ..named("CAM_1") },
        CameraSpec { codec: VideoCodec::H265, ..named("CAM_2") },
        CameraSpec { gop: 30, ..named("CAM_3") },
        CameraSpec { codec: VideoCodec::H265, audio: AudioCodec::Pcmu, ..named("CAM_4") },
    ]
}

#[test]
fn three_handovers_in_a_row_lose_no_frame_and_no_request() {
    let cameras = spawn(&specs()).expect("cameras");
    let site = Site::new();
    let setup = CAMERAS.iter().fold(Setup::new(), |s, c| s.camera(c, cameras.url(c)));
    let mut relay = Relay::new(&site, "blue", &setup);
    relay.wait_recording(&CAMERAS);
    let load = Load::start(relay.bind());
    for instance in ["green", "blue", "green"] {
        let said = relay.hand_over().expect("the handover succeeds");
        assert!(said.contains(&format!("to {instance}")), "{said}");
        assert_eq!(relay.health()["instance_id"], instance);
    }
    let served = load.stop();
    assert!(served.failures.is_empty(), "{:?}", served.failures);
    assert!(served.answers > 100, "{} answers", served.answers);
    relay.terminate();

    for camera in CAMERAS {
        let runs = runs(&site, camera);
        assert_eq!(runs.len(), 4, "{camera}");
        for run in &runs {
            assert!(run.tally().is_whole(), "{camera} by {}: {}", run.instance, run.tally());
        }
        for (before, after) in overlaps(&runs) {
            let common = before.common_key_frames(after);
            assert!(common >= 2, "{camera}: {common} key frames in common");
        }
    }
    let log = relay.log();
    assert!(!log.contains("ERROR"), "{log}");
    assert!(Duration::from_secs(1) < relay.longest, "a handover takes a key frame at least");
}
