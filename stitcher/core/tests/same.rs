//! What must change nothing: the order of the rows, the names of instances,
//! the split into windows, a second run.

mod world;

use hitless_model::{Nanos, OverlapStatus};
use hitless_stitcher_core::{Evidence, Facts, SegmentRef, Settings, diff, render};
use proptest::prelude::*;
use std::collections::BTreeMap;
use world::World;
use world::camera::{Habits, Noise};
use world::script::{FAIR, Life, Script, Weather, config, scripts};
use world::store::{Store, nameless, near, statuses};

const ANY: Weather = Weather { losses: 2, ..FAIR };
const STALLING: Weather = Weather { stalls: 3, ..ANY };
const FROZEN: Weather = Weather { frozen: true, ..ANY };
const WILD: Weather = Weather { wild_clocks: true, ..ANY };

fn worlds() -> impl Strategy<Value = world::script::Script> {
    prop_oneof![3 => scripts(ANY), 1 => scripts(FROZEN), 1 => scripts(WILD), 1 => scripts(STALLING)]
}

/// The rows in another order, lineages too.
fn shuffled(facts: &Facts, seed: u64) -> Facts {
    let mut noise = Noise::new(seed);
    let mut order: Vec<usize> = (0..facts.lineages.len()).collect();
    order.sort_by_cached_key(|_| noise.next());
    let mut other = facts.clone();
    other.lineages = order.iter().map(|at| facts.lineages[*at].clone()).collect();
    for row in &mut other.segments {
        let at = order.iter().position(|at| *at == row.lineage as usize).expect("there");
        row.lineage = u32::try_from(at).expect("few");
    }
    other.segments.sort_by_cached_key(|_| noise.next());
    other
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

/// Rows come in parts, in any order; the outcome is that of one plan.
fn late_rows(world: &World, seed: u64, parts: usize) -> Result<(), TestCaseError> {
    let settings = hasty();
    let (whole, _) = world.plan_of(&world.facts, &settings, Evidence::default());
    let mut noise = Noise::new(seed);
    let come: Vec<usize> = world
        .facts
        .segments
        .iter()
        .map(|_| usize::try_from(noise.next() % parts as u64).expect("small"))
        .collect();
    let mut store = Store::default();
    for part in 0..parts {
        let mut facts = world.facts.clone();
        let mut of = come.iter();
        facts.segments.retain(|_| of.next().is_some_and(|c| *c <= part));
        let new = world.facts.segments.iter().zip(&come).filter(|(_, c)| **c == part);
        let new: Vec<_> = new.map(|(row, _)| row).collect();
        let carry = store.before(&facts, &new, &settings);
        store.run(world, &facts, (carry, None), &settings);
    }
    prop_assert_eq!(&store.described, &nameless(world, &world.facts, &whole));
    prop_assert_eq!(store.statuses, statuses(&world.facts, &whole));
    prop_assert!(
        store.checkpoints == whole.checkpoints,
        "{:#?}\n{:#?}",
        store.checkpoints,
        whole.checkpoints
    );
    Ok(())
}

proptest! {
    #![proptest_config(config(1200))]

    /// I6: rows may come in any order.
    #[test]
    fn the_order_of_rows_changes_nothing(script in worlds(), seed in any::<u64>()) {
        let world = script.build();
        let (plan, _) = world.plan();
        let facts = shuffled(&world.facts, seed);
        let (other, _) = world.plan_of(&facts, &Settings::default(), Evidence::default());
        prop_assert_eq!(render(&world.facts, &plan), render(&facts, &other));
    }

    /// I6: instances may have any names.
    #[test]
    fn the_names_of_instances_change_nothing(script in worlds()) {
        let world = script.build();
        let (plan, _) = world.plan();
        let renamed = script.build_named(&["zz", "nvr-1", "blue", "green"]);
        let (other, _) = renamed.plan();
        prop_assert_eq!(
            nameless(&world, &world.facts, &plan),
            nameless(&renamed, &renamed.facts, &other)
        );
        prop_assert_eq!(statuses(&world.facts, &plan), statuses(&renamed.facts, &other));
    }

    /// I7: a plan made window by window is the plan of everything.
    #[test]
    fn windows_change_nothing(
        script in worlds(),
        cuts in prop::collection::vec(0_i64..1000, 1..5),
    ) {
        let world = script.build();
        let settings = hasty();
        let (whole, _) = world.plan_of(&world.facts, &settings, Evidence::default());
        let store = Store::in_windows(&world, &cuts, &settings);
        let wanted = nameless(&world, &world.facts, &whole);
        let first = store.described.iter().zip(&wanted).find(|(is, wants)| is != wants);
        prop_assert!(first.is_none(), "{:#?}\n{}", first, render(&world.facts, &whole));
        prop_assert_eq!(store.described.len(), wanted.len());
        prop_assert_eq!(store.statuses, statuses(&world.facts, &whole));
        prop_assert!(store.checkpoints == whole.checkpoints, "{:#?}\n{:#?}", store.checkpoints, whole.checkpoints);
    }

    /// I7: a plan may start over at every checkpoint.
    #[test]
    fn checkpoints_are_joints(script in worlds()) {
        let world = script.build();
        let settings = hasty();
        let (whole, _) = world.plan_of(&world.facts, &settings, Evidence::default());
        for (at, carry) in whole.checkpoints.iter().enumerate() {
            let facts = near(&world.facts, carry, None, &settings);
            let (rest, _) = world.try_plan(&facts, &settings).expect("nothing is new");
            let end = carry.end.expect("a joint has an end");
            let wanted: Vec<_> = nameless(&world, &world.facts, &whole)
                .into_iter()
                .filter(|e| e.0 >= end)
                .collect();
            prop_assert_eq!(nameless(&world, &facts, &rest), wanted);
            prop_assert_eq!(&rest.carry, &whole.carry);
            prop_assert_eq!(&rest.checkpoints, &whole.checkpoints[at + 1..]);
        }
    }

    /// I7: rows that come late, in any order, give what they would have given
    /// in time; only the window that they can change is planned again.
    #[test]
    fn late_rows_change_nothing(script in worlds(), seed in any::<u64>(), parts in 2_usize..5) {
        let world = script.build();
        late_rows(&world, seed, parts)?;
    }

    /// I7: a recorder that lost count, and numbers anew in every run, loses
    /// nothing: what goes on from nowhere is planned from the beginning.
    #[test]
    fn numbers_that_begin_anew_lose_nothing(
        script in worlds(),
        seed in any::<u64>(),
        parts in 2_usize..5,
    ) {
        let mut world = script.build();
        world.number_anew();
        late_rows(&world, seed, parts)?;
    }

    /// I8: planning what is stitched changes nothing.
    #[test]
    fn a_second_run_changes_nothing(script in worlds()) {
        let world = script.build();
        let (plan, _) = world.plan();
        let marks: BTreeMap<SegmentRef, OverlapStatus> = plan.statuses.iter().copied().collect();
        let (again, _) = world.plan();
        let changes = diff(&plan.entries, |s| marks[&s], &again);
        prop_assert!(changes.is_empty(), "{changes:?}");
        prop_assert!(changes.repaired.is_empty());
    }
}

/// Recorders of a camera with a GOP of some length that stalls once.
fn stalls_once(gop: usize, stall: (usize, i64), frames: usize, lives: Vec<Life>) -> World {
    let habits = Habits { stalls: vec![stall], seed: 0, ..Habits::even(9_000, gop) };
    Script { habits, frames, error_ms: 80, lives, changes: None, unnoticed: false, focus: None }
        .build()
}

/// Joints that were noted before a recorder lost count say with numbers what
/// was passed: they do not outlive that, and nothing is planned from them.
#[test]
fn joints_do_not_outlive_numbers_that_begin_anew() -> Result<(), TestCaseError> {
    let common = Life { common_borders: true, ..Life::plain(1, 227, 100) };
    let lives = vec![Life::plain(2, 4, 100), common, Life::plain(1, 462, 100)];
    let mut world = stalls_once(7, (14, 466_123), 260, lives);
    world.number_anew();
    late_rows(&world, 17_081_823_818_431_972_022, 3)?;
    let lives = vec![Life::plain(0, 565, 100), Life::plain(1, 0, 100), Life::plain(0, 565, 100)];
    let mut world = stalls_once(7, (7, 403_123), 101, lives);
    world.number_anew();
    late_rows(&world, 16_252_298_334_482_244_510, 2)
}

/// The rest of a GOP whose middle was lost is behind a joint that lies in the
/// middle. A row that comes late for the time between may be the one that says
/// how the two recorders lie: then that rest is not behind.
#[test]
fn a_joint_inside_of_what_was_passed_does_not_hold() -> Result<(), TestCaseError> {
    let losses = vec![(329, 38, false), (66, 36, false)];
    let torn = Life { common_borders: true, losses, ..Life::plain(0, 389, 612) };
    let world = stalls_once(11, (96, 376_148), 224, vec![torn, Life::plain(1, 643, 157)]);
    (0..8).try_for_each(|seed| late_rows(&world, seed, 2))
}
