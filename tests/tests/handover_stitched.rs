//! Handovers, stitched: every frame of every camera exactly once, and every
//! switch from one recorder to the next frame-exact.

mod handover_rig;

use handover_rig::{Load, Relay, is_alive, runs, signal};
use hitless_fixtures::camera::TruthUnit;
use hitless_fixtures::codec::{AudioCodec, VideoCodec};
use hitless_fixtures::count::RecordedUnit;
use hitless_fixtures::{CameraSpec, Fault, Tally, spawn};
use hitless_tests::{CameraSetup, Setup, Site, Stitcher, eventually, footage, paths, spans, until};
use rustix::process::Signal;
use std::collections::{BTreeSet, HashMap};
use std::process::Stdio;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

const HANDOVERS: usize = 10;
const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// H.264 and H.265, with sound of each kind and without.
fn spec(number: usize) -> CameraSpec {
    let codec = if number.is_multiple_of(2) { VideoCodec::H264 } else { VideoCodec::H265 };
    let audio = [AudioCodec::None, AudioCodec::Aac, AudioCodec::Pcmu][number % 3];
    CameraSpec { codec, audio, gop: 30, ..CameraSpec::named(NAMES[number]) }
}

#[test]
fn ten_handovers_of_eight_cameras_stitch_to_every_frame_exactly_once() {
    let specs: Vec<CameraSpec> = (0..NAMES.len()).map(spec).collect();
    let (site, cameras) = (Site::new(), spawn(&specs).expect("cameras"));
    let setup = Setup::new().key("segment_seconds", 5);
    let setup = NAMES.iter().fold(setup, |s, name| s.camera(name, cameras.url(name)));
    let mut relay = Relay::new(&site, "blue", &setup);
    relay.wait_recording(&NAMES);
    let load = Load::start(relay.bind());
    for number in 0..HANDOVERS {
        relay.hand_over().unwrap_or_else(|why| panic!("handover {number}: {why}"));
    }
    let served = load.stop();
    eprintln!("{}", served.latency());
    assert!(served.failures.is_empty(), "{:?}", served.failures);
    relay.terminate();
    eprintln!("the longest of {HANDOVERS} handovers: {:.1} s", relay.longest.as_secs_f64());

    let stitcher = Stitcher::new(&site, &setup);
    let run = stitcher.run(&["run", "--since", "1h"]);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    for name in NAMES {
        let played = stitcher.played(&stitcher.timeline(name, 0));
        let numbers = spans::numbers(&played);
        assert!(Tally::of(&numbers).is_whole(), "{name}: {}", Tally::of(&numbers));
        let exact = played.iter().filter(|span| span.seam == "exact").count();
        assert_eq!(exact, HANDOVERS, "{name}: {played:?}");
        let others = |seam: &str| !["start", "exact", "same-strand"].contains(&seam);
        assert!(!played.iter().any(|span| others(&span.seam)), "{name}: {played:?}");
    }
}

/// The numbers of those units that are just as they were sent. By their slices:
/// the SEI that bears the number may be what the network lost.
fn whole_numbers(units: &[RecordedUnit], truth: &[TruthUnit]) -> Vec<u64> {
    let sent: HashMap<&str, u64> = truth.iter().map(|u| (u.hash.as_str(), u.number)).collect();
    let number = |unit: &RecordedUnit| sent.get(format!("{:016x}", unit.hash).as_str()).copied();
    units.iter().filter(|unit| unit.slices > 0).filter_map(number).collect()
}

/// Packets get lost all the time, a camera reboots in the middle of a handover,
/// and in the last one the old recorder is killed: what any of them recorded
/// whole is played, once.
#[test]
fn handovers_in_bad_weather_lose_nothing_that_anybody_has() {
    let names = ["good", "rain", "storm", "reboots"];
    let spec = |name: &str| CameraSpec {
        gop: 30,
        more_mounts: vec![format!("{name}-other")],
        ..CameraSpec::named(name)
    };
    let (site, cameras) = (Site::new(), spawn(&names.map(spec)).expect("cameras"));
    // Each recorder on a path of its own, which loses packets of its own.
    let setup = |path: &str| {
        let udp = |name: &str| {
            let url = cameras.url(&format!("{name}{path}"));
            CameraSetup::new(name, url).gstreamer("udp")
        };
        ["good", "reboots"]
            .iter()
            .fold(Setup::new().key("segment_seconds", 5), |s, n| s.camera(n, cameras.url(n)))
            .table("recorder", "stall_seconds", 2)
            .with(udp("rain"))
            .with(udp("storm"))
    };
    for (name, percent) in [("rain", 0.5), ("storm", 2.0)] {
        for path in ["", "-other"] {
            let mount = Some(format!("{name}{path}"));
            let loss = Fault::Lose { packets: 0, percent, seconds: None, mount };
            cameras.fault(name, loss).expect("the camera hears");
        }
    }
    let other = setup("-other");
    let setup = setup("");
    let mut relay = Relay::new(&site, "blue", &setup);
    relay.wait_recording(&names);
    site.write_config("blue", &other, relay.bind());
    relay.hand_over().expect("loss is no obstacle");
    site.write_config("blue", &setup, relay.bind());

    let asking = relay.asking().stdout(Stdio::null()).spawn().expect("it runs");
    cameras.fault("reboots", Fault::Reboot { seconds: 2.0 }).expect("the camera hears");
    let output = asking.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    relay.wait_recording(&names);

    let (old, seen) = (relay.pid(), relay.log().len());
    let mut asking = relay.asking();
    let mut asking = asking.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    eventually("the new one records", SOON, || {
        relay.log()[seen..].matches(" is recording ").nth(names.len() - 1).map(drop)
    });
    signal(old, Signal::KILL);
    asking.wait().expect("it ends");
    until("the old one is gone", SOON, || !is_alive(old));
    // A file may have been killed before there was anything in it.
    until("what it left open is looked after", SOON, || {
        let log = &relay.log()[seen..];
        let looked = ["segment recovered", "nothing of the segment can be read"];
        looked.iter().map(|said| log.matches(said).count()).sum::<usize>() >= names.len()
    });
    relay.wait_recording(&names);
    relay.terminate();

    let stitcher = Stitcher::new(&site, &setup);
    let run = stitcher.run(&["run", "--since", "1h"]);
    assert!(run.status < 2, "{}{}", run.out, run.err);
    for name in names {
        let range = ["--from", "1h", "--to", "now"];
        let shown = stitcher.run(&[&["timeline", "--camera", name][..], &range].concat());
        let played = stitcher.played(&stitcher.timeline(name, shown.status));
        let truth = cameras.truth(name).expect("what was sent");
        let numbers = whole_numbers(&spans::units(&played), &truth);
        let once: BTreeSet<u64> = numbers.iter().copied().collect();
        assert_eq!(once.len(), numbers.len(), "{name}: doubled; {}", Tally::of(&numbers));
        let on_disk = runs(&site, name)
            .into_iter()
            .flat_map(|run| whole_numbers(&footage::units_of_killed(&paths(&run.files)), &truth));
        let missing: Vec<u64> = on_disk.filter(|number| !once.contains(number)).collect();
        assert!(missing.is_empty(), "{name}: not played {missing:?}\n{}", shown.out);
    }
}
