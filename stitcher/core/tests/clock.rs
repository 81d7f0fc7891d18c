//! Where pictures cannot be matched, clocks must do: nothing is lost or
//! doubled but within the error that a seam states.

mod world;

use hitless_model::{Nanos, Utc};
use hitless_stitcher_core::{Plan, SeamKind, What, render};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use world::World;
use world::camera::{Order, SCALE};
use world::script::{FAIR, Weather, config, scripts};

const FROZEN: Weather = Weather { frozen: true, ..FAIR };
const POOR: Weather = Weather { error_ms: 700, ..FROZEN };
const ROUGH: Weather = Weather { losses: 2, ..FROZEN };

/// When a frame was shown in truth.
fn time(world: &World, frame: usize) -> Utc {
    let ticks = hitless_model::MediaSpan::new(world.film[frame].shown);
    world::begin().plus(ticks.to_nanos(SCALE))
}

/// Where a timeline may be off, between which frames and by how much: clock
/// seams by their error; and by the clocks' error where footage begins and
/// ends, for what another recorder has a little longer is not told from what
/// both have.
fn seams(world: &World, plan: &Plan) -> Vec<(usize, usize, Nanos)> {
    let error = Nanos::from_millis(2 * world.error_ms);
    let mut last: Option<usize> = None;
    let mut found = Vec::new();
    for entry in &plan.entries {
        let frames = world.played(&world.facts, std::slice::from_ref(entry));
        if let What::Span(span) = entry.what {
            let first = frames[0].0;
            match span.seam.kind {
                SeamKind::Clock => found.push((last.unwrap_or(first), first, span.seam.error)),
                SeamKind::Start | SeamKind::Gap => {
                    found.push((last.unwrap_or(first), first, error));
                }
                SeamKind::SameStrand | SeamKind::Exact => {}
            }
            last = frames.last().map(|f| f.0);
        }
    }
    found.extend(last.map(|last| (last, last, error)));
    found
}

/// Is a frame within the error of a clock seam, give or take a GOP?
fn excused(world: &World, seams: &[(usize, usize, Nanos)], frame: usize) -> bool {
    let most = world.habits.gop + usize::try_from(world.habits.gop_more).expect("small") + 1;
    let ticks = world.habits.step * i64::try_from(most).expect("small");
    let gop = hitless_model::MediaSpan::new(ticks).to_nanos(SCALE);
    let at = time(world, frame);
    seams.iter().any(|(before, after, error)| {
        let near = error.plus(gop);
        [before, after].iter().any(|n| at.since(time(world, **n)).abs() <= near)
    })
}

/// Frames of GOPs that some recorder has whole, key frame to key frame.
fn of_whole_gops(world: &World) -> BTreeSet<usize> {
    let mut keys: Vec<usize> =
        (0..world.film.len()).filter(|n| world.film[*n].key.is_some()).collect();
    keys.push(world.film.len());
    let mut whole = BTreeSet::new();
    for take in 0..world.takes.len() {
        let own: BTreeSet<usize> = world
            .segments
            .iter()
            .zip(&world.take_of)
            .filter(|(_, t)| **t == take)
            .flat_map(|(s, _)| s.frames.iter().zip(&s.samples))
            .filter(|(_, sample)| !sample.damaged)
            .map(|(frame, _)| *frame)
            .collect();
        for gop in keys.windows(2) {
            if (gop[0]..gop[1]).all(|n| own.contains(&n)) {
                whole.extend(gop[0]..gop[1]);
            }
        }
    }
    whole
}

fn check(world: &World, plan: &Plan) -> Result<(), TestCaseError> {
    let text = render(&world.facts, plan);
    let seams = seams(world, plan);
    let mut times: BTreeMap<usize, usize> = BTreeMap::new();
    for (frame, _) in world.played(&world.facts, &plan.entries) {
        *times.entry(frame).or_default() += 1;
    }
    let whole = of_whole_gops(world);
    let losses = world.takes.iter().any(|t| !t.losses.is_empty());
    let recorded: BTreeSet<usize> =
        world.segments.iter().flat_map(|s| s.frames.iter().copied()).collect();
    for frame in recorded {
        let played = times.get(&frame).copied().unwrap_or(0);
        let leading = world.film[frame].leading;
        prop_assert!(
            played == 1
                || (leading && played == 0)
                // a GOP damaged in all copies is not merged by clocks
                || (losses && played == 0 && !whole.contains(&frame))
                || excused(world, &seams, frame),
            "frame {frame} at {} is played {played} times, seams {seams:?}\n{text}",
            time(world, frame)
        );
    }
    for pair in plan.entries.windows(2) {
        prop_assert_eq!(pair[0].end, pair[1].start, "{}", text);
        prop_assert!(pair[0].start < pair[0].end, "{}", text);
    }
    Ok(())
}

/// A file of a picture or two, the last of which lasts over a loss: it could
/// be a camera that is slow.
fn says_nothing_of_a_loss(world: &World) -> bool {
    world.facts.segments.iter().any(|row| {
        let shown = i64::from(row.samples) * world.habits.step;
        (1..4).contains(&row.samples) && row.media_length.ticks() > 2 * shown
    })
}

proptest! {
    #![proptest_config(config(2000))]

    /// I4 with clocks good enough to tell GOPs apart, and not.
    #[test]
    fn frozen_pictures_are_joined_by_clocks(script in scripts(FROZEN)) {
        let world = script.build();
        let (plan, _) = world.plan();
        check(&world, &plan)?;
    }

    /// I4 with clocks that are off by more than a GOP.
    #[test]
    fn poor_clocks_double_rather_than_lose(script in scripts(POOR)) {
        let world = script.build();
        let (plan, _) = world.plan();
        check(&world, &plan)?;
    }

    /// I4 with losses, for GOPs that somebody has whole; pictures out of order
    /// hide small losses.
    #[test]
    fn losses_are_filled_by_clocks(script in scripts(ROUGH)) {
        prop_assume!(script.habits.order == Order::Plain);
        let world = script.build();
        prop_assume!(!says_nothing_of_a_loss(&world));
        let (plan, _) = world.plan();
        check(&world, &plan)?;
    }
}
