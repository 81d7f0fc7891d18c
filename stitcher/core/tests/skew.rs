//! Two hosts whose clocks are apart, and cameras that never say the time: what
//! equal pictures told of the clocks once holds where no picture is shared.

mod world;

use hitless_model::{ClockSource, Nanos, Utc};
use hitless_stitcher_core::{Evidence, Plan, Settings, What, render};
use proptest::prelude::*;
use world::World;
use world::camera::{Habits, SCALE};
use world::recorder::Take;
use world::script::{FAIR, config, scripts};
use world::store::{Store, nameless, statuses};

/// Frames in a second.
const SECOND: usize = 10;
const GOP: usize = 2;

/// Of a recorder that has no reports of the camera, on a host whose clock is
/// off by so many milliseconds.
fn by_host(take: Take, off_ms: i64) -> Take {
    Take {
        source: ClockSource::HostArrival,
        clock_off: Nanos::from_millis(off_ms),
        error: Nanos::from_millis(500),
        segment_gops: 10,
        ..take
    }
}

/// What two hosts, in turn, record: from second to second.
fn turns(parts: &[(u32, usize, usize)], off_ms: i64) -> World {
    drifting(parts, off_ms, 0)
}

/// The second one's clock runs wrong by some parts per million.
fn drifting(parts: &[(u32, usize, usize)], off_ms: i64, ppm: i64) -> World {
    let end = parts.iter().map(|p| p.2).max().expect("some");
    let names: Vec<String> = (0..parts.len()).map(|n| format!("run-{n:03}")).collect();
    let instances = ["blue", "green"];
    let lineages: Vec<(&str, &str)> =
        parts.iter().zip(&names).map(|(p, run)| (instances[p.0 as usize], run.as_str())).collect();
    let take = |(at, (host, from, to)): (usize, &(u32, usize, usize))| {
        let lineage = u32::try_from(at).expect("few");
        let take = Take::whole(lineage, from * SECOND, to * SECOND);
        Take {
            drift_ppb: i64::from(*host) * ppm * 1_000,
            drift_admitted: false,
            ..by_host(take, i64::from(*host) * off_ms)
        }
    };
    let takes = parts.iter().enumerate().map(take).collect();
    let habits = Habits::even(9_000, GOP * SECOND);
    let mut world = World::new(&habits, end * SECOND, &lineages, takes);
    for (lineage, part) in parts.iter().enumerate() {
        world.on_host(lineage, ["here", "there"][part.0 as usize]);
    }
    world
}

/// Where a frame is shown in truth.
fn time(world: &World, frame: usize) -> Utc {
    let ticks = hitless_model::MediaSpan::new(world.film[frame].shown);
    world::begin().plus(ticks.to_nanos(SCALE))
}

/// Gaps and holes: how long they are, and how long in truth.
fn gaps(world: &World, plan: &Plan) -> Vec<(Nanos, Nanos)> {
    let mut last: Option<usize> = None;
    let mut missing = Nanos::ZERO;
    let mut found = Vec::new();
    for entry in &plan.entries {
        let frames = world.played(&world.facts, std::slice::from_ref(entry));
        match (entry.what, last, frames.first()) {
            (What::Span(_), Some(last), Some((first, _))) if missing > Nanos::ZERO => {
                found.push((missing, time(world, *first).since(time(world, last + 1))));
                missing = Nanos::ZERO;
            }
            (What::Span(_), ..) => {}
            _ => missing = missing.plus(entry.end.since(entry.start)),
        }
        last = frames.last().map(|f| f.0).or(last);
    }
    found
}

fn once(world: &World, plan: &Plan) -> bool {
    let played: Vec<usize> =
        world.played(&world.facts, &plan.entries).into_iter().map(|f| f.0).collect();
    played.windows(2).all(|w| w[0] < w[1])
}

