//! A planned window, and what became of it.

use crate::read::ChangeSeq;
use crate::timeline::{AlignmentRow, CarryRow, Entry, FindingRow};
use hitless_model::{CameraId, OverlapStatus, SegmentName, TimeRange, Utc};

/// What the stitcher made of a segment, and where it put it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Which segment.
    pub segment: SegmentName,
    /// What it made of it.
    pub status: OverlapStatus,
    /// Where the plan put it; where its row says that it is, if it was not
    /// moved.
    pub placed: TimeRange,
}

/// A camera's timeline from a joint to a joint, as planned.
///
/// It replaces the entries that start in it, alignments whose overlap begins in
/// it, findings in it, and the joints after its beginning up to and with its
/// end. The ledger of gaps follows from the entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Whose timeline.
    pub camera: CameraId,
    /// The state that the plan was made from; from
    /// [`claim_cameras`](crate::Store::claim_cameras), or what the window
    /// before gave.
    pub generation: i64,
    /// Where it begins; `None`: at the very beginning.
    pub from: Option<Utc>,
    /// Where it ends; `None`: nothing comes after it.
    pub to: Option<Utc>,
    /// In order, without overlap, each starting where the one before ends.
    pub entries: Vec<Entry>,
    /// What became of segments; those that are not named keep what they have.
    pub judged: Vec<Judged>,
    /// Segments of the camera that the plan has seen and not judged; `None`
    /// unless it has seen every segment there was at `planned_seq`.
    pub unjudged: Option<Vec<SegmentName>>,
    /// How strands were aligned.
    pub alignments: Vec<AlignmentRow>,
    /// What did not fit together.
    pub findings: Vec<FindingRow>,
    /// Joints at which a later plan may go on.
    pub carries: Vec<CarryRow>,
    /// Changes up to here are in the timeline now: the head of changes as it
    /// was *before* the facts were read. `None`: other windows are to follow.
    pub planned_seq: Option<ChangeSeq>,
    /// Where the timeline ends now, if nothing comes after the window; `None`:
    /// with a gap that goes on.
    pub planned_until: Option<Utc>,
    /// When, for the ledger.
    pub now: Utc,
}

impl Window {
    /// Whether an instant is in the window.
    pub fn holds(&self, at: Utc) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }

    /// The window's beginning and end as instants.
    pub fn bounds(&self) -> (Utc, Utc) {
        (self.from.unwrap_or(Utc::from_ns(i64::MIN)), self.to.unwrap_or(Utc::from_ns(i64::MAX)))
    }
}

/// What became of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// Everything was stored as planned already; nothing was written.
    Unchanged {
        /// The state, for the next window of the camera.
        generation: i64,
    },
    /// It is the timeline now.
    Written {
        /// The state, for the next window of the camera.
        generation: i64,
        /// Entries that were not there before.
        entries_added: u64,
        /// Entries that are not there any more.
        entries_removed: u64,
        /// Gaps where none was before.
        gaps_opened: u64,
        /// Gaps that are closed now, or smaller.
        gaps_repaired: u64,
        /// Segments whose status is another one now.
        marked: u64,
    },
    /// The state is not the one that was read: another run was here, or the
    /// camera was never claimed (`None`). Nothing of the camera was written.
    Conflict {
        /// The state as it is.
        generation: Option<i64>,
    },
}
