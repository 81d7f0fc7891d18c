//! One GOP made of several damaged copies, frame by frame.
//!
//! Only copies tied by fingerprints and with equal parameter sets are mixed:
//! they are the same bytes, less what each lost. Where two of them have a
//! frame undamaged it must be equal, or nothing is mixed. Frames stay with
//! one copy as long as it has them undamaged.

use crate::choice::Position;
use crate::evidence::Look;
use crate::group::Groups;
use crate::order::{Told, decode_order};
use crate::piece::{Frame, frames, is_one, sure_frame};
use crate::slot::Slot;
use crate::strand::View;
use crate::unit::Unit;
use std::collections::BTreeMap;

/// The frames of a merged GOP in decode order; `None` if the best copy has
/// all that can be had.
pub(crate) fn merged(
    view: &View<'_>,
    groups: &Groups,
    look: &mut Look<'_>,
    slot: &Slot,
    best: usize,
    at: Option<&Position>,
) -> Option<Vec<Frame>> {
    let copies = mixable(view, groups, slot, best);
    let own = &slot.copies[best];
    let frame = copies.iter().map(|c| c.frame).min().unwrap_or(0);
    let shortest = sure_frame(frame, view.strand(own.strand).timescale);
    let usual = at.map_or(frame, |at| at.frame.min(frame));
    if copies.len() < 2 || !may_lack(own, &copies[1..], (shortest, usual)) {
        return None;
    }
    let rows: Vec<Vec<Frame>> =
        copies.iter().map(|c| frames(view, groups, look, c)).collect::<Option<_>>()?;
    let found = by_time(&rows, shortest);
    let whole = found.values().filter(|f| has_whole(f)).count();
    if whole <= own.whole_samples() as usize && found.len() <= own.samples as usize {
        return None;
    }
    if !agree(look, &rows, &found) {
        return None;
    }
    let playing = at.and_then(|p| copies.iter().position(|c| c.strand == p.strand));
    let told = |c: &&Unit| Told { headed: c.headed, closed: c.closed, frame };
    let told: Vec<Told> = copies.iter().map(told).collect();
    Some(choose(&rows, &told, &found, playing.unwrap_or(0)))
}

/// May the others have frames that this copy has not?
fn may_lack(own: &Unit, others: &[&Unit], (shortest, usual): (i64, i64)) -> bool {
    let whole = |c: &&Unit| c.closed && c.damaged == 0 && c.headed;
    own.damaged > 0
        || own.pauses
        || own.slips
        || is_thin(own, usual)
        || (!own.headed && others.iter().any(|c| c.headed))
        || others.iter().any(|c| c.last > own.last && !is_one(c.last, own.last, shortest))
        // cut off among frames out of order: the last one shown says nothing
        || (!own.closed && !others.iter().any(|c| whole(c) && c.samples <= own.samples))
}

/// Are there fewer pictures than the time from its first to its last has room for?
fn is_thin(unit: &Unit, usual: i64) -> bool {
    let steps = i64::from(unit.samples).saturating_sub(1);
    let room = unit.last.saturating_sub(unit.from);
    room.saturating_sub(usual.saturating_mul(steps)).saturating_mul(2) > usual
}

/// The best copy first, then the others that may be mixed with it.
fn mixable<'s>(view: &View<'_>, groups: &Groups, slot: &'s Slot, best: usize) -> Vec<&'s Unit> {
    let own = &slot.copies[best];
    let class = groups.axis(own.strand).class;
    let parameters = view.segment(own.segment).parameters;
    let others = slot.copies.iter().enumerate().filter(|(at, copy)| {
        *at != best
            && groups.axis(copy.strand).class == class
            && view.segment(copy.segment).parameters == parameters
    });
    std::iter::once(own).chain(others.map(|(_, c)| c)).collect()
}

/// For each time shown: which copies have a frame there, as (copy, place).
pub(crate) type ByTime = BTreeMap<i64, Vec<(usize, usize, bool)>>;

/// Frames of different copies that are shown at one time, as near as their
/// ticks allow; in order of the copies.
fn by_time(rows: &[Vec<Frame>], shortest: i64) -> ByTime {
    let mut all: Vec<(i64, usize, usize)> = Vec::new();
    for (copy, row) in rows.iter().enumerate() {
        all.extend(row.iter().enumerate().map(|(place, frame)| (frame.shown, copy, place)));
    }
    all.sort_unstable();
    let mut found = ByTime::new();
    for (shown, copy, place) in all {
        let entry = (copy, place, rows[copy][place].damaged);
        match found.last_entry() {
            Some(mut near)
                if is_one(shown, *near.key(), shortest)
                    && near.get().iter().all(|(other, ..)| *other != copy) =>
            {
                near.get_mut().push(entry);
            }
            _ => found.entry(shown).or_default().push(entry),
        }
    }
    for frames in found.values_mut() {
        frames.sort_unstable();
    }
    found
}

fn has_whole(frames: &[(usize, usize, bool)]) -> bool {
    frames.iter().any(|f| !f.2)
}

/// Are all frames that two copies have undamaged equal?
fn agree(look: &mut Look<'_>, rows: &[Vec<Frame>], found: &ByTime) -> bool {
    let mut all = true;
    for frames in found.values() {
        let whole: Vec<&Frame> =
            frames.iter().filter(|f| !f.2).map(|(c, p, _)| &rows[*c][*p]).collect();
        if whole.len() < 2 {
            continue;
        }
        let mut prints = whole.iter().map(|f| look.print(f.segment, f.sample));
        let first = prints.next().flatten();
        // not `all`: every print has to be asked for in one round
        all &= prints.fold(first.is_some(), |same, p| same & (p == first));
    }
    all
}

fn choose(rows: &[Vec<Frame>], told: &[Told], found: &ByTime, playing: usize) -> Vec<Frame> {
    let mut current = playing;
    decode_order(told, found)
        .iter()
        .map(|shown| {
            let frames = &found[shown];
            let whole = || frames.iter().filter(|f| !f.2);
            let pick = whole()
                .find(|f| f.0 == current)
                .or_else(|| whole().next())
                .or_else(|| frames.iter().find(|f| f.0 == current))
                .unwrap_or(&frames[0]);
            current = pick.0;
            rows[pick.0][pick.1]
        })
        .collect()
}
