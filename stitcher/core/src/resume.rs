//! From a carry to a walk, and from a walk to a carry.

use crate::carry::{Carry, Passed, Playing};
use crate::choice::Position;
use crate::facts::SegmentRef;
use crate::ledger::Marks;
use crate::strand::View;
use crate::walk::Walk;
use hitless_model::{InstanceId, MediaSpan, MediaTime, Nanos, SegmentNumber, Utc};
use std::collections::HashMap;

type Named<'a> = HashMap<(&'a InstanceId, SegmentNumber), SegmentRef>;

/// Playable segments by instance and number.
fn named<'a>(view: &View<'a>) -> Named<'a> {
    view.strand_refs()
        .flat_map(|strand| view.strand(strand).segments.iter().map(move |s| (strand, *s)))
        .map(|(strand, s)| ((view.instance(strand), view.segment(s).number), s))
        .collect()
}

impl Walk<'_> {
    /// Drops what an earlier walk has passed and stands where it stood.
    pub(crate) fn resume(&mut self) {
        let carry = &self.view.facts.carry;
        if carry.end.is_none() {
            return;
        }
        let names = named(self.view);
        for passed in &carry.passed {
            self.drop_passed(passed);
            if let Some(segment) = names.get(&(&passed.instance, passed.number)) {
                self.ledger.resume(self.view, *segment, passed);
                self.restore_push(*segment, passed.push);
            }
        }
        for lane in &mut self.lanes {
            lane.slots.retain(|s| !s.copies.is_empty());
        }
        self.recount();
        self.at = carry.playing.as_ref().and_then(|playing| {
            let segment = *names.get(&(&playing.instance, playing.number))?;
            let strand = self.view.strand_of(segment)?;
            let offset = MediaSpan::new(self.groups.axis(strand).offset);
            Some(Position {
                strand,
                segment,
                next_sample: playing.next_sample,
                last: playing.last.plus(offset).ticks(),
                end: playing.end.plus(offset).ticks(),
                frame: playing.frame.ticks(),
                closed: playing.closed,
            })
        });
    }

    /// Copies of an instance that were passed.
    fn drop_passed(&mut self, passed: &Passed) {
        let view = self.view;
        for slot in self.lanes.iter_mut().flat_map(|l| &mut l.slots) {
            slot.copies.retain(|copy| {
                let at = (view.segment(copy.segment).number, copy.first);
                *view.instance(copy.strand) != passed.instance
                    || at >= (passed.number, passed.next_sample)
            });
        }
    }

    /// A lane that was entered stays where it was pushed to.
    fn restore_push(&mut self, segment: SegmentRef, push: Nanos) {
        if let Some(strand) = self.view.strand_of(segment) {
            let lane = self.lane_of(strand);
            self.lanes[lane].push = Some(push);
        }
    }
}

/// The state of a walk at a joint.
pub(crate) fn carry(walk: &Walk<'_>, at: Option<Position>, marks: &Marks<'_>, end: Utc) -> Carry {
    let playing = at.map(|at| {
        let back = MediaSpan::new(walk.groups.axis(at.strand).offset.saturating_neg());
        Playing {
            instance: walk.view.instance(at.strand).clone(),
            number: walk.view.segment(at.segment).number,
            next_sample: at.next_sample,
            last: MediaTime::new(at.last).plus(back),
            end: MediaTime::new(at.end).plus(back),
            frame: MediaSpan::new(at.frame),
            closed: at.closed,
        }
    });
    let passed = marks
        .iter()
        .filter(|(_, mark, _)| end.since(mark.end) < FORGET)
        .map(|(instance, mark, played)| Passed {
            instance: (*instance).clone(),
            number: walk.view.segment(mark.segment).number,
            next_sample: mark.next_sample,
            played: *played,
            end: mark.end,
            push: mark.push,
        })
        .collect();
    Carry { end: Some(end), playing, passed }
}

/// An instance that was passed longer ago than this has nothing left that a
/// walk could meet.
const FORGET: Nanos = Nanos::from_secs(2 * 86_400);
