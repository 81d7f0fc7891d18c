//! Stories that an operator knows, planned and kept as text in `golden/`.
//!
//! `HITLESS_TEST_BLESS=1 cargo test -p hitless-stitcher-core --test golden` writes
//! the files anew; read what changed before you commit it.

mod world;

use hitless_model::{CameraEvent, CameraState, Cause, ClockSource, Nanos, Run, SegmentState, Utc};
use hitless_stitcher_core::{Stretch, render};
use std::path::Path;
use world::World;
use world::camera::{Habits, Order, Scene};
use world::recorder::{Loss, Take};

/// Frames in a second.
const SECOND: usize = 10;

/// Ten pictures a second, a key frame every two seconds.
fn habits() -> Habits {
    Habits::even(9_000, 2 * SECOND)
}

/// From second to second.
fn take(lineage: u32, from: usize, to: usize) -> Take {
    Take::whole(lineage, from * SECOND, to * SECOND)
}

fn run(world: &mut World, lineage: usize, from: usize, to: usize) {
    let at = |s: usize| world::begin().plus(Nanos::from_secs(i64::try_from(s).expect("small")));
    let owner = &world.facts.lineages[lineage];
    world.facts.runs.push(Run {
        run: owner.run.clone().expect("ours"),
        instance: owner.instance.clone(),
        host: "nvr".into(),
        pid: 1,
        version: "1".into(),
        started: at(from),
        ready: Some(at(from)),
        draining: None,
        stopped: Some(at(to)),
        heartbeat: at(to),
    });
}

fn event(world: &mut World, lineage: usize, at: usize, state: CameraState, cause: Option<Cause>) {
    let owner = &world.facts.lineages[lineage];
    world.facts.events.push(CameraEvent {
        camera: world.facts.camera.clone(),
        instance: owner.instance.clone(),
        run: owner.run.clone().expect("ours"),
        at: seconds(at),
        state,
        cause,
        detail: String::new(),
    });
}

fn seconds(s: usize) -> Utc {
    world::begin().plus(Nanos::from_secs(i64::try_from(s).expect("small")))
}

/// Plans a world and compares the text with the file.
fn story(name: &str, world: &World) {
    let (plan, reads) = world.plan();
    let head = format!(
        "read: {} GOP tables, {} sample tables, {} fingerprints of {} segments\n",
        reads.tables,
        reads.samples,
        reads.prints,
        world.facts.segments.len()
    );
    let text = head + &render(&world.facts, &plan);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.txt"));
    if std::env::var_os("HITLESS_TEST_BLESS").is_some() {
        std::fs::write(&path, &text).expect("golden/ can be written");
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == wanted, "{name}: the plan is not what {} says:\n{text}", path.display());
}

const TWO: [(&str, &str); 2] = [("blue", "run-1"), ("green", "run-2")];

#[test]
fn restart_with_overlap() {
    let world = World::new(&habits(), 300 * SECOND, &TWO, vec![take(0, 0, 155), take(1, 145, 300)]);
    story("restart_with_overlap", &world);
}

/// The handover of cameras whose key frames are minutes apart: the overlap is
/// one GOP, and single pictures are compared.
#[test]
fn key_frames_minutes_apart() {
    let rare = Habits { gop: 120 * SECOND, ..habits() };
    let (mut old, mut new) = (take(0, 0, 390), take(1, 350, 600));
    (old.segment_gops, new.segment_gops) = (1, 1);
    story("key_frames_minutes_apart", &World::new(&rare, 600 * SECOND, &TWO, vec![old, new]));
}

#[test]
fn crash() {
    let runs = [("blue", "run-1"), ("blue", "run-2")];
    let mut old = take(0, 0, 100);
    old.to -= 7;
    old.crashed = true;
    let mut world = World::new(&habits(), 300 * SECOND, &runs, vec![old, take(1, 119, 300)]);
    run(&mut world, 0, 0, 99);
    run(&mut world, 1, 102, 300);
    // Longer than nobody ran; but the camera was there all the time.
    event(&mut world, 1, 103, CameraState::Connecting, None);
    event(&mut world, 1, 105, CameraState::AwaitingKeyFrame, None);
    event(&mut world, 1, 119, CameraState::Recording, None);
    story("crash", &world);
}

/// Five restarts within a minute, each with a few seconds of overlap.
#[test]
fn restarts_without_end() {
    let runs = [
        ("blue", "run-1"),
        ("green", "run-2"),
        ("blue", "run-3"),
        ("green", "run-4"),
        ("blue", "run-5"),
        ("green", "run-6"),
    ];
    let takes = vec![
        take(0, 0, 65),
        take(1, 59, 75),
        take(2, 71, 85),
        take(3, 79, 95),
        take(4, 91, 105),
        take(5, 99, 180),
    ];
    story("restarts_without_end", &World::new(&habits(), 180 * SECOND, &runs, takes));
}

