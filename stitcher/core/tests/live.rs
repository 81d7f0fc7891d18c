//! A camera that is stitched every ten minutes for hours: each run is given
//! little more than what is new, and the outcome is that of one plan.

mod world;

use hitless_model::Nanos;
use hitless_stitcher_core::{Evidence, Settings};
use world::World;
use world::camera::{Habits, Scene};
use world::recorder::{Loss, Take};
use world::store::{Store, nameless, statuses};

const HOUR: usize = 3600;

/// One picture a second, a key frame every two seconds.
fn habits(scene: Scene) -> Habits {
    Habits { scene, ..Habits::even(90_000, 2) }
}

/// Stitches every ten minutes; says how many rows the largest run after the
/// first was given, and in how many windows.
fn live(world: &World) -> (usize, usize) {
    let settings = Settings::default();
    let mut store = Store::default();
    let mut known = vec![false; world.facts.segments.len()];
    let ends: Vec<_> = world.facts.segments.iter().map(world::end_label).collect();
    let (mut most, mut windows) = (0, 0);
    let mut now = world::begin();
    while known.contains(&false) {
        now = now.plus(Nanos::from_secs(600));
        let new: Vec<_> = (0..known.len()).filter(|n| !known[*n] && ends[*n] <= now).collect();
        new.iter().for_each(|n| known[*n] = true);
        let new: Vec<_> = new.iter().map(|n| &world.facts.segments[*n]).collect();
        let mut facts = world.facts.clone();
        let mut here = known.iter();
        facts.segments.retain(|_| *here.next().expect("one for each"));
        let carry = store.before(&facts, &new, &settings);
        store.run(world, &facts, (carry, None), &settings);
        (most, windows) = (most.max(store.rows), windows.max(store.windows));
    }
    let (whole, _) = world.plan_of(&world.facts, &settings, Evidence::default());
    assert_eq!(store.described, nameless(world, &world.facts, &whole));
    assert_eq!(store.statuses, statuses(&world.facts, &whole));
    assert_eq!(store.checkpoints, whole.checkpoints);
    (most, windows)
}

const TWO: [(&str, &str); 2] = [("blue", "run-1"), ("green", "run-2")];

#[test]
fn one_recorder() {
    let world =
        World::new(&habits(Scene::Moving), 8 * HOUR, &TWO[..1], vec![Take::whole(0, 0, 8 * HOUR)]);
    let (rows, windows) = live(&world);
    assert!(rows <= 75, "{rows} rows in {windows} windows");
}

#[test]
fn two_recorders_for_ever() {
    let mut blue = Take::whole(0, 0, 8 * HOUR);
    blue.losses = (0..8).map(|h| Loss { at: h * HOUR + 1801, frames: 3, partial: false }).collect();
    let takes = vec![blue, Take::whole(1, 0, 8 * HOUR)];
    let world = World::new(&habits(Scene::Moving), 8 * HOUR, &TWO, takes);
    let (rows, windows) = live(&world);
    assert!(rows <= 150, "{rows} rows in {windows} windows");
}

/// Nothing is ever proven: tried again for an hour, and then no more.
#[test]
fn a_picture_that_stands_still_for_ever() {
    let mut green = Take::whole(1, 0, 8 * HOUR);
    green.common_borders = false;
    let takes = vec![Take::whole(0, 0, 8 * HOUR), green];
    let world = World::new(&habits(Scene::Frozen), 8 * HOUR, &TWO, takes);
    let (rows, windows) = live(&world);
    assert!(rows <= 450, "{rows} rows in {windows} windows");
}

/// One of them is set back an hour in the middle of the day.
#[test]
fn a_clock_that_is_set_back() {
    let mut blue = Take::whole(0, 0, 8 * HOUR);
    blue.step = Some((4 * HOUR, Nanos::from_secs(-3600)));
    let world = World::new(&habits(Scene::Moving), 8 * HOUR, &TWO[..1], vec![blue]);
    let (rows, windows) = live(&world);
    assert!(rows <= 280, "{rows} rows in {windows} windows");
}

/// A recorder that is restarted every quarter of an hour beside one that goes
/// on for ever.
#[test]
fn restarts_beside_one_that_goes_on() {
    let names: Vec<String> = (0..32).map(|n| format!("run-{n:03}")).collect();
    let mut runs = vec![("nvr-1", "run-for-ever")];
    runs.extend(names.iter().map(|run| ("blue", run.as_str())));
    let mut takes = vec![Take::whole(0, 0, 8 * HOUR)];
    takes.extend((0..32_u32).map(|n| {
        let from = n as usize * HOUR / 4;
        Take::whole(n + 1, from, from + HOUR / 4 - 20)
    }));
    let world = World::new(&habits(Scene::Moving), 8 * HOUR, &runs, takes);
    let (rows, windows) = live(&world);
    assert!(rows <= 160, "{rows} rows in {windows} windows");
}
