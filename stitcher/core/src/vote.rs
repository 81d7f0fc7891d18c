//! Which constant offset explains two rows of fingerprints.
//!
//! Every two equal fingerprints vote for the offset between them. An offset
//! is *clean* if no two undamaged samples that it puts at one time differ. It
//! explains the rows if it is clean and has a run of matches of different
//! pictures; samples without a partner do not count, frames get lost. If another clean offset has at least half
//! as many matches, or a row looks like itself at another time for half as long,
//! the picture repeats itself and nothing is proven.

use crate::evidence::Fingerprint;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One sample that was fingerprinted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    /// When it is shown, in ticks of its strand.
    pub(crate) at: i64,
    /// What it looks like.
    pub(crate) print: Fingerprint,
}

/// What the votes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This one: ticks to add to the second row's times.
    Exact { offset: i64, matched: u32, compared: u32 },
    /// More than one would do.
    Ambiguous,
    /// None does.
    Nothing,
}

#[derive(Debug, Clone, Copy)]
struct Score {
    matched: u32,
    differing: u32,
    alone: u32,
    /// Different pictures among the matches.
    distinct: u32,
}

impl Score {
    fn explains(&self, min_run: u32) -> bool {
        self.distinct >= min_run
    }
}

/// Both rows by time; `within` bounds the offsets believed possible.
pub(crate) fn vote(
    a: &[Mark],
    b: &[Mark],
    within: impl Fn(&Mark, i64) -> bool,
    min_run: usize,
) -> Verdict {
    let min_run = crate::table::count(min_run).max(1);
    let scores: BTreeMap<i64, Score> = candidates(a, b, within)
        .into_iter()
        .map(|(offset, matched)| (offset, score(a, b, offset, matched)))
        .collect();
    let clean: Vec<(i64, Score)> =
        scores.iter().filter(|(_, s)| s.differing == 0).map(|(o, s)| (*o, *s)).collect();
    let best = clean.iter().filter(|(_, s)| s.explains(min_run)).max_by_key(|(_, s)| s.matched);
    if let Some((offset, score)) = best {
        let rivals = clean.iter().filter(|(_, s)| s.matched * 2 >= score.matched).count();
        let alone = rivals == 1 && !repeats(a, score.matched) && !repeats(b, score.matched);
        return if alone { exact(*offset, score) } else { Verdict::Ambiguous };
    }
    // damage that nobody noticed makes a few differ at the right offset
    let mut outvoted = scores
        .iter()
        .filter(|(_, s)| s.explains(min_run) && s.differing.saturating_mul(4) <= s.matched);
    match (outvoted.next(), outvoted.next()) {
        (Some((offset, score)), None) => exact(*offset, score),
        (Some(_), Some(_)) => Verdict::Ambiguous,
        (None, _) => Verdict::Nothing,
    }
}

/// Does a row look like itself somewhere else, for half as long as a match?
fn repeats(row: &[Mark], matched: u32) -> bool {
    candidates(row, row, |_, offset| offset > 0).into_iter().any(|(offset, found)| {
        found * 2 >= matched && score(row, row, offset, found).differing == 0
    })
}

fn exact(offset: i64, score: &Score) -> Verdict {
    let compared = score.matched + score.differing + score.alone;
    Verdict::Exact { offset, matched: score.matched, compared }
}

fn candidates(a: &[Mark], b: &[Mark], within: impl Fn(&Mark, i64) -> bool) -> HashMap<i64, u32> {
    let mut at: HashMap<Fingerprint, Vec<i64>> = HashMap::new();
    for mark in a {
        at.entry(mark.print).or_default().push(mark.at);
    }
    let mut votes = HashMap::new();
    for mark in b {
        for time in at.get(&mark.print).into_iter().flatten() {
            let offset = time.saturating_sub(mark.at);
            if within(mark, offset) {
                *votes.entry(offset).or_insert(0) += 1;
            }
        }
    }
    votes
}