/// The camera's clock runs 500 ppm fast for 12 hours; the old recorder's map
/// was made at its start, the new one's is fresh.
#[test]
fn drift_of_500_ppm() {
    let slow = Habits { step: 90_000, gop: 10, ..habits() };
    let hours = |h: usize| h * 3600;
    let (mut old, mut new) = (take(0, 0, 0), take(1, 0, 0));
    (old.to, new.from, new.to) = (hours(12) + 60, hours(12), hours(14));
    (old.segment_gops, new.segment_gops) = (360, 360);
    old.drift_ppb = 500_000;
    story("drift_of_500_ppm", &World::new(&slow, hours(14), &TWO, vec![old, new]));
}

/// The host's clock is set back an hour while the recorder is down.
#[test]
fn clock_set_back_while_down() {
    let runs = [("blue", "run-1"), ("blue", "run-2")];
    let mut new = take(1, 130, 300);
    new.clock_off = Nanos::from_secs(-3600);
    let world = World::new(&habits(), 300 * SECOND, &runs, vec![take(0, 0, 120), new]);
    story("clock_set_back_while_down", &world);
}

/// The clock is set back an hour just before a handover: the pictures know
/// better.
#[test]
fn clock_set_back_before_a_handover() {
    let mut new = take(1, 145, 300);
    new.clock_off = Nanos::from_secs(-3600);
    let mut world = World::new(&habits(), 300 * SECOND, &TWO, vec![take(0, 0, 155), new]);
    world.clock_set(0, world::begin(), Nanos::from_secs(-3600));
    story("clock_set_back_before_a_handover", &world);
}

#[test]
fn frozen_picture() {
    let frozen = Habits { scene: Scene::Frozen, ..habits() };
    let takes = vec![take(0, 0, 155), take(1, 145, 300)];
    story("frozen_picture", &World::new(&frozen, 300 * SECOND, &TWO, takes));
}

/// As before, but the clocks are too far off to say which GOP is which.
#[test]
fn frozen_picture_with_poor_clocks() {
    let frozen = Habits { scene: Scene::Frozen, ..habits() };
    let mut takes = vec![take(0, 0, 155), take(1, 145, 300)];
    takes[0].error = Nanos::from_millis(1500);
    takes[1].clock_off = Nanos::from_millis(900);
    story("frozen_picture_with_poor_clocks", &World::new(&frozen, 300 * SECOND, &TWO, takes));
}

/// One recorder loses packets in the middle of segments; the other one, all
/// the time beside it, has them.
#[test]
fn packet_loss_repaired_by_the_twin() {
    let mut poor = take(0, 0, 300);
    poor.losses = vec![
        Loss { at: 305, frames: 2, partial: true },
        Loss { at: 1510, frames: 70, partial: false },
    ];
    let world = World::new(&habits(), 300 * SECOND, &TWO, vec![poor, take(1, 0, 300)]);
    story("packet_loss_repaired_by_the_twin", &world);
}

/// Both lose packets in one GOP, in different places, and in another one in
/// the same place.
#[test]
fn gop_damaged_in_both_copies() {
    let (mut blue, mut green) = (take(0, 0, 120), take(1, 0, 120));
    blue.losses = vec![
        Loss { at: 305, frames: 2, partial: false },
        Loss { at: 709, frames: 4, partial: false },
    ];
    green.losses = vec![
        Loss { at: 311, frames: 3, partial: true },
        Loss { at: 711, frames: 4, partial: false },
    ];
    story(
        "gop_damaged_in_both_copies",
        &World::new(&habits(), 120 * SECOND, &TWO, vec![blue, green]),
    );
}

/// The camera keeps local time and says that it is UTC: in autumn its clock
/// goes back an hour, in spring forward. Nothing is missing.
#[test]
fn dst_day() {
    let hour = Nanos::from_secs(3600);
    for (name, by) in [("dst_autumn", Nanos::from_secs(-3600)), ("dst_spring", hour)] {
        let (mut blue, mut green) = (take(0, 0, 260), take(1, 230, 400));
        blue.step = Some((120 * SECOND, by));
        green.clock_off = by;
        story(name, &World::new(&habits(), 400 * SECOND, &TWO, vec![blue, green]));
    }
}

/// Another recorder wrote what a camera declared, 25 pictures a second; it
/// sent 21. Its files are a minute long and begin 71 s after each other.
#[test]
fn declares_25_sends_21() {
    let mut foreign = take(0, 0, 300);
    foreign.drift_ppb = 190_476_190;
    foreign.drift_admitted = false;
    foreign.error = Nanos::from_secs(1);
    foreign.source = ClockSource::FileName;
    let mut world = World::new(&habits(), 300 * SECOND, &[("frigate", "run-1")], vec![foreign]);
    world.facts.lineages[0].run = None;
    story("declares_25_sends_21", &world);
}

