//! What planning says: the timeline, what became of each segment, how strands
//! were aligned, what did not fit together, and where to go on.

use crate::align::How;
use crate::carry::Carry;
use crate::facts::SegmentRef;
pub use hitless_model::{AudioCut, Seam, SeamKind};
use hitless_model::{Cause, MediaSpan, Nanos, OverlapStatus, Utc};

/// A strand, as rows name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StrandId {
    /// Place in [`Facts::lineages`](crate::Facts::lineages).
    pub lineage: u32,
    /// Number within the run.
    pub strand: u32,
}

/// How two strands were aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrandAlignment {
    /// The one that began first.
    pub early: StrandId,
    /// The other one.
    pub late: StrandId,
    /// The evidence.
    pub how: How,
}

/// A run of samples of one segment that the timeline plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Which segment.
    pub segment: SegmentRef,
    /// Its first sample, in decode order from 0.
    pub first_sample: u32,
    /// How many.
    pub samples: u32,
    /// Of these, damaged.
    pub damaged: u32,
    /// How it follows what is before.
    pub seam: Seam,
    /// Its sound.
    pub audio: AudioCut,
}

/// What an entry of the timeline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Footage.
    Span(Span),
    /// Longer than the threshold, and no recorder has it.
    Gap(Cause),
    /// As a gap, but not longer than the threshold.
    Hole(Cause),
    /// In files that are still open.
    Pending,
    /// Removed by retention.
    Expired,
}

/// An entry of the timeline. Each starts where the one before ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The first instant of it.
    pub start: Utc,
    /// The first instant after it.
    pub end: Utc,
    /// What it is.
    pub what: What,
}

/// Something that does not fit together; a person may want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Two strands match at an offset that their other matches rule out; the
    /// better evidence was believed.
    Contradiction {
        /// The one that began first.
        early: StrandId,
        /// The other one.
        late: StrandId,
        /// How far off this match is.
        by: MediaSpan,
    },
    /// Two strands show the same pictures at times that their clocks rule
    /// out: a clock was set in between.
    ClockStepped {
        /// The one that began first by its clock.
        early: StrandId,
        /// The other one.
        late: StrandId,
        /// How far the later one's clock is ahead.
        step: Nanos,
    },
    /// By their clocks two strands show the same time, but no picture is
    /// equal: another stream of the camera, or a clock that is far off.
    NothingInCommon {
        /// The one that began first.
        early: StrandId,
        /// The other one.
        late: StrandId,
    },
    /// A strand begins, by its clock, before the one that its recorder wrote
    /// earlier had ended: the clock was set back.
    ClockSetBack {
        /// The strand that begins too early.
        strand: StrandId,
        /// By how much.
        by: Nanos,
    },
}

/// A timeline and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// In order, without overlap.
    pub entries: Vec<Entry>,
    /// What became of each segment whose end the plan has reached.
    pub statuses: Vec<(SegmentRef, OverlapStatus)>,
    /// How strands were aligned.
    pub alignments: Vec<StrandAlignment>,
    /// What did not fit together.
    pub findings: Vec<Finding>,
    /// Where a plan of what follows goes on.
    pub carry: Carry,
    /// Joints at which a later plan may start over.
    pub checkpoints: Vec<Carry>,
}
