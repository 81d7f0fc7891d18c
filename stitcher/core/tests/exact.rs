//! Properties of timelines whose overlaps can be matched frame by frame, held
//! against the oracle.

mod world;

use hitless_model::MediaSpan;
use hitless_stitcher_core::{Entry, How, Plan, SeamKind, StrandId, What, render};
use proptest::prelude::*;
use world::World;
use world::camera::{Order, SCALE};
use world::oracle::truth;
use world::script::{FAIR, Weather, config, scripts};

const CLEAR: Weather = Weather { lives: 7, ..FAIR };
const ROUGH: Weather = Weather { losses: 3, ..FAIR };
const WILD: Weather = Weather { wild_clocks: true, ..ROUGH };

/// Three recorders side by side from beginning to end.
const FOREVER: Weather = Weather { lives: 4, losses: 4, forever: true, ..FAIR };

/// Three recorders, all of which lose pictures of the same few GOPs.
const TORN: Weather = Weather { losses: 5, focus: true, ..FOREVER };

/// Few lives of slow cameras, with long gaps between them.
const SPARSE: Weather = Weather { instances: 2, lives: 4, losses: 2, ..FAIR };

/// A camera that stalls, seen by recorders that lose packets too.
const STALLING: Weather = Weather { lives: 4, losses: 1, stalls: 3, ..FAIR };

/// Can all strands that overlap be tied by fingerprints, and are they?
fn all_exact(world: &World, plan: &Plan) -> bool {
    let takes = world.takes.len();
    let mut of: Vec<usize> = (0..takes).collect();
    for found in &plan.alignments {
        if let How::Exact { .. } = found.how {
            let take = |id: StrandId| {
                world.takes.iter().position(|t| (t.lineage, t.strand) == (id.lineage, id.strand))
            };
            let (Some(a), Some(b)) = (take(found.early), take(found.late)) else { return false };
            let (from, to) = (of[a], of[b]);
            of.iter_mut().filter(|o| **o == from).for_each(|o| *o = to);
        }
    }
    let range = |t: usize| {
        let frames = || {
            let own =
                world.segments.iter().zip(&world.take_of).filter(move |(_, take)| **take == t);
            own.flat_map(|(s, _)| s.frames.iter().copied())
        };
        frames().min().zip(frames().max())
    };
    let ranges: Vec<_> = (0..takes).map(range).collect();
    (0..takes).all(|a| {
        (0..a).all(|b| match (ranges[a], ranges[b]) {
            (Some(x), Some(y)) => x.0 > y.1 || y.0 > x.1 || of[a] == of[b],
            _ => true,
        })
    })
}

/// A picture that comes after a few that were decoded after it: is there none of
/// these that a recorder has beside it? Then nothing but what others need tells
/// which was first. Nor does anything if they did not even notice where they lost
/// some.
fn nobody_knows_which_is_first(world: &World, two: &[(usize, bool)]) -> bool {
    let (later, earlier) = (two[0].0, two[1].0);
    let both = |take: usize| {
        let of_it = world.segments.iter().zip(&world.take_of).filter(|(_, of)| **of == take);
        let has = |frame| of_it.clone().any(|(segment, _)| segment.frames.contains(&frame));
        has(earlier) && (earlier + 1..=later).any(has)
    };
    let unnoticed = world.takes.iter().any(|take| take.unnoticed);
    world.habits.order != Order::Plain
        && (unnoticed
            || ((earlier + 1..earlier + 5).contains(&later) && !(0..world.takes.len()).any(both)))
}

/// Did the camera stall after a picture, and has no recorder that has this one recorded
/// two that follow each other, up to it? Then nothing says how long one lasts, and a
/// camera that is slow and then quickens looks just like one that stalls: both show the
/// same pictures at the same times.
fn nobody_knows_that_it_stalled(world: &World, before: usize, after: usize) -> bool {
    let stalled = |n: usize| world.habits.stalls.iter().any(|stall| stall.0 == n);
    let is_told = |take: usize| {
        let of_it = world.segments.iter().zip(&world.take_of).filter(|(_, of)| **of == take);
        let own: Vec<usize> = of_it.flat_map(|(segment, _)| segment.frames.clone()).collect();
        let follow = |two: &[usize]| two[0] + 1 == two[1] && two[1] <= before && !stalled(two[1]);
        own.contains(&before) && own.windows(2).any(follow)
    };
    (before + 1..=after).any(stalled) && !(0..world.takes.len()).any(is_told)
}

