//! What planning costs beside a sort and a sweep of the same rows.
//!
//! `cargo test -p hitless-stitcher-core --test speed -- --ignored --nocapture`
//! prints the table; the planner is built with optimisation in every profile.

mod world;

use hitless_stitcher_core::{Evidence, Needs, Settings, plan};
use std::time::{Duration, Instant};
use world::World;
use world::camera::Habits;
use world::recorder::Take;

/// One picture a second, a key frame every two seconds.
fn habits() -> Habits {
    Habits::even(90_000, 2)
}

const DAY: usize = 86_400;

/// Handovers four times a day, each with ten seconds of overlap.
fn handovers(days: usize) -> World {
    let turns = 4 * days;
    let names: Vec<String> = (0..turns).map(|n| format!("run-{n:05}")).collect();
    let runs: Vec<(&str, &str)> = names
        .iter()
        .enumerate()
        .map(|(n, run)| (if n % 2 == 0 { "blue" } else { "green" }, run.as_str()))
        .collect();
    let takes = (0..turns)
        .map(|n| {
            let lineage = u32::try_from(n).expect("few");
            Take::whole(lineage, (n * DAY / 4).saturating_sub(10), (n + 1) * DAY / 4)
        })
        .collect();
    World::new(&habits(), days * DAY, &runs, takes)
}

/// Two recorders side by side for ever; one of them loses a few pictures
/// every hour.
fn twins(days: usize) -> World {
    let mut blue = Take::whole(0, 0, days * DAY);
    blue.losses = (0..24 * days)
        .map(|h| world::recorder::Loss { at: h * 3600 + 1801, frames: 3, partial: false })
        .collect();
    let runs = [("blue", "run-1"), ("green", "run-2")];
    World::new(&habits(), days * DAY, &runs, vec![blue, Take::whole(1, 0, days * DAY)])
}

/// Two recorders of a camera that falls silent for a second every half a
/// minute, not for both at once.
fn flapping(days: usize) -> World {
    let mut takes = Vec::new();
    for lineage in 0..2_u32 {
        let late = lineage as usize * 15;
        takes.extend((0..days * 480).map(|n| Take {
            strand: u32::try_from(n).expect("few"),
            ..Take::whole(lineage, n * 30 + late, n * 30 + 29 + late)
        }));
    }
    let runs = [("blue", "run-1"), ("green", "run-2")];
    World::new(&habits(), days * 480 * 30 + 60, &runs, takes)
}

/// Time spent in planning, all rounds, and what was read for it.
fn measure(world: &World) -> (Duration, world::Reads) {
    let (settings, mut evidence) = (Settings::default(), Evidence::default());
    let mut reads = world::Reads::default();
    let mut spent = Duration::ZERO;
    loop {
        let begin = Instant::now();
        let found: Result<_, Needs> = plan(&world.facts, &settings, &evidence);
        spent += begin.elapsed();
        match found {
            Ok(_) => return (spent, reads),
            Err(needs) => world.read(&world.facts, &needs, &mut evidence, &mut reads),
        }
        reads.rounds += 1;
    }
}

/// A sort and a sweep over the same rows.
fn floor(world: &World) -> Duration {
    let begin = Instant::now();
    let mut rows: Vec<(i64, i64)> = world
        .facts
        .segments
        .iter()
        .map(|s| (s.start.as_ns(), world::end_label(s).as_ns()))
        .collect();
    rows.sort_unstable();
    let mut end = i64::MIN;
    let mut overlaps = 0;
    for (from, to) in rows {
        overlaps += usize::from(from < end);
        end = end.max(to);
    }
    std::hint::black_box(overlaps);
    begin.elapsed()
}

#[test]
#[ignore = "prints a table"]
fn per_segment() {
    println!("world      days segments  floor/seg   plan/seg  rounds tables samples prints");
    for (name, of) in
        [("handovers", handovers as fn(usize) -> World), ("twins", twins), ("flapping", flapping)]
    {
        for days in [1, 8] {
            let world = of(days);
            let segments = world.facts.segments.len();
            let least = (0..5).map(|_| floor(&world)).min().unwrap_or_default();
            let (spent, reads) = (0..5).map(|_| measure(&world)).min_by_key(|m| m.0).expect("3");
            let per = |d: Duration| d.as_secs_f64() * 1e6 / segments as f64;
            println!(
                "{name:<10} {days:>4} {segments:>8} {:>8.3} us {:>7.3} us {:>7} {:>6} {:>7} {:>6}",
                per(least),
                per(spent),
                reads.rounds,
                reads.tables,
                reads.samples,
                reads.prints
            );
        }
    }
}