fn score(a: &[Mark], b: &[Mark], offset: i64, matched: u32) -> Score {
    let (Some(first), Some(last)) = (a.first(), a.last()) else {
        return Score { matched, differing: 0, alone: 0, distinct: 0 };
    };
    let (mut together, mut alone) = (0_u32, 0_u32);
    let mut equal = BTreeSet::new();
    for mark in b {
        let time = mark.at.saturating_add(offset);
        if let Ok(at) = a.binary_search_by_key(&time, |m| m.at) {
            together += 1;
            if a[at].print == mark.print {
                equal.insert(mark.print);
            }
        } else if (first.at..=last.at).contains(&time) {
            alone += 1;
        }
    }
    let from = b.first().map_or(0, |m| m.at.saturating_add(offset));
    let to = b.last().map_or(0, |m| m.at.saturating_add(offset));
    let covered = a.iter().filter(|m| (from..=to).contains(&m.at)).count();
    alone += crate::table::count(covered).saturating_sub(together);
    let distinct = crate::table::count(equal.len());
    Score { matched, differing: together.saturating_sub(matched), alone, distinct }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(prints: &[u64], start: i64) -> Vec<Mark> {
        let at = |i: usize| start + 100 * i64::try_from(i).expect("small");
        prints.iter().enumerate().map(|(i, p)| Mark { at: at(i), print: Fingerprint(*p) }).collect()
    }

    fn of(a: &[u64], b: &[u64]) -> Verdict {
        vote(&row(a, 5_000), &row(b, 0), |_, _| true, 3)
    }

    #[test]
    fn a_run_of_equal_pictures_proves_an_offset() {
        let verdict = of(&[1, 2, 3, 4, 5], &[3, 4, 5, 6]);
        assert_eq!(verdict, Verdict::Exact { offset: 5_200, matched: 3, compared: 3 });
    }

    #[test]
    fn two_equal_pictures_prove_nothing() {
        assert_eq!(of(&[1, 2, 3, 4], &[3, 4, 5]), Verdict::Nothing);
        assert_eq!(of(&[1, 2, 3, 3, 3], &[2, 3, 3, 3]), Verdict::Nothing);
    }

    #[test]
    fn a_frozen_picture_proves_nothing() {
        assert_eq!(of(&[7; 3], &[7; 3]), Verdict::Nothing);
        assert_eq!(of(&[7; 20], &[7; 9]), Verdict::Nothing);
    }

    /// One GOP of a frozen picture in common, by chance: the other row shows
    /// that the picture repeats itself.
    #[test]
    fn a_row_that_repeats_itself_proves_nothing() {
        let gop: Vec<u64> = (10..23).collect();
        let twice: Vec<u64> = gop.iter().chain(&gop).copied().collect();
        assert_eq!(
            vote(&row(&twice, 5_000), &row(&gop, 0), |_, d| d == 5_000, 8),
            Verdict::Ambiguous
        );
    }

    #[test]
    fn a_looped_picture_proves_nothing() {
        assert_eq!(of(&[1, 2, 3, 1, 2, 3, 1, 2, 3], &[1, 2, 3, 1, 2, 3]), Verdict::Ambiguous);
    }

    /// The picture stood still for a while, then moved: what moved decides.
    #[test]
    fn wrong_matches_are_voted_out() {
        let verdict = of(&[1, 2, 7, 7, 7, 7, 3, 4], &[7, 7, 7, 3, 4, 5]);
        assert_eq!(verdict, Verdict::Exact { offset: 5_300, matched: 5, compared: 5 });
    }

    /// One key frame was damaged without anybody noticing.
    #[test]
    fn one_that_differs_does_not_outvote_a_run() {
        let verdict = of(&[1, 2, 3, 4, 5, 6], &[2, 3, 9, 5, 6]);
        assert_eq!(verdict, Verdict::Exact { offset: 5_100, matched: 4, compared: 5 });
    }

    #[test]
    fn a_key_frame_that_one_row_lost_is_no_contradiction() {
        let mut b = row(&[1, 2, 3, 4, 5, 6], 0);
        b.remove(2);
        let verdict = vote(&row(&[1, 2, 3, 4, 5, 6], 5_000), &b, |_, _| true, 3);
        assert_eq!(verdict, Verdict::Exact { offset: 5_000, matched: 5, compared: 6 });
    }
}