/// What each recorder got around a frame, `!` if damaged, for who reads of a failure.
fn received_near(world: &World, frame: usize) -> String {
    let mut text = String::new();
    for take in 0..world.takes.len() {
        let of_it = world.segments.iter().zip(&world.take_of).filter(|(_, of)| **of == take);
        let near = of_it
            .flat_map(|(segment, _)| segment.frames.iter().zip(&segment.samples))
            .filter(|(n, _)| n.abs_diff(frame) < 12)
            .map(|(n, sample)| {
                let (key, bad) =
                    (sample.key.map_or("", |_| "K"), if sample.damaged { "!" } else { "" });
                format!(" {key}{n}{bad}")
            });
        text += &format!("take {take}:{}\n", near.collect::<String>());
    }
    text
}

fn check(world: &World, plan: &Plan) -> Result<(), TestCaseError> {
    let text = render(&world.facts, plan);
    let played = world.played(&world.facts, &plan.entries);
    let truth = truth(world);
    let wanted = truth.frames;
    // a leading picture that came through in part, without its key frame, looks
    // like the end of the GOP before
    let sound = |f: &&(usize, bool)| !(f.1 && world.film[f.0].leading);
    let ordered: Vec<_> = played.iter().filter(sound).copied().collect();
    let wrong = |w: &&[(usize, bool)]| {
        w[0].0 == w[1].0 || (w[0].0 > w[1].0 && !nobody_knows_which_is_first(world, w))
    };
    let order = ordered.windows(2).find(wrong).map(<[_]>::to_vec);
    let mut played: Vec<_> = played.into_iter().filter(|f| !truth.either.contains(&f.0)).collect();
    // their order was looked at
    played.sort_unstable();
    if played != wanted || order.is_some() {
        let extra: Vec<_> = played.iter().filter(|f| !wanted.contains(f)).collect();
        let lost: Vec<_> = wanted.iter().filter(|f| !played.contains(f)).collect();
        let about = order.iter().flatten().chain(lost.iter().copied()).chain(extra.iter().copied());
        let near = about.map(|f| received_near(world, f.0)).next().unwrap_or_default();
        return Err(TestCaseError::fail(format!(
            "extra {extra:?}\nlost {lost:?}\nout of order {order:?}\n{near}{text}"
        )));
    }
    for pair in plan.entries.windows(2) {
        prop_assert_eq!(pair[0].end, pair[1].start, "{}", text);
        prop_assert!(pair[0].start < pair[0].end, "{}", text);
    }
    Ok(())
}

/// Spans stand where they were recorded. Clocks are off by up to 80 ms each, every
/// switch by them as much, and of pictures out of order one that is shown first may
/// come a few later.
fn check_instants(world: &World, plan: &Plan) -> Result<(), TestCaseError> {
    let step = MediaSpan::new(world.habits.step).to_nanos(SCALE).as_secs_f64();
    let mut most = 0.2 + 4.0 * step;
    for entry in &plan.entries {
        let What::Span(span) = entry.what else { continue };
        if span.seam.kind == SeamKind::Clock {
            most += 0.2 + 2.0 * step;
        }
        let off = world.seconds_off(entry);
        prop_assert!(off.abs() < most, "{off} off: {span:?}\n{}", render(&world.facts, plan));
    }
    Ok(())
}

/// What is missing in truth after a frame and before another, in seconds.
fn truly_missing(world: &World, before: usize, after: usize) -> f64 {
    let apart = world.film[after].shown - world.film[before].shown - world.habits.step;
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let seconds = apart as f64 / 90_000.0;
    let stalled = world.habits.stalls.iter().any(|s| s.0 > before && s.0 <= after);
    if after == before + 1 && !stalled { 0.0 } else { seconds }
}

