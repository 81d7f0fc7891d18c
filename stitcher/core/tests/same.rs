//! What must change nothing: the order of the rows, the names of instances,
//! the split into windows, a second run.

mod world;

use hitless_model::{Nanos, OverlapStatus, Utc};
use hitless_stitcher_core::{
    Carry, Entry, Evidence, Facts, Plan, SegmentRef, Settings, What, diff, render,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use world::World;
use world::camera::Noise;
use world::script::{FAIR, Weather, config, scripts};

const ANY: Weather = Weather { losses: 2, ..FAIR };
const FROZEN: Weather = Weather { frozen: true, ..ANY };
const WILD: Weather = Weather { wild_clocks: true, ..ANY };

fn worlds() -> impl Strategy<Value = world::script::Script> {
    prop_oneof![3 => scripts(ANY), 1 => scripts(FROZEN), 1 => scripts(WILD)]
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

/// Only the rows that a window needs, as the carry says.
fn near(facts: &Facts, carry: &Carry, until: Option<Utc>, settings: &Settings) -> Facts {
    let mut part = facts.clone();
    part.until = until;
    part.carry = carry.clone();
    part.segments.retain(|row| {
        let instance = &facts.lineages[row.lineage as usize].instance;
        carry.rows_from(instance).is_none_or(|from| row.number >= from)
            && until.is_none_or(|until| row.start <= until.plus(settings.lookahead()))
    });
    part
}

/// What is kept from run to run.
#[derive(Default)]
struct Store {
    entries: Vec<Entry>,
    described: Vec<(Utc, Utc, String)>,
    statuses: BTreeMap<(String, u64), OverlapStatus>,
    checkpoints: Vec<Carry>,
}

impl Store {
    /// Forgets what is not before a carry.
    fn cut(&mut self, carry: &Carry) {
        let kept = match carry.end {
            Some(end) => self.entries.iter().take_while(|e| e.start < end).count(),
            None => 0,
        };
        self.entries.truncate(kept);
        self.described.truncate(kept);
        self.checkpoints.retain(|c| c.end <= carry.end);
    }

    /// The last checkpoint that a test allows.
    fn latest(&self, is: impl Fn(&Carry) -> bool) -> Carry {
        self.checkpoints.iter().rfind(|c| is(c)).cloned().unwrap_or_default()
    }

    /// Plans a window from a carry, earlier if it must, and keeps the outcome;
    /// says where it went on from.
    fn run(
        &mut self,
        world: &World,
        rows: &Facts,
        (carry, until): (Carry, Option<Utc>),
        settings: &Settings,
    ) -> Carry {
        let mut carry = carry;
        loop {
            let facts = near(rows, &carry, until, settings);
            match world.try_plan(&facts, settings) {
                Ok((plan, _)) => {
                    self.cut(&carry);
                    self.entries.extend(plan.entries.iter().copied());
                    self.described.extend(nameless(world, &facts, &plan));
                    self.statuses.extend(statuses(&facts, &plan));
                    self.checkpoints.extend(plan.checkpoints.iter().cloned());
                    return plan.carry;
                }
                Err(earlier) => {
                    let before = carry.end.expect("nothing is earlier than nothing");
                    assert!(earlier < before, "{earlier} is not before {before}");
                    carry = self.latest(|c| c.end.is_some_and(|end| end <= earlier));
                }
            }
        }
    }
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
        let begin = world.facts.segments.iter().map(|s| s.start).min().unwrap_or_default();
        let length = world.facts.horizon.since(begin).get();
        let mut cuts: Vec<Option<Utc>> =
            cuts.iter().map(|c| Some(begin.plus(Nanos::new(length / 1000 * c)))).collect();
        cuts.sort();
        cuts.push(None);
        let mut store = Store::default();
        let mut carry = Carry::default();
        for until in cuts {
            carry = store.run(&world, &world.facts, (carry, until), &settings);
        }
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
            let carry = store.latest(|c| {
                new.iter().all(|row| {
                    let instance = &facts.lineages[row.lineage as usize].instance;
                    c.is_before(instance, row, &settings)
                })
            });
            store.run(&world, &facts, (carry, None), &settings);
        }
        prop_assert_eq!(&store.described, &nameless(&world, &world.facts, &whole));
        prop_assert_eq!(store.statuses, statuses(&world.facts, &whole));
        prop_assert!(store.checkpoints == whole.checkpoints, "{:#?}\n{:#?}", store.checkpoints, whole.checkpoints);
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
