//! What lies behind the walk, played or not.

use crate::align::strand_id;
use crate::lane::label;
use crate::plan::Finding;
use crate::strand::StrandRef;
use crate::walk::Walk;
use hitless_model::Nanos;

impl Walk<'_> {
    pub(crate) fn push(&mut self, lane: usize) {
        if self.lanes[lane].push.is_some() {
            return;
        }
        let (view, groups) = (self.view, self.groups);
        let slot = &self.lanes[lane].slots[self.lanes[lane].cursor];
        let needed = slot.copies.iter().filter_map(|c| {
            let come = self.ledger.come_to(view, c.strand)?;
            Some(come.since(label(view, groups, c, c.from)))
        });
        let push = needed.max().unwrap_or_default().max(Nanos::ZERO);
        let first = &slot.copies[0];
        if push > view.segment(first.segment).error.plus(self.settings.gate) {
            let strand = strand_id(view, first.strand);
            self.findings.push(Finding::ClockSetBack { strand, by: push });
        }
        self.lanes[lane].push = Some(push);
    }

    /// Passes a lane's slots up to `slot`.
    pub(crate) fn pass_until(&mut self, lane: usize, slot: usize) {
        while self.lanes[lane].cursor < slot.min(self.lanes[lane].slots.len()) {
            self.push(lane);
            let at = self.lanes[lane].cursor;
            self.lanes[lane].cursor += 1;
            self.pass_earlier(lane, at);
            let push = self.lanes[lane].push.unwrap_or_default();
            let slot = &self.lanes[lane].slots[at];
            self.clocks.note(self.groups, &slot.copies, slot.start);
            for copy in &self.lanes[lane].slots[at].copies {
                let end = label(self.view, self.groups, copy, copy.end);
                self.ledger.pass(self.view, copy, end, push);
            }
        }
    }

    /// What the recorders of a slot wrote before it, in other lanes, is behind.
    pub(crate) fn pass_earlier(&mut self, lane: usize, slot: usize) {
        let before: Vec<StrandRef> = self.lanes[lane].slots[slot]
            .copies
            .iter()
            .filter_map(|c| self.ledger.awaited(c.strand))
            .collect();
        for strand in before {
            let other = self.lane_of(strand);
            while self.ledger.is_left(strand) && !self.lanes[other].is_done() {
                self.pass_until(other, self.lanes[other].cursor + 1);
            }
        }
    }

    /// What other lanes have of the time that was played lies behind, as soon
    /// as no clock can be wrong enough for it to be entered.
    pub(crate) fn pass_behind(&mut self) {
        let (Some(at), Some((here, own))) = (self.at, self.here()) else { return };
        let playing = self.lane_of(at.strand);
        for lane in self.open_lanes() {
            if self.lanes[lane].begins > here.plus(self.clocks.farthest()) {
                break;
            }
            if lane == playing || self.lanes[lane].is_done() || !self.is_eligible(lane) {
                continue;
            }
            self.push(lane);
            let apart = self.apart(lane);
            let margin = own.plus(self.settings.gate).plus(apart.error).plus(apart.by);
            let early = here.plus(Nanos::ZERO.minus(margin));
            while self.lanes[lane].lies_before(self.view, self.groups, early) {
                self.pass_until(lane, self.lanes[lane].cursor + 1);
            }
        }
    }

    /// What is left lies within what was played.
    pub(crate) fn pass_all(&mut self) {
        for lane in 0..self.lanes.len() {
            self.pass_until(lane, self.lanes[lane].slots.len());
        }
    }
}
