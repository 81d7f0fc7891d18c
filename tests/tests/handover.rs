//! Handing over while cameras send and clients ask: nothing is lost.

mod handover_rig;
mod verdict;

use handover_rig::{Load, Relay, lost, overlaps, runs, signal};
use hitless_fixtures::codec::{AudioCodec, VideoCodec};
use hitless_fixtures::{CameraSpec, spawn};
use hitless_tests::{CameraSetup, Setup, Site, eventually};
use rustix::process::Signal;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);
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
    let health = eventually("the last one is counted", SOON, || {
        Some(relay.health()).filter(|health| health["handover"]["succeeded"] == 3)
    });
    let last = &health["handover"]["last"];
    assert_eq!((&last["from"], &last["to"]), (&"blue".into(), &"green".into()), "{last}");
    assert_eq!(last["exact_cameras"], 4, "{last}");
    assert!(last["overlap_seconds"].as_f64().is_some_and(|s| s > 1.0), "{last}");
    let metrics = verdict::checked_metrics(relay.first());
    let counted = "hitless_recorder_handovers_total{result=\"succeeded\"} 3";
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");
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

/// SIGHUP is a reload: the successor has the new configuration, and nobody
/// loses a frame. A configuration with a mistake changes nothing.
#[test]
fn a_reload_brings_the_configuration_on_disk() {
    let names = ["stays", "leaves", "changes", "comes"];
    let mut specs = names.map(|name| CameraSpec { gop: 30, ..CameraSpec::named(name) });
    specs[2].more_mounts = vec!["changed".into()];
    let (site, cameras) = (Site::new(), spawn(&specs).expect("cameras"));
    let plain = |ids: &[&str]| ids.iter().fold(Setup::new(), |s, id| s.camera(id, cameras.url(id)));
    let mut relay = Relay::new(&site, "blue", &plain(&names[..3]));
    relay.wait_recording(&names[..3]);
    let second =
        plain(&["stays", "comes"]).with(CameraSetup::new("changes", cameras.url("changed")));
    site.write_config("blue", &second, relay.bind());
    relay.first().reload();
    assert!(relay.first().wait_end(SOON).success());
    relay.wait_recording(&["stays", "comes", "changes"]);
    let health = relay.health();
    assert!(health["cameras"]["leaves"].is_null(), "{health}");
    assert_eq!(health["recording"]["total_cameras"], 3, "{health}");

    let path = relay.config().to_owned();
    let good = std::fs::read_to_string(&path).expect("it was written");
    std::fs::write(&path, good.replace("sync_seconds", "synk_seconds")).expect("a file");
    let pid = relay.pid();
    signal(pid, Signal::HUP);
    let line = relay.wait_log("handover failed, recording goes on as before");
    assert!(line.contains("refuses"), "{line}");
    assert!(relay.log().contains("sync_seconds"), "the mistake is named");
    assert_eq!(relay.pid(), pid);
    std::fs::write(&path, good).expect("a file");
    relay.terminate();
    for camera in ["stays", "changes"] {
        let runs = runs(&site, camera);
        assert_eq!(runs.len(), 2, "{camera}");
        assert!(lost(&runs).is_empty(), "{camera} lost {:?}", lost(&runs));
    }
}
