//! What became of each segment.

use crate::facts::{Facts, SegmentRef};
use crate::ledger::Ledger;
use crate::tables::Overlaps;
use hitless_model::{OverlapStatus, SegmentState};

/// The statuses of segments that were passed, and of those still open.
pub(crate) fn statuses(
    facts: &Facts,
    overlaps: &Overlaps,
    ledger: &Ledger<'_>,
) -> Vec<(SegmentRef, OverlapStatus)> {
    let passed = ledger.finished.iter().map(|segment| {
        let samples = facts.segments[segment.place()].samples;
        let overlapped = overlaps.overlapped[segment.place()];
        (*segment, status(ledger.played(*segment), samples, overlapped))
    });
    let open = facts
        .segments
        .iter()
        .enumerate()
        .filter(|(_, s)| s.state == SegmentState::Recording)
        .map(|(at, _)| (SegmentRef::new(crate::table::count(at)), OverlapStatus::Pending));
    let mut all: Vec<_> = passed.chain(open).collect();
    all.sort_by_key(|(segment, _)| *segment);
    all
}

fn status(played: u32, samples: u32, overlapped: bool) -> OverlapStatus {
    match (played, overlapped) {
        (0, true) => OverlapStatus::Duplicate,
        (n, true) if n >= samples => OverlapStatus::Kept,
        (n, false) if n >= samples => OverlapStatus::Unique,
        _ => OverlapStatus::Trimmed,
    }
}
