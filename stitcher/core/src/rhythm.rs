//! Strands whose pictures prove nothing are joined by their clocks, or kept
//! apart.
//!
//! If exactly one offset within the clocks' error puts key frames upon key
//! frames, and no two of these differ, the strands are joined at it, and every
//! switch between them has the clocks' error. Else they only take turns.

use crate::align::{How, expected};
use crate::evidence::Look;
use crate::pair::Pair;
use crate::probe::{self, Grain, Point, Rows};
use crate::settings::Settings;
use crate::strand::View;
use hitless_model::MediaSpan;
use std::collections::BTreeSet;

/// How a pair lies by its clocks; `differs`: its pictures were seen to differ.
pub(crate) fn by_clock(
    view: &View<'_>,
    look: &mut Look<'_>,
    settings: &Settings,
    pair: &Pair,
    comparable: bool,
    differs: bool,
) -> How {
    let rows = probe::rows(view, look, settings, pair, pair.from, Grain::Keys);
    let error = rows.error;
    let joined = (comparable && !differs)
        .then(|| rhythm(&rows, view.strand(pair.early).timescale))
        .flatten()
        .filter(|offset| nowhere_differ(look, &rows, *offset));
    match joined {
        Some(offset) => How::Joined { offset: MediaSpan::new(offset), error },
        None => How::Apart { error, differs },
    }
}

/// Are all key frames that an offset puts upon each other equal, as far as
/// they can be read?
fn nowhere_differ(look: &mut Look<'_>, rows: &Rows, offset: i64) -> bool {
    let early = probe::marks(look, &rows.early);
    let late = probe::marks(look, &rows.late);
    late.iter().all(|mark| {
        let time = mark.at.saturating_add(offset);
        let other = early.binary_search_by_key(&time, |m| m.at);
        other.map_or(true, |at| early[at].print == mark.print)
    })
}

/// The only offset within the clocks' error that puts key frames upon key
/// frames, if there is one, and if key frames are far enough apart for that
/// to mean anything.
fn rhythm(rows: &Rows, scale: u32) -> Option<i64> {
    let error = MediaSpan::from_nanos(rows.error, scale).ticks().max(1);
    if closest(rows)? < error.saturating_mul(4) {
        return None;
    }
    let expected = expected(rows, scale);
    let early: BTreeSet<i64> = rows.early.iter().map(|p| p.at.ticks()).collect();
    let mut offsets: BTreeSet<i64> = BTreeSet::new();
    for (late, about) in &expected {
        let from = late.saturating_add(*about);
        let near = early.range(from.saturating_sub(error)..=from.saturating_add(error));
        offsets.extend(near.map(|e| e.saturating_sub(*late)));
    }
    let good: Vec<(i64, usize)> = offsets
        .into_iter()
        .map(|d| (d, fit(&early, &rows.late, d)))
        .filter(|(_, fit)| *fit > 0)
        .collect();
    let best = good.iter().max_by_key(|(_, fit)| *fit)?;
    let rivals = good.iter().filter(|(_, fit)| fit * 2 >= best.1).count();
    (rivals == 1).then_some(best.0)
}

/// The shortest way from key frame to key frame.
fn closest(rows: &Rows) -> Option<i64> {
    let steps = |points: &[Point]| -> Vec<i64> {
        points.windows(2).map(|p| p[1].at.since(p[0].at).ticks()).collect()
    };
    steps(&rows.early).into_iter().chain(steps(&rows.late)).min()
}

/// How many key frames fall upon key frames; none if most do not.
fn fit(early: &BTreeSet<i64>, late: &[Point], offset: i64) -> usize {
    let (Some(first), Some(last)) = (early.first(), early.last()) else { return 0 };
    let shifted = || late.iter().map(|p| p.at.ticks().saturating_add(offset));
    let met = shifted().filter(|t| early.contains(t)).count();
    let alone = shifted().filter(|t| (first..=last).contains(&t) && !early.contains(t)).count();
    if met > alone { met } else { 0 }
}
