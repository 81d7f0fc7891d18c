//! Two lists of frames, one against the other. Pure.

use std::collections::HashMap;
use std::hash::Hash;

/// So many frames may be missing in a row before the rest is called different.
const WINDOW: usize = 4096;

/// What two lists have in common, from the first equal frame to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// In both, in order.
    pub equal: u64,
    /// In the second one only.
    pub missing_in_first: u64,
    /// In the first one only.
    pub missing_in_second: u64,
    /// In both places, and not the same.
    pub differing: u64,
    /// Of the first list, before the first equal frame.
    pub before: u64,
    /// Of the first list, after the last equal frame.
    pub after: u64,
    /// Of the second list, before the first equal frame.
    pub other_before: u64,
    /// Of the second list, after the last equal frame.
    pub other_after: u64,
}

impl Tally {
    /// Whether both have the same, as far as they have anything in common.
    pub fn is_equal(&self) -> bool {
        self.missing_in_first + self.missing_in_second + self.differing == 0
    }
}

/// Compares frame by frame. Frames repeat (a frozen picture), so order decides
/// and the nearest equal one is taken.
pub fn compare<T: Eq + Hash + Copy>(first: &[T], second: &[T]) -> Tally {
    compare_placed(first, second, |_, _| true)
}

/// The same, where `same_place` knows whether two frames, one of each list and
/// neither in the other, are shown at one time: it gets their places, and those of
/// the two equal ones before them. Else each list has a frame that the other lost.
pub fn compare_placed<T: Eq + Hash + Copy>(
    first: &[T],
    second: &[T],
    same_place: impl Fn((usize, usize), (usize, usize)) -> bool,
) -> Tally {
    let places = (places(first), places(second));
    let Some((mut a, mut b)) = anchor(first, second, &places.1) else {
        let (before, other_before) = (first.len() as u64, second.len() as u64);
        return Tally { before, other_before, ..Tally::default() };
    };
    let mut tally = Tally { before: a as u64, other_before: b as u64, ..Tally::default() };
    let mut settled = tally;
    let mut last = (a, b);
    while a < first.len() && b < second.len() {
        if first[a] == second[b] {
            (a, b) = (a + 1, b + 1);
            tally.equal += 1;
            (settled, last) = (tally, (a, b));
            continue;
        }
        let Some((in_a, in_b)) = meets_again(first, (a, b), &places.1) else { break };
        match in_a == in_b {
            true => {
                let equal = (a.saturating_sub(1), b.saturating_sub(1));
                let at = |n: &usize| same_place((a + n, b + n), equal);
                let differing = (0..in_a).filter(at).count();
                tally.differing += differing as u64;
                tally.missing_in_second += (in_a - differing) as u64;
                tally.missing_in_first += (in_b - differing) as u64;
            }
            // each has frames that the other one lost
            false => {
                tally.missing_in_second += in_a as u64;
                tally.missing_in_first += in_b as u64;
            }
        }
        (a, b) = (a + in_a, b + in_b);
    }
    let (after, other_after) = ((first.len() - last.0) as u64, (second.len() - last.1) as u64);
    Tally { after, other_after, ..settled }
}

/// How far ahead in each list is the nearest frame that both have.
fn meets_again<T: Eq + Hash + Copy>(
    first: &[T],
    (a, b): (usize, usize),
    second: &Places<T>,
) -> Option<(usize, usize)> {
    let mut nearest: Option<(usize, usize)> = None;
    for (in_a, item) in first[a..].iter().take(WINDOW).enumerate() {
        if nearest.is_some_and(|(x, y)| in_a >= x + y) {
            break;
        }
        let found = next(second, item, b).map(|in_b| (in_a, in_b));
        nearest = nearest.into_iter().chain(found).min_by_key(|(x, y)| x + y);
    }
    nearest
}

type Places<T> = HashMap<T, Vec<usize>>;

fn places<T: Eq + Hash + Copy>(list: &[T]) -> Places<T> {
    let mut places: Places<T> = HashMap::new();
    for (at, item) in list.iter().enumerate() {
        places.entry(*item).or_default().push(at);
    }
    places
}

