//! Which copy of a GOP is played.
//!
//! Most undamaged samples, then a segment that was finished properly, then
//! the strand already playing, then the earlier run id. A copy without a key
//! frame can only be played as the continuation of its own strand.

use crate::facts::SegmentRef;
use crate::piece::is_step;
use crate::slot::Slot;
use crate::strand::{StrandRef, View};
use crate::unit::Unit;
use hitless_model::SegmentState;
use std::cmp::Reverse;

/// The point that was played up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) strand: StrandRef,
    pub(crate) segment: SegmentRef,
    /// Number of the sample after it, in decode order.
    pub(crate) next_sample: u32,
    /// When the latest picture was shown, on the group's axis.
    pub(crate) last: i64,
    /// When it ended.
    pub(crate) end: i64,
    /// How long a picture lasts.
    pub(crate) frame: i64,
    /// Some strand knows that nothing is missing before its group's next slot.
    pub(crate) closed: bool,
}

impl Position {
    /// Does this sample follow in the same strand, with none lost between?
    pub(crate) fn leads_to(&self, view: &View<'_>, segment: SegmentRef, first: u32) -> bool {
        if self.segment == segment {
            return self.next_sample == first;
        }
        first == 0
            && self.next_sample >= view.segment(self.segment).samples
            && view.follows(self.segment, segment)
    }
}

impl Position {
    /// Is a picture shown at this time on the axis the next one?
    pub(crate) fn reaches(&self, time: i64) -> bool {
        self.closed || !is_step(time.saturating_sub(self.last), self.frame)
    }
}

/// The best copy, by its place among the slot's copies.
pub(crate) fn best(view: &View<'_>, slot: &Slot, at: Option<&Position>) -> Option<usize> {
    let continues = |c: &Unit| at.is_some_and(|p| p.leads_to(view, c.segment, c.first));
    slot.copies
        .iter()
        .enumerate()
        .filter(|(_, copy)| copy.headed || continues(copy))
        .max_by_key(|(place, copy)| {
            (
                copy.whole_samples(),
                view.segment(copy.segment).state == SegmentState::Complete,
                continues(copy),
                Reverse(view.run(copy.strand)),
                Reverse(*place),
            )
        })
        .map(|(place, _)| place)
}
