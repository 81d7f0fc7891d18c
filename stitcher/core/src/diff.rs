//! What a plan changes in a timeline that is stored.
//!
//! Pure, like all of planning: it says what to remove, to add and to mark, so
//! that applying is one transaction and a plan of a stitched day changes
//! nothing. A gap that is no longer there is not forgotten: it is repaired,
//! and the segments that now play in it have repaired it.

use crate::facts::{SegmentRef, Stretch};
use crate::plan::{Entry, Plan, What};
use hitless_model::{Cause, OverlapStatus};

/// A gap that is closed, or has become smaller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// The gap as it was.
    pub gap: Stretch,
    /// Its cause.
    pub cause: Cause,
    /// The segments that play in it now, in order.
    pub by: Vec<SegmentRef>,
}

/// What to change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Stored entries that are no longer true, by their place.
    pub remove: Vec<usize>,
    /// Planned entries that are not stored, by their place.
    pub add: Vec<usize>,
    /// Segments whose status is another one now.
    pub mark: Vec<(SegmentRef, OverlapStatus)>,
    /// Gaps that are closed now.
    pub repaired: Vec<Repair>,
}

impl Changes {
    /// Is everything stored as planned?
    pub fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.add.is_empty() && self.mark.is_empty()
    }
}

/// Compares what is stored of the planned range, in order, with the plan.
/// `status` says what is stored of a segment.
pub fn diff(
    stored: &[Entry],
    status: impl Fn(SegmentRef) -> OverlapStatus,
    plan: &Plan,
) -> Changes {
    let mut changes = Changes::default();
    let (mut old, mut new) = (0, 0);
    while old < stored.len() || new < plan.entries.len() {
        match (stored.get(old), plan.entries.get(new)) {
            (Some(was), Some(is)) if was == is => {
                old += 1;
                new += 1;
            }
            (Some(was), Some(is)) if was.start <= is.start => {
                changes.remove.push(old);
                old += 1;
            }
            (Some(_), None) => {
                changes.remove.push(old);
                old += 1;
            }
            _ => {
                changes.add.push(new);
                new += 1;
            }
        }
    }
    changes.mark =
        plan.statuses.iter().filter(|(segment, is)| status(*segment) != *is).copied().collect();
    changes.repaired = changes.remove.iter().filter_map(|at| repair(&stored[*at], plan)).collect();
    changes
}

/// A stored gap in which something is played now.
fn repair(was: &Entry, plan: &Plan) -> Option<Repair> {
    let What::Gap(cause) = was.what else { return None };
    let inside = |e: &&Entry| e.start < was.end && e.end > was.start;
    let mut by: Vec<SegmentRef> = plan
        .entries
        .iter()
        .filter(inside)
        .filter_map(|e| match e.what {
            What::Span(span) => Some(span.segment),
            _ => None,
        })
        .collect();
    by.dedup();
    let gap = Stretch { from: was.start, to: was.end };
    (!by.is_empty()).then_some(Repair { gap, cause, by })
}