/// How far ahead of `from` an item is.
fn next<T: Eq + Hash + Copy>(places: &Places<T>, item: &T, from: usize) -> Option<usize> {
    let all = places.get(item)?;
    let at = *all.get(all.partition_point(|at| *at < from))?;
    Some(at - from).filter(|skip| *skip <= WINDOW)
}

/// The first frame of the first list that the second one has: one that is
/// there once proves more than one that repeats.
fn anchor<T: Eq + Hash + Copy>(
    first: &[T],
    second: &[T],
    places: &Places<T>,
) -> Option<(usize, usize)> {
    let (at, found) =
        first.iter().enumerate().find_map(|(at, item)| Some((at, places.get(item)?)))?;
    // Of several the one that is followed by what follows here.
    let follows = |b: &usize| {
        let pairs = first[at..].iter().zip(&second[*b..]);
        pairs.take(64).filter(|(a, b)| a == b).count()
    };
    let best = found.iter().copied().max_by_key(|b| (follows(b), std::cmp::Reverse(*b)))?;
    Some((at, best))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_one_list_lacks_is_counted() {
        let all: Vec<u32> = (0..100).collect();
        let lacking: Vec<u32> = (10..90).filter(|n| !(40..45).contains(n)).collect();
        let tally = compare(&all, &lacking);
        let wanted =
            Tally { equal: 75, missing_in_second: 5, before: 10, after: 10, ..Tally::default() };
        assert_eq!(tally, wanted);
        let back = compare(&lacking, &all);
        assert_eq!((back.equal, back.missing_in_first, back.before), (75, 5, 0));
    }

    #[test]
    fn a_frame_that_differs_is_told_from_one_that_is_missing() {
        let all: Vec<u32> = (0..50).collect();
        let mut other = all.clone();
        other[20] = 999;
        let tally = compare(&all, &other);
        assert_eq!((tally.equal, tally.differing), (49, 1));
        assert!(!tally.is_equal());
    }

    /// One recorder lost 40, the other one 41; and 60 is another picture in each.
    #[test]
    fn frames_that_differ_are_shown_at_one_time() {
        let a: Vec<u32> = (0..100).filter(|n| *n != 40).collect();
        let mut b: Vec<u32> = (0..100).filter(|n| *n != 41).collect();
        b[59] = 999;
        let time = |list: &[u32], at: usize| if list[at] == 999 { 60 } else { list[at] };
        let tally = compare_placed(&a, &b, |(x, y), (p, q)| {
            time(&a, x) - time(&a, p) == time(&b, y) - time(&b, q)
        });
        let counted = (tally.equal, tally.missing_in_first, tally.missing_in_second);
        assert_eq!((counted, tally.differing), ((97, 1, 1), 1));
    }

    /// One recorder lost 40 to 59, the other one 50 to 79: nothing differs.
    #[test]
    fn losses_of_both_beside_each_other_are_no_differing_frames() {
        let a: Vec<u32> = (0..100).filter(|n| !(40..60).contains(n)).collect();
        let b: Vec<u32> = (0..100).filter(|n| !(50..80).contains(n)).collect();
        let tally = compare(&a, &b);
        assert_eq!(tally.differing, 0, "{tally:?}");
        let counted = (tally.equal, tally.missing_in_first, tally.missing_in_second);
        assert_eq!(counted, (60, 10, 20));
    }

    proptest! {
        #[test]
        fn lists_are_equal_to_themselves(list in prop::collection::vec(0_u8..6, 1..200)) {
            let tally = compare(&list, &list);
            prop_assert!(tally.is_equal());
            prop_assert_eq!(tally.equal, list.len() as u64);
        }

        #[test]
        fn every_frame_is_counted_once(
            a in prop::collection::vec(0_u8..9, 0..60), b in prop::collection::vec(0_u8..9, 0..60),
        ) {
            let tally = compare(&a, &b);
            let counted = tally.before + tally.equal + tally.differing + tally.missing_in_second
                + tally.after;
            prop_assert_eq!(counted, a.len() as u64);
        }
    }
}
