//! The GOPs of a group in order, each with the copies that strands have.
//!
//! A slot begins at a key frame that any strand has. A strand that lost this
//! key frame has its samples in one unit with the GOP before; such a unit is
//! split at the slot's border, and its tail is a copy without a head.

use crate::evidence::Look;
use crate::facts::SegmentFacts;
use crate::group::Groups;
use crate::open::open_up;
use crate::piece::{is_one, sure_frame};
use crate::strand::{StrandRef, View};
use crate::table::{Sample, count};
use crate::tables::Overlaps;
use crate::unit::{Unit, units};

/// A GOP on the axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    /// When its key frame is shown.
    pub(crate) start: i64,
    /// When its earliest picture is shown.
    pub(crate) from: i64,
    /// Pictures shown before the key frame may follow it.
    pub(crate) open: bool,
    /// Some strand knows that nothing is missing after a picture shown at this
    /// time, before the next slot.
    pub(crate) closed: Option<i64>,
    /// One per strand that has any of it, by strand.
    pub(crate) copies: Vec<Unit>,
}

/// The slots of a group.
pub(crate) fn slots(
    view: &View<'_>,
    groups: &Groups,
    overlaps: &Overlaps,
    look: &mut Look<'_>,
    members: &[StrandRef],
) -> Vec<Slot> {
    let mut all = Vec::new();
    for strand in members {
        units(view, groups, overlaps, look, *strand, &mut all);
    }
    if members.len() == 1 {
        return all.into_iter().map(alone).collect();
    }
    all.sort_by_key(|u| (u.start, u.strand, u.first));
    let (mut slots, firsts) = borders(view, &all);
    open_up(groups, look, (&all, &firsts), &mut slots);
    for unit in all {
        place(view, groups, look, &mut slots, unit);
    }
    slots.retain(|s| !s.copies.is_empty());
    for slot in &mut slots {
        slot.copies.sort_by_key(|u| (u.strand, u.first));
        slot.closed = closed(&slot.copies);
        if slot.open {
            let from = slot.copies.iter().map(|u| u.from).min();
            slot.from = from.map_or(slot.start, |from| from.min(slot.start));
        }
    }
    slots
}

fn closed<'u>(copies: impl IntoIterator<Item = &'u Unit>) -> Option<i64> {
    copies.into_iter().filter(|u| u.closed).map(|u| u.last).min()
}

fn alone(unit: Unit) -> Slot {
    Slot {
        start: unit.start,
        from: unit.from,
        open: unit.open,
        closed: closed([&unit]),
        copies: vec![unit],
    }
}

/// One empty slot for each key frame, and for samples that have none.
/// Says also which unit is the first of each.
fn borders(view: &View<'_>, all: &[Unit]) -> (Vec<Slot>, Vec<usize>) {
    let (mut slots, mut firsts): (Vec<Slot>, Vec<usize>) = Default::default();
    let mut owners: Vec<StrandRef> = Vec::new();
    for (at, unit) in all.iter().enumerate() {
        match slots.last_mut() {
            Some(slot) if is_same(view, slot, unit, &owners) => {
                slot.from = slot.from.min(unit.from);
                slot.open |= unit.open;
            }
            _ => {
                owners.clear();
                firsts.push(at);
                slots.push(Slot {
                    start: unit.start,
                    from: unit.from,
                    open: unit.open,
                    closed: None,
                    copies: Vec::new(),
                });
            }
        }
        owners.push(unit.strand);
    }
    (slots, firsts)
}

/// Is it the slot's key frame?
fn is_same(view: &View<'_>, slot: &Slot, unit: &Unit, owners: &[StrandRef]) -> bool {
    let sure = || sure_frame(unit.frame, view.strand(unit.strand).timescale);
    unit.start == slot.start
        || (is_one(unit.start, slot.start, sure()) && !owners.contains(&unit.strand))
}

fn place(view: &View<'_>, groups: &Groups, look: &mut Look<'_>, slots: &mut [Slot], unit: Unit) {
    let at = slots.partition_point(|s| s.start <= unit.start).saturating_sub(1);
    let reaches = slots[at + 1..].partition_point(|s| s.from <= unit.last);
    if reaches == 0 {
        slots[at].copies.push(unit);
        return;
    }
    let Some(samples) = look.samples(unit.segment) else {
        slots[at].copies.push(unit);
        return;
    };
    let row = view.segment(unit.segment);
    let offset = groups.axis(unit.strand).offset;
    let mut rest = unit;
    for next in at + 1..=at + reaches {
        let (head, tail) = split((samples, row), offset, rest, &slots[next]);
        if let Some(head) = head {
            slots[next - 1].copies.push(head);
        }
        match tail {
            Some(tail) => rest = tail,
            None => return,
        }
    }
    slots[at + reaches].copies.push(rest);
}

/// Cuts a unit where the first sample is shown at or after the slot's border.
fn split(
    (samples, row): (&[Sample], &SegmentFacts),
    offset: i64,
    unit: Unit,
    slot: &Slot,
) -> (Option<Unit>, Option<Unit>) {
    let range = unit.first as usize..(unit.first as usize + unit.samples as usize);
    let Some(own) = samples.get(range) else { return (Some(unit), None) };
    let shown = |s: &Sample| s.presentation.ticks().saturating_add(offset);
    let at = own.iter().position(|s| shown(s) >= slot.from).unwrap_or(own.len());
    (part(unit, (own, row), 0, at, offset), part(unit, (own, row), at, own.len(), offset))
}

fn part(
    unit: Unit,
    (own, row): (&[Sample], &SegmentFacts),
    from: usize,
    to: usize,
    offset: i64,
) -> Option<Unit> {
    let some = own.get(from..to).filter(|s| !s.is_empty())?;
    let first = unit.first.saturating_add(count(from));
    let after = row.pause_before(unit.first.saturating_add(count(to)));
    let shown = |s: &Sample| s.presentation.ticks().saturating_add(offset);
    let earliest = some.iter().map(shown).min()?;
    Some(
        Unit {
            first,
            samples: count(some.len()),
            damaged: count(some.iter().filter(|s| s.damaged).count()),
            leading: if from == 0 { unit.leading.min(count(some.len() - 1)) } else { 0 },
            headed: unit.headed && from == 0,
            open: unit.open && from == 0,
            first_damaged: some[0].damaged,
            pauses: row.pauses_within(first, count(some.len())),
            slips: row.slips_within(first, count(some.len())),
            late: match from {
                0 => unit.late,
                _ => row.pause_before(first).map(|p| p.shifted(offset)),
            },
            closed: own.get(to).map_or(unit.closed, |next| !next.damaged && after.is_none()),
            start: if from == 0 { unit.start } else { earliest },
            from: earliest,
            last: some.iter().map(shown).max()?,
            end: some.iter().map(|s| shown(s).saturating_add(s.duration.ticks())).max()?,
            ..unit
        }
        .honest(),
    )
}
