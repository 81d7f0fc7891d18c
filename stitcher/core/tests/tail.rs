//! How the timeline ends where the clocks of camera and host contradict each
//! other: with what is missing until now, and never in the future.

mod world;

use hitless_model::{CameraEvent, CameraState, Cause, Nanos, Run, Utc};
use hitless_stitcher_core::{Plan, What, render};
use world::World;
use world::camera::Habits;
use world::recorder::Take;

const SECOND: usize = 10;
const HOUR: i64 = 3600;

fn at(seconds: i64) -> Utc {
    world::begin().plus(Nanos::from_secs(seconds))
}

/// One recorder, started with the film, that is stopped at a second; its
/// camera's clock is set in the middle of that by `step` seconds.
fn stepped(to: i64, step: i64) -> World {
    let frames = usize::try_from(to).expect("some") * SECOND;
    let mut take = Take::whole(0, 0, frames);
    take.step = Some((frames / 2, Nanos::from_secs(step)));
    let habits = Habits::even(9_000, 2 * SECOND);
    let mut world = World::new(&habits, frames, &[("blue", "run-1")], vec![take]);
    let owner = &world.facts.lineages[0];
    world.facts.runs.push(Run {
        run: owner.run.clone().expect("ours"),
        instance: owner.instance.clone(),
        host: "nvr".into(),
        pid: 1,
        version: "1".into(),
        started: at(0),
        ready: Some(at(0)),
        draining: None,
        stopped: Some(at(to)),
        heartbeat: at(to),
    });
    event(&mut world, 0, CameraState::Recording, None);
    world
}

fn event(world: &mut World, second: i64, state: CameraState, cause: Option<Cause>) {
    let owner = &world.facts.lineages[0];
    world.facts.events.push(CameraEvent {
        camera: world.facts.camera.clone(),
        instance: owner.instance.clone(),
        run: owner.run.clone().expect("ours"),
        at: at(second),
        state,
        cause,
        detail: String::new(),
    });
}

/// The plan when it is now this second.
fn plan(world: &mut World, now: i64) -> Plan {
    world.facts.horizon = at(now);
    let (plan, _) = world.plan();
    let last = plan.entries.last().expect("footage");
    let footage = matches!(last.what, What::Span(_));
    assert!(footage || last.end == at(now), "{}", render(&world.facts, &plan));
    plan
}

/// When it is now this second, at least and at most so many are missing at the end.
#[track_caller]
fn assert_missing(world: &mut World, now: i64, (least, most): (i64, i64)) {
    let plan = plan(world, now);
    let missing = missing(&plan);
    let plan = render(&world.facts, &plan);
    assert!((least..=most).contains(&missing), "{missing} s at {now}\n{plan}");
}

/// The seconds that are missing at the end.
fn missing(plan: &Plan) -> i64 {
    let last = plan.entries.last().expect("footage");
    match last.what {
        What::Gap(cause) | What::Hole(cause) => {
            assert_eq!(cause, Cause::RecorderDown);
            last.end.since(last.start).get() / 1_000_000_000
        }
        _ => 0,
    }
}

/// The story: at 21:05 the camera's clock is set back to 20:05 while it is
/// recorded; the recorder is stopped, and a minute later a gap ended at 21:50.
#[test]
fn a_camera_set_back_while_recorded_leaves_no_gap_in_the_future() {
    let mut world = stepped(120, -HOUR);
    for (now, least, most) in [(120, 0, 15), (180, 60, 75), (1920, 1800, 1815)] {
        assert_missing(&mut world, now, (least, most));
    }
}

/// The clock of the last picture says that it was taken in an hour's time: what
/// is missing since is told all the same.
#[test]
fn a_camera_set_forward_while_recorded_leaves_a_gap_to_now() {
    let mut world = stepped(120, HOUR);
    for (now, least, most) in [(120, 0, 0), (180, 44, 60), (1920, 1784, 1800)] {
        assert_missing(&mut world, now, (least, most));
    }
}

/// While it is recorded nothing is missing, whatever its clock was set to.
#[test]
fn a_camera_set_back_that_is_still_recorded_has_no_gap() {
    let mut world = stepped(1200, -HOUR);
    world.facts.runs[0].stopped = None;
    // the latest instant that any picture names: just before the step
    let plan = plan(&mut world, 600);
    assert_eq!(missing(&plan), 0, "{}", render(&world.facts, &plan));
    let dead = plan.entries.iter().filter(|e| !matches!(e.what, What::Span(_))).count();
    assert_eq!(dead, 0, "{}", render(&world.facts, &plan));
}

/// Its camera had gone before the recorder was stopped.
#[test]
fn what_a_recorder_noted_is_believed_rather_than_its_end() {
    let mut world = stepped(120, -HOUR);
    event(&mut world, 125, CameraState::Stalled, Some(Cause::CameraAway));
    event(&mut world, 126, CameraState::BackingOff, Some(Cause::CameraAway));
    world.facts.runs[0].stopped = Some(at(4000));
    world.facts.runs[0].heartbeat = at(4000);
    let plan = plan(&mut world, 4060);
    let last = plan.entries.last().expect("a gap");
    assert!(matches!(last.what, What::Gap(Cause::CameraAway)), "{}", render(&world.facts, &plan));
    assert!(last.end.since(last.start) > Nanos::from_secs(3900));
}