/// I3: gaps and holes are where footage is missing, and as long; clocks are
/// off by up to 80 ms each, and labels follow them.
fn check_gaps(world: &World, plan: &Plan) -> Result<(), TestCaseError> {
    const OFF: f64 = 0.4;
    let text = render(&world.facts, plan);
    let frames = |e: &Entry| world.played(&world.facts, std::slice::from_ref(e));
    let mut last: Option<usize> = None;
    let (mut told, mut gap) = (0.0, false);
    for entry in &plan.entries {
        let length = entry.end.since(entry.start).as_secs_f64();
        match entry.what {
            What::Gap(_) => (told, gap) = (told + length, true),
            What::Hole(_) => told += length,
            What::Span(_) => {
                let own = frames(entry);
                if let (Some(before), Some((after, _))) = (last, own.first())
                    && !nobody_knows_that_it_stalled(world, before, *after)
                {
                    let missing = truly_missing(world, before, *after);
                    prop_assert!(
                        (told - missing).abs() < OFF + told / 4.0,
                        "{told} told, {missing} missing before {after}\n{text}"
                    );
                    prop_assert!(gap || missing < 1.0 + OFF, "{missing} is a gap\n{text}");
                    prop_assert!(!gap || missing > 1.0 - OFF, "{missing} is no gap\n{text}");
                }
                last = own.last().map(|f| f.0);
                (told, gap) = (0.0, false);
            }
            What::Pending | What::Expired => prop_assert!(false, "{text}"),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(2000))]

    /// I1, I2: all that anybody has, once, in order.
    #[test]
    fn every_frame_is_played_once(script in scripts(CLEAR)) {
        let world = script.build();
        let (plan, _) = world.plan();
        prop_assume!(all_exact(&world, &plan));
        check(&world, &plan)?;
    }

    /// I1, I2 with frames lost and damaged on the way: one recorder's holes
    /// are filled from the others.
    #[test]
    fn holes_are_filled_from_others(script in scripts(ROUGH)) {
        let world = script.build();
        let (plan, _) = world.plan();
        prop_assume!(all_exact(&world, &plan));
        check(&world, &plan)?;
        check_instants(&world, &plan)?;
        if world.habits.order == Order::Plain {
            check_gaps(&world, &plan)?;
        }
    }

    /// Recorders that say nothing of what they lost, as those of others do.
    #[test]
    fn losses_that_nobody_noticed_are_filled(mut script in scripts(ROUGH)) {
        script.unnoticed = true;
        let world = script.build();
        let (plan, _) = world.plan();
        prop_assume!(world.habits.order != Order::OpenGop && all_exact(&world, &plan));
        check(&world, &plan)?;
    }

    /// A camera that sends nothing for a while, with its session going on:
    /// nothing is lost, and every such while is told.
    #[test]
    fn a_stalled_camera_leaves_gaps(script in scripts(STALLING)) {
        // Where most steps of a short file are stalls, nothing says what is usual.
        let mut at: Vec<_> = script.habits.stalls.iter().map(|stall| stall.0).collect();
        at.sort_unstable();
        prop_assume!(at.windows(2).all(|two| two[1] - two[0] >= 10));
        let world = script.build();
        let (plan, _) = world.plan();
        prop_assume!(all_exact(&world, &plan));
        check(&world, &plan)?;
        if world.habits.order == Order::Plain {
            check_gaps(&world, &plan)?;
        }
    }

    /// I1, I2.
    #[test]
    fn side_by_side_for_ever(script in scripts(FOREVER)) {
        let world = script.build();
        let (plan, _) = world.plan();
        prop_assume!(all_exact(&world, &plan));
        check(&world, &plan)?;
    }

    /// I2: what is left of a GOP that all of them have lost parts of.
    #[test]
    fn torn_gops_are_pieced_together(script in scripts(TORN)) {
        let world = script.build();
        let (plan, _) = world.plan();
        prop_assume!(all_exact(&world, &plan));
        check(&world, &plan)?;
        check_instants(&world, &plan)?;
    }

    /// I1, I2, I11: what clocks say decides nothing where pictures do.
    #[test]
    fn clocks_that_drift_and_jump_decide_nothing(script in scripts(WILD)) {
        let world = script.build();
        let (plan, _) = world.plan();
        // of strands that have nothing in common clocks have the last word
        let exact = |how: &How| matches!(how, How::Exact { .. });
        prop_assume!(plan.alignments.iter().all(|a| exact(&a.how)));
        prop_assume!(all_exact(&world, &plan));
        check(&world, &plan)?;
    }

    /// I3.
    #[test]
    fn gaps_are_what_nobody_has(script in scripts(SPARSE)) {
        let world = script.build();
        let (plan, _) = world.plan();
        prop_assume!(all_exact(&world, &plan));
        if world.habits.order == Order::Plain {
            check_gaps(&world, &plan)?;
        }
    }
}
