//! The slots of one group, and how far the walk has come in them.
//!
//! Groups are ordered against each other by wall time, with one exception:
//! strands of one instance follow each other. A group whose clock puts it
//! before what its recorder wrote earlier is pushed behind that.

use crate::group::Groups;
use crate::slot::Slot;
use crate::strand::View;
use crate::unit::Unit;
use hitless_model::{MediaTime, Nanos, Utc};

/// A group on its way through the walk.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) slots: Vec<Slot>,
    /// The first slot that was not passed.
    pub(crate) cursor: usize,
    /// How far it is pushed; `None` until it is reached.
    pub(crate) push: Option<Nanos>,
    /// Where its first strand began by its own clock; lanes are in this order.
    pub(crate) begins: Utc,
}

/// Where a walk may enter a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entrance {
    pub(crate) slot: usize,
    pub(crate) label: Utc,
    /// How far off the lane's clock may be there.
    pub(crate) error: Nanos,
}

/// The instant that a copy's own clock gives to a time on the axis.
pub(crate) fn label(view: &View<'_>, groups: &Groups, copy: &Unit, at: i64) -> Utc {
    let media = at.saturating_sub(groups.axis(copy.strand).offset);
    view.segment(copy.segment).label(MediaTime::new(media))
}

/// Up to where a copy has frames: what comes after a loss inside of it is not
/// worth entering it for.
fn has_until(copy: &Unit) -> i64 {
    if copy.damaged == 0 && !copy.pauses {
        return copy.end;
    }
    let shown = i64::from(copy.samples).saturating_mul(copy.frame);
    copy.end.min(copy.from.saturating_add(shown))
}

impl Lane {
    pub(crate) fn is_done(&self) -> bool {
        self.cursor >= self.slots.len()
    }

    fn push(&self) -> Nanos {
        self.push.unwrap_or_default()
    }

    /// Where a slot begins by its own clock, pushed.
    pub(crate) fn start(&self, view: &View<'_>, groups: &Groups, slot: usize) -> Utc {
        let slot = &self.slots[slot];
        label(view, groups, &slot.copies[0], slot.from).plus(self.push())
    }

    fn end(&self, view: &View<'_>, groups: &Groups, slot: usize) -> Utc {
        let ends = self.slots[slot].copies.iter().map(|c| label(view, groups, c, has_until(c)));
        ends.max().unwrap_or_default().plus(self.push())
    }

    /// Where to go on after `at`: at the slot that begins there as far as the
    /// clocks can tell, else in the one that has that instant, rather doubling
    /// than losing; else at the next one. `None` if nothing is left.
    pub(crate) fn entrance(
        &self,
        view: &View<'_>,
        groups: &Groups,
        at: Option<(Utc, Nanos)>,
    ) -> Option<Entrance> {
        let mut slot = self.cursor;
        if let Some((at, own)) = at {
            let error = self.error(view, slot)?.plus(own);
            let early = at.plus(Nanos::ZERO.minus(error));
            let open = &self.slots[self.cursor..];
            // labels may step inside of a lane, so look one by one
            let next = (0..open.len())
                .find(|i| self.start(view, groups, self.cursor + i) >= early)
                .unwrap_or(open.len());
            slot = self.cursor + next;
            let fits = next < open.len() && self.start(view, groups, slot) <= at.plus(error);
            if !fits && next > 0 && self.end(view, groups, slot - 1) > at.max(early) {
                slot -= 1;
            }
        }
        while slot < self.slots.len() && !self.slots[slot].copies.iter().any(|c| c.headed) {
            slot += 1;
        }
        let error = self.error(view, slot)?;
        Some(Entrance { slot, label: self.start(view, groups, slot), error })
    }

    /// Does the next slot end, and the one after it begin, before an instant,
    /// whatever the error of the lane's clock?
    pub(crate) fn lies_before(&self, view: &View<'_>, groups: &Groups, at: Utc) -> bool {
        let Some(error) = self.error(view, self.cursor) else { return false };
        let next = self.cursor + 1;
        let begins = (next < self.slots.len()).then(|| self.start(view, groups, next));
        let ends = self.end(view, groups, self.cursor);
        begins.unwrap_or(ends).max(ends).plus(error).plus(error) < at
    }

    fn error(&self, view: &View<'_>, slot: usize) -> Option<Nanos> {
        let copy = self.slots.get(slot)?.copies.first()?;
        Some(view.segment(copy.segment).error)
    }
}
