//! What must change nothing: the order of the rows, the names of instances,
//! the split into windows, a second run.

mod world;

use hitless_model::{Nanos, OverlapStatus, Utc};
use hitless_stitcher_core::{
    Entry, Evidence, Facts, Plan, SegmentRef, Settings, What, diff, render,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use world::World;
use world::camera::Noise;
use world::script::{Weather, config, scripts};

const ANY: Weather = Weather { instances: 3, lives: 6, losses: 2, error_ms: 80, frozen: false };
const FROZEN: Weather = Weather { frozen: true, ..ANY };

fn worlds() -> impl Strategy<Value = world::script::Script> {
    prop_oneof![3 => scripts(ANY), 1 => scripts(FROZEN)]
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

/// Entries in terms of takes and numbers, whatever rows and names are.
fn nameless(world: &World, facts: &Facts, plan: &Plan) -> Vec<(Utc, Utc, String)> {
    let describe = |e: &Entry| match e.what {
        What::Span(span) => {
            let found = world.find(facts, span.segment);
            let frame = found.frames[span.first_sample as usize];
            let run = &facts.lineages[facts.segments[span.segment.place()].lineage as usize].run;
            format!("{run:?} {frame} {} {:?}", span.samples, span.seam)
        }
        other => format!("{other:?}"),
    };
    plan.entries.iter().map(|e| (e.start, e.end, describe(e))).collect()
}

fn statuses(facts: &Facts, plan: &Plan) -> BTreeMap<(String, u64), OverlapStatus> {
    plan.statuses
        .iter()
        .map(|(segment, status)| {
            let row = &facts.segments[segment.place()];
            let run = facts.lineages[row.lineage as usize].run.clone().expect("ours");
            ((run.to_string(), row.number.get()), *status)
        })
        .collect()
}

/// Only the rows that a window may need.
fn near(facts: &Facts, from: Option<Utc>, until: Option<Utc>) -> Facts {
    let reach = Nanos::from_secs(8);
    let mut part = facts.clone();
    part.segments.retain(|row| {
        from.is_none_or(|from| world::end_label(row).plus(reach) >= from)
            && until.is_none_or(|until| row.start <= until.plus(reach))
    });
    part
}

proptest! {
    #![proptest_config(config(400))]

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
        let settings = Settings::default();
        let (whole, _) = world.plan();
        let mut settled = Evidence::default();
        for alignment in &whole.alignments {
            settled.settle(alignment);
        }
        let begin = world.facts.segments.iter().map(|s| s.start).min().unwrap_or_default();
        let length = world.facts.horizon.since(begin).get();
        let mut cuts: Vec<Option<Utc>> =
            cuts.iter().map(|c| Some(begin.plus(Nanos::new(length / 1000 * c)))).collect();
        cuts.sort();
        cuts.push(None);
        let (mut entries, mut found) = (Vec::new(), BTreeMap::new());
        let mut carry = hitless_stitcher_core::Carry::default();
        for until in cuts {
            let mut facts = near(&world.facts, carry.end, until);
            facts.until = until;
            facts.carry = carry;
            // rows have other places in every window: settled by lineage only
            let (plan, _) = world.plan_of(&facts, &settings, settled.clone());
            entries.extend(nameless(&world, &facts, &plan));
            for (segment, status) in statuses(&facts, &plan) {
                prop_assert!(found.insert(segment, status).is_none(), "marked twice");
            }
            carry = plan.carry;
        }
        let wanted = nameless(&world, &world.facts, &whole);
        let first = entries.iter().zip(&wanted).find(|(is, wants)| is != wants);
        prop_assert!(first.is_none(), "{:#?}\n{}", first, render(&world.facts, &whole));
        prop_assert_eq!(entries.len(), wanted.len());
        prop_assert_eq!(found, statuses(&world.facts, &whole));
    }

    /// I7: a plan may start over at every checkpoint.
    #[test]
    fn checkpoints_are_joints(script in worlds()) {
        let world = script.build();
        let settings =
            Settings { checkpoint_every: Nanos::from_millis(1500), ..Settings::default() };
        let (whole, _) = world.plan_of(&world.facts, &settings, Evidence::default());
        let mut settled = Evidence::default();
        for alignment in &whole.alignments {
            settled.settle(alignment);
        }
        for (at, carry) in whole.checkpoints.iter().enumerate() {
            let facts = Facts { carry: carry.clone(), ..world.facts.clone() };
            let (rest, _) = world.plan_of(&facts, &settings, settled.clone());
            let end = carry.end.expect("a joint has an end");
            let wanted: Vec<Entry> =
                whole.entries.iter().filter(|e| e.start >= end).copied().collect();
            prop_assert_eq!(&rest.entries, &wanted);
            prop_assert_eq!(&rest.carry, &whole.carry, "{:#?}\n{:#?}", rest.carry, whole.carry);
            let later: Vec<_> = rest.checkpoints.clone();
            prop_assert!(later.is_empty() || whole.checkpoints[at..].ends_with(&later[1..]));
        }
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
