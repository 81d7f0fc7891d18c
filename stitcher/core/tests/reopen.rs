//! A row that comes late opens the window again that it can change, however
//! old it is, and no more than that.

mod world;

use hitless_model::Nanos;
use hitless_stitcher_core::{Evidence, Facts, SegmentFacts, Settings};
use proptest::prelude::*;
use world::World;
use world::camera::{Habits, Noise, Order, Scene};
use world::recorder::Take;
use world::script::{FAIR, Life, Script, Weather, config, scripts};
use world::store::{Store, nameless, statuses};

const ANY: Weather = Weather { losses: 2, ..FAIR };
const STALLING: Weather = Weather { stalls: 3, ..ANY };
const FROZEN: Weather = Weather { frozen: true, ..ANY };
const WILD: Weather = Weather { wild_clocks: true, ..ANY };

fn worlds() -> impl Strategy<Value = world::script::Script> {
    prop_oneof![3 => scripts(ANY), 1 => scripts(FROZEN), 1 => scripts(WILD), 1 => scripts(STALLING)]
}

/// Short windows for short films.
fn hasty() -> Settings {
    Settings {
        checkpoint_every: Nanos::from_millis(700),
        retry_after: Nanos::from_millis(900),
        retries: 2,
        ..Settings::default()
    }
}

/// The facts without some of the rows.
fn without(facts: &Facts, late: &[usize]) -> Facts {
    let mut some = facts.clone();
    let mut at = 0..;
    some.segments.retain(|_| !late.contains(&at.next().expect("endless")));
    some
}

fn same_as_one_plan(
    world: &World,
    store: &Store,
    settings: &Settings,
) -> Result<(), TestCaseError> {
    let (whole, _) = world.plan_of(&world.facts, settings, Evidence::default());
    let wanted = nameless(world, &world.facts, &whole);
    let differs = store.described.iter().zip(&wanted).find(|(is, wants)| is != wants);
    prop_assert!(differs.is_none(), "{differs:#?}");
    prop_assert_eq!(store.described.len(), wanted.len());
    prop_assert_eq!(&store.statuses, &statuses(&world.facts, &whole));
    let (some, all) = (&store.checkpoints, &whole.checkpoints);
    let differ = some.iter().zip(all).find(|(is, wants)| is != wants);
    prop_assert!(some == all, "{} and {} joints, {differ:#?}", some.len(), all.len());
    Ok(())
}

/// Some rows, picked by a seed, come after all others.
fn some_come_late(
    world: &World,
    seed: u64,
    late: usize,
    together: bool,
) -> Result<(), TestCaseError> {
    let settings = hasty();
    let mut noise = Noise::new(seed);
    let all = world.facts.segments.len();
    let mut late: Vec<usize> =
        (0..late).map(|_| usize::try_from(noise.next() % all as u64).expect("small")).collect();
    late.sort_unstable();
    late.dedup();
    let mut store = Store::default();
    store.run(world, &without(&world.facts, &late), Default::default(), &settings);
    while !late.is_empty() {
        let come = late.split_off(if together { 0 } else { late.len() - 1 });
        let new: Vec<&SegmentFacts> = come.iter().map(|at| &world.facts.segments[*at]).collect();
        store.reopen(world, &without(&world.facts, &late), &new, &settings);
    }
    same_as_one_plan(world, &store, &settings)
}

/// A joint names the strands that go on. One that begins with a row that comes
/// late, where its clock was set back after that, begins elsewhere than the
/// joint says.
#[test]
fn a_late_row_may_make_a_strand_begin_later() -> Result<(), TestCaseError> {
    let habits = Habits {
        jitter: 60,
        gop_more: 2,
        seed: 8_127_531_441_008_568_213,
        ..Habits::even(9_000, 5)
    };
    let set_back = Life { step: Some((104, -710)), ..Life::plain(1, 735, 203) };
    let first = Life {
        segment_gops: 2,
        losses: vec![(267, 22, false)],
        drift_ppb: -7_486_917,
        ..Life::plain(1, 375, 105)
    };
    let lives = vec![set_back, first];
    let script = Script {
        habits,
        frames: 286,
        error_ms: 80,
        lives,
        changes: None,
        unnoticed: false,
        focus: None,
    };
    some_come_late(&script.build(), 3_613_931_067_794_316_691, 1, false)
}