/// The story: two hosts 2 s apart, a handover with an overlap, and later one
/// that stopped twenty seconds before the other began.
#[test]
fn a_gap_between_hosts_whose_clocks_an_overlap_has_told_is_as_long_as_it_is() {
    for off in [-60_000, -30_000, -2_000, 2_000, 9_000, 60_000] {
        let world = turns(&[(0, 0, 200), (1, 150, 300), (0, 320, 400), (1, 420, 500)], off);
        let (plan, _) = world.plan();
        let text = render(&world.facts, &plan);
        assert!(once(&world, &plan), "{off} ms\n{text}");
        let gaps = gaps(&world, &plan);
        assert_eq!(gaps.len(), 2, "{off} ms\n{text}");
        for (is, wants) in gaps {
            assert!(is.minus(wants).abs() < Nanos::from_millis(100), "{is:?} {wants:?}\n{text}");
        }
    }
}

/// A clock that was set since tells nothing any more.
#[test]
fn a_clock_that_was_set_is_not_corrected_by_what_it_was() {
    let parts = [(0, 0, 200), (1, 150, 300), (0, 320, 400)];
    let told = turns(&parts, 4_000);
    let mut set = told.clone();
    let at = world::begin().plus(Nanos::from_secs(310));
    set.clock_set(2, at, Nanos::from_millis(3_000));
    let plans = [told.plan().0, set.plan().0];
    let lengths = plans.each_ref().map(|plan| gaps(&told, plan)[0].0.get() / 100_000_000);
    assert_eq!(lengths, [199, 160], "{}", render(&told.facts, &plans[1]));
}

/// Evidence of hours ago is good to what two clocks go apart since; of a day
/// ago it is none.
#[test]
fn what_clocks_were_apart_is_forgotten() {
    let slow = Habits::even(90_000, 2);
    let hour = 3_600;
    for (later, wants) in [(6, true), (25, false)] {
        let lives = [
            (0, 0, 600),
            (1, 300, 900),
            (1, later * hour, later * hour + 300),
            (0, later * hour + 320, later * hour + 900),
        ];
        let runs = [("blue", "run-0"), ("green", "run-1"), ("green", "run-2"), ("blue", "run-3")];
        let takes = lives.iter().enumerate().map(|(n, (host, from, to))| {
            by_host(Take::whole(u32::try_from(n).expect("few"), *from, *to), host * 9_000)
        });
        let mut world = World::new(&slow, later * hour + 900, &runs, takes.collect());
        for (lineage, life) in lives.iter().enumerate() {
            world.on_host(lineage, ["here", "there"][usize::try_from(life.0).expect("few")]);
        }
        let (plan, _) = world.plan();
        let (is, truth) = *gaps(&world, &plan).last().expect("a gap");
        let off = is.minus(truth).abs();
        assert_eq!(off < Nanos::from_secs(1), wants, "{off:?}\n{}", render(&world.facts, &plan));
    }
}

/// Two hosts in turn, some of them with an overlap: how long each records, and
/// whether the next one begins so long before its end, or after it.
fn lives() -> impl Strategy<Value = Vec<(usize, bool, i64)>> {
    prop::collection::vec((140_usize..240, any::<bool>(), 3_i64..40), 3..9)
}

/// Overlaps may be shorter than the clocks are apart.
fn parts(lives: &[(usize, bool, i64)]) -> Vec<(u32, usize, usize)> {
    let mut from = 0_i64;
    let mut found = Vec::new();
    for (n, (length, overlaps, by)) in lives.iter().enumerate() {
        let second = |s: i64| usize::try_from(s).expect("after the beginning");
        // what comes after the other one does not begin before this one ends
        let end = from + i64::try_from(*length).expect("small");
        found.push((u32::try_from(n % 2).expect("small"), second(from), second(end)));
        from = end + if *overlaps { -(by + 8) } else { *by };
    }
    found
}

