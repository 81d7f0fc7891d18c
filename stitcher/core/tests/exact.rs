//! Properties of timelines whose overlaps can be matched frame by frame, held
//! against the oracle.

mod world;

use hitless_stitcher_core::{How, Plan, StrandId, render};
use proptest::prelude::*;
use world::World;
use world::oracle::truth;
use world::script::{Weather, config, scripts};

const CLEAR: Weather = Weather { instances: 3, lives: 7, losses: 0, error_ms: 80, frozen: false };
const ROUGH: Weather = Weather { instances: 3, lives: 6, losses: 3, error_ms: 80, frozen: false };

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

fn check(world: &World, plan: &Plan) -> Result<(), TestCaseError> {
    let text = render(&world.facts, plan);
    let played = world.played(&world.facts, &plan.entries);
    let truth = truth(world);
    let wanted = truth.frames;
    let order = played.windows(2).find(|w| w[0].0 >= w[1].0).map(<[_]>::to_vec);
    let played: Vec<_> = played.into_iter().filter(|f| !truth.either.contains(&f.0)).collect();
    if played != wanted || order.is_some() {
        let extra: Vec<_> = played.iter().filter(|f| !wanted.contains(f)).collect();
        let lost: Vec<_> = wanted.iter().filter(|f| !played.contains(f)).collect();
        return Err(TestCaseError::fail(format!(
            "extra {extra:?}\nlost {lost:?}\nout of order {order:?}\n{text}"
        )));
    }
    for pair in plan.entries.windows(2) {
        prop_assert_eq!(pair[0].end, pair[1].start, "{}", text);
        prop_assert!(pair[0].start < pair[0].end, "{}", text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1500))]

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
    }
}