proptest! {
    #![proptest_config(config(1200))]

    /// I7: some rows come after all others, together or one by one; what they
    /// change is planned again in windows, and the outcome is that of one plan.
    #[test]
    fn windows_that_are_opened_again_end_where_they_may(
        script in worlds(),
        seed in any::<u64>(),
        late in 1_usize..4,
        together in any::<bool>(),
    ) {
        let world = script.build();
        prop_assume!(!world.facts.segments.is_empty());
        some_come_late(&world, seed, late, together)?;
    }
}

const HOUR: usize = 3600;
const TWO: [(&str, &str); 2] = [("blue", "run-1"), ("green", "run-2")];

/// One picture a second, a key frame every two seconds.
fn habits() -> Habits {
    Habits {
        step: 90_000,
        jitter: 0,
        gop: 2,
        gop_more: 0,
        order: Order::Plain,
        scene: Scene::Moving,
        stalls: Vec::new(),
        seed: 7,
    }
}

/// How many rows are looked at again when these come days late.
fn rows_for(world: &World, late: &[usize]) -> usize {
    let settings = Settings::default();
    let mut store = Store::default();
    store.run(world, &without(&world.facts, late), Default::default(), &settings);
    let new: Vec<&SegmentFacts> = late.iter().map(|at| &world.facts.segments[*at]).collect();
    store.reopen(world, &world.facts, &new, &settings);
    same_as_one_plan(world, &store, &settings).expect("the same");
    store.rows
}

/// The window of one late segment does not grow with what came after it.
#[test]
fn one_late_segment_opens_a_few_hours() {
    let of = |hours: usize| {
        let world =
            World::new(&habits(), hours * HOUR, &TWO[..1], vec![Take::whole(0, 0, hours * HOUR)]);
        rows_for(&world, &[300])
    };
    let (short, long) = (of(12), of(36));
    assert_eq!(short, long);
    assert!(short <= 300, "{short} rows of {}", 36 * 60);
}

/// Two recorders all the time, of which the other one is played.
#[test]
fn one_late_segment_of_a_twin_opens_a_few_hours() {
    let of = |hours: usize| {
        let takes = vec![Take::whole(0, 0, hours * HOUR), Take::whole(1, 0, hours * HOUR)];
        let world = World::new(&habits(), hours * HOUR, &TWO, takes);
        rows_for(&world, &[60 * hours + 300])
    };
    let (short, long) = (of(12), of(36));
    assert_eq!(short, long);
    assert!(short <= 600, "{short} rows of {}", 2 * 36 * 60);
}

/// The one that was played: without its segment the timeline went over to the
/// other and stayed there. All of that changes.
#[test]
fn one_late_segment_of_the_twin_that_is_played_changes_the_rest() {
    let takes = vec![Take::whole(0, 0, 12 * HOUR), Take::whole(1, 0, 12 * HOUR)];
    let world = World::new(&habits(), 12 * HOUR, &TWO, takes);
    assert!(rows_for(&world, &[300]) > 2 * 6 * 60);
}

/// Two that lie a day apart open two windows, and nothing in between.
#[test]
fn two_late_segments_open_two_windows() {
    let world = World::new(&habits(), 36 * HOUR, &TWO[..1], vec![Take::whole(0, 0, 36 * HOUR)]);
    let rows = rows_for(&world, &[300, 1800]);
    assert!(rows <= 600, "{rows} rows of {}", 36 * 60);
}

/// What a second recorder had of three hours comes as a whole, later.
#[test]
fn a_late_strand_opens_what_it_touches() {
    let takes = vec![Take::whole(0, 0, 48 * HOUR), Take::whole(1, 5 * HOUR, 8 * HOUR)];
    let world = World::new(&habits(), 48 * HOUR, &TWO, takes);
    let late: Vec<usize> = (0..world.facts.segments.len())
        .filter(|at| world.facts.segments[*at].lineage == 1)
        .collect();
    assert_eq!(late.len(), 180);
    let rows = rows_for(&world, &late);
    assert!(rows <= 4000, "{rows} rows of {}", 48 * 60 + 180);
}