/// The camera restarts: both recorders begin a new strand on a new clock.
#[test]
fn camera_restarts() {
    let mut takes = vec![take(0, 0, 100), take(1, 0, 100), take(0, 130, 250), take(1, 131, 250)];
    for take in &mut takes[2..] {
        take.strand = 1;
        take.parameters = 2;
    }
    let mut world = World::new(&habits(), 250 * SECOND, &TWO, takes);
    for lineage in 0..2 {
        run(&mut world, lineage, 0, 260);
        event(&mut world, lineage, 0, CameraState::Recording, None);
        event(&mut world, lineage, 101, CameraState::Stalled, Some(Cause::CameraAway));
        event(&mut world, lineage, 106, CameraState::Connecting, None);
        event(&mut world, lineage, 131, CameraState::Recording, None);
    }
    story("camera_restarts", &world);
}

#[test]
fn three_recorders() {
    let runs = [("blue", "run-1"), ("green", "run-2"), ("nvr-1", "run-3")];
    let mut takes = vec![take(0, 0, 200), take(1, 20, 240), take(2, 41, 240)];
    takes[0].losses = vec![Loss { at: 905, frames: 30, partial: false }];
    takes[1].losses = vec![Loss { at: 1105, frames: 5, partial: true }];
    takes[1].common_borders = false;
    story("three_recorders", &World::new(&habits(), 240 * SECOND, &runs, takes));
}

/// Key frames with leading pictures: kept where the GOP before is played,
/// left out where it is not.
#[test]
fn open_gop() {
    let open = Habits { order: Order::OpenGop, ..habits() };
    let runs = [("blue", "run-1"), ("green", "run-2"), ("blue", "run-3")];
    let takes = vec![take(0, 1, 95), take(1, 71, 140), take(2, 171, 240)];
    story("open_gop", &World::new(&open, 240 * SECOND, &runs, takes));
}

/// Gaps with all that is known: a full disk, a camera switched off, footage
/// that retention removed, a file that cannot be read, one still open.
#[test]
fn reasons() {
    let runs = [("blue", "run-1")];
    let mut takes = vec![take(0, 60, 120), take(0, 240, 480), take(0, 540, 720)];
    for (strand, take) in (0..).zip(&mut takes) {
        take.strand = strand;
    }
    let mut world = World::new(&habits(), 720 * SECOND, &runs, takes);
    world.facts.begins = Some(seconds(0));
    world.facts.expired = vec![Stretch { from: seconds(0), to: seconds(60) }];
    run(&mut world, 0, 0, 700);
    event(&mut world, 0, 60, CameraState::Recording, None);
    event(&mut world, 0, 120, CameraState::BackingOff, Some(Cause::DiskFull));
    event(&mut world, 0, 239, CameraState::Recording, None);
    event(&mut world, 0, 480, CameraState::Disabled, None);
    event(&mut world, 0, 540, CameraState::Recording, None);
    let last = world.facts.segments.len() - 1;
    world.facts.segments[3].state = SegmentState::Corrupt;
    world.facts.segments[last].state = SegmentState::Recording;
    story("reasons", &world);
}

/// The camera sends nothing for five seconds, then for nearly one, and its
/// sessions go on; blue has noticed it.
#[test]
fn camera_stalls() {
    let stalls = vec![(50 * SECOND + 3, 5 * 90_000), (80 * SECOND + 7, 80_000)];
    let habits = Habits { stalls, ..habits() };
    let mut world =
        World::new(&habits, 120 * SECOND, &TWO, vec![take(0, 0, 120), take(1, 30, 120)]);
    run(&mut world, 0, 0, 130);
    event(&mut world, 0, 0, CameraState::Recording, None);
    event(&mut world, 0, 52, CameraState::Stalled, Some(Cause::CameraAway));
    event(&mut world, 0, 55, CameraState::Recording, None);
    story("camera_stalls", &world);
}

/// It stalls where a segment ends, and one picture comes within a stall.
#[test]
fn camera_stalls_between_segments() {
    let stalls = vec![(60 * SECOND, 4 * 90_000), (61 * SECOND, 3 * 90_000), (611, 3 * 90_000)];
    let habits = Habits { stalls, ..habits() };
    let world = World::new(&habits, 150 * SECOND, &[("blue", "run-1")], vec![take(0, 0, 150)]);
    story("camera_stalls_between_segments", &world);
}

/// A network drops frames on the way to one recorder, and counts none lost; the
/// other one has them.
#[test]
fn a_stall_of_one_recorder_is_filled_by_the_other() {
    let mut poor = take(0, 0, 180);
    poor.losses = vec![Loss { at: 705, frames: 24, partial: false }];
    poor.unnoticed = true;
    let world = World::new(&habits(), 180 * SECOND, &TWO, vec![poor, take(1, 0, 180)]);
    story("a_stall_of_one_recorder_is_filled_by_the_other", &world);
}

/// A picture every two seconds is no gap every two seconds.
#[test]
fn slow_camera() {
    let slow = Habits { step: 180_000, gop: 5, ..habits() };
    let world = World::new(&slow, 300, &[("blue", "run-1")], vec![take(0, 0, 30)]);
    story("slow_camera", &world);
}
