//! Cameras that send nothing for a while, with their sessions going on: the
//! recorder writes one long sample, and the timeline has a gap all the same.

mod verdict;

use hitless_fixtures::camera::{Resume, TruthUnit};
use hitless_fixtures::{CameraSpec, Cameras, Fault, spawn};
use hitless_tests::{Setup, Site, Stitcher, spans, until};
use serde_json::Value;
use verdict::{SOON, camera, stop};

/// How long the camera stalls; its recorder would wait four times as long.
const STALL: f64 = 3.0;

#[test]
fn a_stall_within_a_session_is_a_gap() {
    let slow = CameraSpec { fps: 0.5, gop: 4, ..CameraSpec::named("slow") };
    let b_frames = CameraSpec { b_frames: 2, ..camera("b-frames") };
    let cameras = spawn(&[camera("plain"), b_frames, camera("at-a-key-frame"), slow]);
    let cameras = cameras.expect("cameras");
    let (site, setup) = (Site::new(), setup(&cameras));
    let mut recorder = site.start("blue", &setup);
    recorded(&site, 3);
    let anywhere = Fault::Stall { seconds: Some(STALL), resume: Resume::Anywhere };
    let at_a_key_frame = Fault::Stall { seconds: Some(STALL), resume: Resume::KeyFrame };
    for (name, fault) in
        [("plain", &anywhere), ("b-frames", &anywhere), ("at-a-key-frame", &at_a_key_frame)]
    {
        cameras.fault(name, fault.clone()).expect("it stalls");
    }
    let before = site.segments("plain", "blue").len();
    recorded(&site, before + 5);
    stop(&mut recorder, &cameras);

    let stitcher = Stitcher::new(&site, &setup);
    let run = stitcher.run(&["run"]);
    assert_eq!(run.status, 1, "a gap is a finding: {}{}", run.out, run.err);
    for name in ["plain", "b-frames", "at-a-key-frame"] {
        has_exactly_the_gap_of_the_stall(&stitcher, &cameras, name);
    }
    let slow = missing(&stitcher.timeline("slow", 0));
    assert!(slow.is_empty(), "a slow camera is not full of gaps: {slow:#?}");
}

fn setup(cameras: &Cameras) -> Setup {
    let setup = Setup::new().table("recorder", "stall_seconds", 4.0 * STALL);
    ["plain", "b-frames", "at-a-key-frame", "slow"]
        .into_iter()
        .fold(setup, |setup, name| setup.camera(name, cameras.url(name)))
}

fn recorded(site: &Site, count: usize) {
    for name in ["plain", "b-frames", "at-a-key-frame"] {
        until(&format!("{count} segments of {name}"), SOON, || {
            site.segments(name, "blue").len() >= count
        });
    }
    until("footage of the slow one", SOON, || !site.segments("slow", "blue").is_empty());
}

/// Gaps and holes, but the one that goes on for as long as nobody records.
fn missing(timeline: &Value) -> Vec<Value> {
    let entries = timeline["entries"].as_array().expect("entries");
    let spans = entries.iter().rposition(|entry| entry["kind"] == "span").expect("a span");
    entries[..spans].iter().filter(|entry| entry["kind"] != "span").cloned().collect()
}

#[track_caller]
fn has_exactly_the_gap_of_the_stall(stitcher: &Stitcher, cameras: &Cameras, name: &str) {
    let timeline = stitcher.timeline(name, 1);
    let missing = missing(&timeline);
    assert_eq!(missing.len(), 1, "{name}: {timeline:#}");
    let gap = &missing[0];
    assert_eq!(gap["kind"], "gap", "{name}: {gap:#}");
    let truth: Vec<TruthUnit> = cameras.truth(name).expect("the camera's truth");
    let (before, after) = stall(&truth);
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    let told = gap["seconds"].as_f64().expect("seconds") * 1e9
        - (after.utc_ns - before.utc_ns) as f64
        + 1e9 / 25.0;
    assert!(told.abs() < 0.2e9, "{name}: off by {told} ns: {gap:#}");

    let played = stitcher.played(&timeline);
    let numbers = spans::numbers(&played);
    let sent = truth.iter().map(|unit| unit.number);
    let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
    let sent: Vec<u64> = sent.filter(|number| (first..=last).contains(number)).collect();
    let mut ordered = numbers.clone();
    ordered.sort_unstable();
    assert_eq!(ordered, sent, "{name}: all that was sent is played once");
    let cut = played.iter().find(|span| span.seam == "gap").expect("a span after the gap");
    let samples: usize =
        played.iter().take_while(|span| span.seam != "gap").map(|span| span.samples).sum();
    let early = numbers[..samples].iter().filter(|number| **number <= before.number).count();
    let late = numbers[samples..].iter().filter(|number| **number > before.number).count();
    // pictures out of order may lie on the other side of a cut
    let wrong = numbers.len() - early - late;
    assert!(wrong <= if name == "b-frames" { 3 } else { 0 }, "{name}: cut at {cut:?}");
}

/// The frames on both sides of the stall.
fn stall(truth: &[TruthUnit]) -> (&TruthUnit, &TruthUnit) {
    let pair = truth.windows(2).max_by_key(|pair| pair[1].utc_ns - pair[0].utc_ns);
    let pair = pair.expect("frames");
    (&pair[0], &pair[1])
}
