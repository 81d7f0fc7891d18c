//! What planning says: the timeline, what became of each segment, how strands
//! were aligned, what did not fit together, and where to go on.

use crate::align::How;
use crate::carry::Carry;
use crate::facts::SegmentRef;
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

/// How a span follows what is before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SeamKind {
    /// Nothing is before it.
    Start,
    /// The samples follow each other in one strand.
    SameStrand,
    /// Another strand, and precisely the next frame.
    Exact,
    /// Another strand, the next frame as far as clocks can tell.
    Clock,
    /// Footage is missing in between.
    Gap,
}

impl SeamKind {
    /// As written in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::SameStrand => "same-strand",
            Self::Exact => "exact",
            Self::Clock => "clock",
            Self::Gap => "gap",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Start, Self::SameStrand, Self::Exact, Self::Clock, Self::Gap]
            .into_iter()
            .find(|k| k.as_str() == text)
    }
}

/// A seam and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seam {
    /// Which kind.
    pub kind: SeamKind,
    /// How much may be lost or doubled; 0 unless `clock`.
    pub error: Nanos,
    /// How much is doubled by the clocks, rather than lost.
    pub doubled: Nanos,
}

impl Seam {
    /// A seam without error.
    pub(crate) fn sure(kind: SeamKind) -> Self {
        Self { kind, error: Nanos::ZERO, doubled: Nanos::ZERO }
    }
}

/// Which audio frames of the segment a span plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudioCut {
    /// The segment has no sound.
    None,
    /// All of them; the span plays the whole segment.
    Whole,
    /// A range of them.
    Frames {
        /// Number of the first one in the segment.
        first: u32,
        /// How many.
        frames: u32,
        /// How much later than the span's first picture the first one starts,
        /// in ticks of the video track.
        offset: MediaSpan,
    },
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
