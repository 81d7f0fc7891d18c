//! Which slot is played next.
//!
//! The lane in play goes on as long as frames follow each other; where they do
//! not, another lane that has the time is entered, the soonest first.

use crate::choice::Position;
use crate::lane::Entrance;
use crate::unit::Unit;
use crate::walk::Walk;
use hitless_model::{MediaSpan, Nanos, Utc};

impl Walk<'_> {
    /// The slot to play next.
    pub(crate) fn next_slot(&mut self) -> Option<(usize, usize)> {
        let here = self.here();
        let own = self.at.map(|p| self.lane_of(p.strand));
        if let (Some(at), Some(lane)) = (self.at, own) {
            self.pass_unplayable(lane, &at);
            let cursor = self.lanes[lane].cursor;
            if let Some(slot) = self.lanes[lane].slots.get(cursor) {
                let intact = slot
                    .copies
                    .iter()
                    .filter(|c| !c.first_damaged && c.late.is_none())
                    .any(|c| at.leads_to(self.view, c.segment, c.first));
                if intact || at.reaches(slot.from) {
                    return Some((lane, cursor));
                }
                let other = self.filler(lane, slot.from);
                return Some(other.map_or((lane, cursor), |(lane, e)| (lane, e.slot)));
            }
        }
        self.other(own, here).map(|(lane, entrance)| (lane, entrance.slot))
    }

    /// Another lane that has some of what is missing in this one up to a time
    /// on its axis.
    pub(crate) fn filler(&mut self, lane: usize, until: i64) -> Option<(usize, Entrance)> {
        let at = self.at?;
        let here = self.here()?;
        let scale = self.view.strand(at.strand).timescale;
        let length = MediaSpan::new(until.saturating_sub(at.last)).to_nanos(scale);
        let limit = here.0.plus(length);
        let (other, entrance) = self.soonest(Some(lane), Some(here), true)?;
        let error = entrance.error.plus(here.1);
        let fills = length > error && limit.since(entrance.label) > error;
        fills.then_some((other, entrance))
    }

    /// Slots of the lane in play that nothing can be played of.
    pub(crate) fn pass_unplayable(&mut self, lane: usize, at: &Position) {
        while let Some(slot) = self.lanes[lane].slots.get(self.lanes[lane].cursor) {
            let playable = |c: &Unit| c.headed || at.leads_to(self.view, c.segment, c.first);
            if slot.copies.iter().any(playable) {
                return;
            }
            self.pass_until(lane, self.lanes[lane].cursor + 1);
        }
    }

    /// The lane to enter at or after the point that was come to: the one that
    /// goes on soonest.
    pub(crate) fn other(
        &mut self,
        own: Option<usize>,
        here: Option<(Utc, Nanos)>,
    ) -> Option<(usize, Entrance)> {
        // numbers and clocks may contradict each other all round: then any
        self.soonest(own, here, true).or_else(|| self.soonest(own, here, false))
    }

    pub(crate) fn soonest(
        &mut self,
        own: Option<usize>,
        here: Option<(Utc, Nanos)>,
        in_order: bool,
    ) -> Option<(usize, Entrance)> {
        let mut best: Option<(usize, Entrance)> = None;
        for lane in self.open_lanes() {
            if Some(lane) == own || self.lanes[lane].is_done() {
                continue;
            }
            // lanes are in order of where they begin and are only pushed on
            let begins = self.lanes[lane].begins.plus(Nanos::ZERO.minus(self.clocks.farthest()));
            if best.is_some_and(|(_, b)| begins > b.label) && here.is_none_or(|(at, _)| begins > at)
            {
                break;
            }
            if in_order && !self.is_eligible(lane) {
                continue;
            }
            self.push(lane);
            // what one recorder wrote later never repeats what it wrote before
            let near = here.filter(|_| !self.goes_on(lane));
            let apart = self.apart(lane);
            let near = near.map(|(at, own)| apart.back((at, own)));
            let Some(entrance) = self.lanes[lane].entrance(self.view, self.groups, near) else {
                // all that is left of it lies within what was played
                self.pass_until(lane, self.lanes[lane].slots.len());
                return self.soonest(own, here, in_order);
            };
            let entrance = Entrance {
                label: entrance.label.plus(apart.by),
                error: entrance.error.plus(apart.error),
                ..entrance
            };
            // soonest, and among those that have the time the one that doubles least
            let sooner = |b: &(usize, Entrance)| {
                let since = |label: Utc| here.map_or(label, |(at, _)| label.max(at));
                (since(entrance.label), b.1.label) < (since(b.1.label), entrance.label)
            };
            if best.as_ref().is_none_or(sooner) {
                best = Some((lane, entrance));
            }
        }
        best
    }

    /// Does the recorder that is playing go on in this lane?
    pub(crate) fn goes_on(&self, lane: usize) -> bool {
        let Some(at) = self.at else { return false };
        let playing = (self.view.instance(at.strand), self.view.segment(at.segment).number);
        let lane = &self.lanes[lane];
        lane.slots[lane.cursor].copies.iter().any(|c| {
            self.view.instance(c.strand) == playing.0
                && self.view.segment(c.segment).number > playing.1
        })
    }

    /// Has everything been passed that the lane's recorders wrote before?
    pub(crate) fn is_eligible(&self, lane: usize) -> bool {
        let lane = &self.lanes[lane];
        let slot = &lane.slots[lane.cursor];
        slot.copies.iter().all(|c| self.ledger.is_next(c.strand))
    }
}
