//! The slow, obvious oracle: knowing the truth, what must a timeline play?
//!
//! It works on numbers of frames alone and shares no code with the planner.
//! It is right where every overlap can be matched frame by frame.

use super::World;
use std::collections::{BTreeMap, BTreeSet};

/// What the timeline must be, where all strands are tied together exactly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Truth {
    /// Every frame that must be played, in order, and whether it is damaged.
    pub frames: Vec<(usize, bool)>,
    /// Leading pictures right after a small loss or a stall: with pictures out of order
    /// no recorder can tell whether something is missing before them.
    pub either: BTreeSet<usize>,
}

/// Who has which frame, and how well.
fn holders(world: &World) -> BTreeMap<usize, Vec<(usize, bool)>> {
    let mut holders: BTreeMap<usize, Vec<(usize, bool)>> = BTreeMap::new();
    for (segment, take) in world.segments.iter().zip(&world.take_of) {
        for (frame, sample) in segment.frames.iter().zip(&segment.samples) {
            holders.entry(*frame).or_default().push((*take, sample.damaged));
        }
    }
    holders
}

/// Everything that anybody has, less leading pictures after what is missing.
pub fn truth(world: &World) -> Truth {
    let holders = holders(world);
    let all: BTreeSet<usize> = holders.keys().copied().collect();
    let (mut frames, mut either) = (Vec::new(), BTreeSet::new());
    for (frame, copies) in &holders {
        if world.film[*frame].leading {
            if doubtful(world, &all, *frame) {
                either.insert(*frame);
                continue;
            }
            if starts_afresh(world, &all, &holders, *frame) {
                continue;
            }
        }
        frames.push((*frame, copies.iter().all(|c| c.1)));
    }
    Truth { frames, either }
}

/// Is there footage before this GOP, but not all of the last pictures?
fn doubtful(world: &World, all: &BTreeSet<usize>, frame: usize) -> bool {
    let Some(key) = (0..frame).rev().find(|n| world.film[*n].key.is_some()) else { return false };
    let near: Vec<usize> = (key.saturating_sub(4)..key)
        .chain((key + 1..world.film.len()).take_while(|n| world.film[*n].leading))
        .collect();
    let there = near.iter().filter(|n| all.contains(n)).count();
    let before = all.range(..key).next_back();
    let stalled =
        |from: usize| world.habits.stalls.iter().any(|s| s.0 + 4 > from && s.0 <= key + near.len());
    before.is_some_and(|before| there < near.len() || stalled(*before))
}

/// Is anything missing right before the GOP of this leading picture?
fn starts_afresh(
    world: &World,
    all: &BTreeSet<usize>,
    holders: &BTreeMap<usize, Vec<(usize, bool)>>,
    frame: usize,
) -> bool {
    let Some(key) = (0..frame).rev().find(|n| world.film[*n].key.is_some()) else { return true };
    if !all.contains(&key) {
        // nobody knows that it is one
        return false;
    }
    if !tied(holders, all.range(..key).next_back(), key) {
        return true;
    }
    // a picture is shown for one step; look at what is shown before the first
    // leading picture that is there
    let first = world.film[key + 1..]
        .iter()
        .zip(key + 1..)
        .take_while(|(f, _)| f.leading)
        .find(|(_, n)| all.contains(n))
        .map(|(f, _)| f.shown);
    let Some(first) = first else { return true };
    let before = all.range(..key).map(|n| world.film[*n].shown).max();
    before.is_none_or(|b| (first - b) * 2 > 3 * world.habits_step())
}

/// Do takes that share frames, one after the other, lead from a frame to
/// another?
fn tied(holders: &BTreeMap<usize, Vec<(usize, bool)>>, from: Option<&usize>, to: usize) -> bool {
    let Some(from) = from else { return false };
    let of = |n: &usize| -> BTreeSet<usize> { holders[n].iter().map(|h| h.0).collect() };
    let mut reached = of(from);
    loop {
        let before = reached.len();
        for frame in holders.keys() {
            let takes = of(frame);
            if !takes.is_disjoint(&reached) {
                reached.extend(takes);
            }
        }
        if reached.len() == before {
            return !reached.is_disjoint(&of(&to));
        }
    }
}
