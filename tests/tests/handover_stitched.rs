//! Handovers, stitched: every frame of every camera exactly once, and every
//! switch from one recorder to the next frame-exact.

mod handover_rig;

use handover_rig::{Load, Relay};
use hitless_fixtures::codec::{AudioCodec, VideoCodec};
use hitless_fixtures::{CameraSpec, Tally, spawn};
use hitless_tests::{Setup, Site, Stitcher, spans};

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