proptest! {
    #![proptest_config(config(300))]

    /// I16: after the first overlap every gap is as long as it is, within the
    /// errors of both clocks and what they may have drifted since.
    #[test]
    fn clocks_that_pictures_have_told_apart_are_compared(
        mut lives in lives(),
        off in prop_oneof![100_i64..60_000, -60_000_i64..-100],
        ppm in -90_i64..90,
    ) {
        lives[0].1 = true;
        let world = drifting(&parts(&lives), off, ppm);
        let (plan, _) = world.plan();
        let text = render(&world.facts, &plan);
        prop_assert!(once(&world, &plan), "{}", text);
        // what the clocks say is as good as that, where they say no better; the
        // generator's jitter is far less
        let sure = if off.abs() < 1_300 { Nanos::from_millis(1_500) } else { Nanos::from_millis(60) };
        let drift = Nanos::new(world.facts.horizon.since(world::begin()).get() / 10_000);
        for (is, truth) in gaps(&world, &plan) {
            let bound = sure.plus(drift);
            prop_assert!(is.minus(truth).abs() <= bound, "{:?} {:?}\n{}", is, truth, text);
        }
    }

    /// I7 where clocks are apart.
    #[test]
    fn windows_know_of_clocks_that_are_apart(
        script in scripts(FAIR),
        skews in prop::collection::vec(-1_500_i64..1_500, 4),
        cuts in prop::collection::vec(0_i64..1000, 1..5),
    ) {
        let mut world = script.build();
        skew(&mut world, &skews);
        let settings = hasty();
        let (whole, _) = world.plan_of(&world.facts, &settings, Evidence::default());
        let store = Store::in_windows(&world, &cuts, &settings);
        prop_assert_eq!(store.described, nameless(&world, &world.facts, &whole));
        prop_assert_eq!(store.statuses, statuses(&world.facts, &whole));
        prop_assert!(store.checkpoints == whole.checkpoints);
    }

    /// I7: late rows, where clocks are apart, and the windows that they open.
    #[test]
    fn late_rows_know_of_clocks_that_are_apart(
        script in scripts(FAIR),
        skews in prop::collection::vec(-1_500_i64..1_500, 4),
        come in prop::collection::vec(0_usize..3, 40),
        again in any::<bool>(),
    ) {
        let mut world = script.build();
        skew(&mut world, &skews);
        let settings = hasty();
        let (whole, _) = world.plan_of(&world.facts, &settings, Evidence::default());
        let part = |n: usize| come[n % come.len()];
        let mut store = Store::default();
        for now in 0..3 {
            let mut facts = world.facts.clone();
            let mut n = 0..;
            facts.segments.retain(|_| n.next().is_some_and(|n| part(n) <= now));
            let new = world.facts.segments.iter().enumerate().filter(|(n, _)| part(*n) == now);
            let new: Vec<_> = new.map(|(_, row)| row).collect();
            if again && now > 0 {
                store.reopen(&world, &facts, &new, &settings);
                continue;
            }
            let carry = store.before(&facts, &new, &settings);
            store.run(&world, &facts, (carry, None), &settings);
        }
        prop_assert_eq!(store.described, nameless(&world, &world.facts, &whole));
        prop_assert_eq!(store.statuses, statuses(&world.facts, &whole));
        prop_assert!(store.checkpoints == whole.checkpoints);
    }
}

/// Every instance on a host of its own, whose clock is off.
fn skew(world: &mut World, off_ms: &[i64]) {
    let lineages = world.facts.lineages.clone();
    let mut instances: Vec<_> = lineages.iter().map(|l| l.instance.clone()).collect();
    instances.sort();
    instances.dedup();
    let host = |lineage: u32| {
        let own = &lineages[lineage as usize].instance;
        instances.iter().position(|i| i == own).expect("there")
    };
    for (recorded, row) in world.segments.iter_mut().zip(&mut world.facts.segments) {
        row.start = row.start.plus(Nanos::from_millis(off_ms[host(row.lineage)]));
        row.source = ClockSource::HostArrival;
        recorded.facts = row.clone();
    }
    for lineage in 0..lineages.len() {
        let name = format!("host-{}", host(u32::try_from(lineage).expect("few")));
        world.on_host(lineage, &name);
    }
    let ends = world.facts.segments.iter().map(world::end_label);
    world.facts.horizon = ends.max().unwrap_or_else(world::begin);
}

/// Short windows for short films, and clocks that are farther apart than the gate.
fn hasty() -> Settings {
    Settings {
        checkpoint_every: Nanos::from_millis(700),
        gate: Nanos::from_millis(400),
        far_gate: Nanos::from_secs(3),
        retry_after: Nanos::from_millis(900),
        retries: 2,
        ..Settings::default()
    }
}
