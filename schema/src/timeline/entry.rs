//! Entries of a timeline.

use hitless_model::{AudioCut, Cause, RunId, Seam, SegmentName, TimeRange, Utc};

/// An entry of the timeline. Each starts where the one before ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The first instant of it.
    pub start: Utc,
    /// The first instant after it.
    pub end: Utc,
    /// What it is.
    pub what: What,
}

impl Entry {
    /// From its first instant to the first one after it.
    pub fn range(&self) -> TimeRange {
        TimeRange { from: self.start, to: self.end }
    }
}

/// What an entry of the timeline is.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// A run of samples of one segment that the timeline plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Which segment; its instance is in the name.
    pub segment: SegmentName,
    /// Which life of the recorder; `None` for foreign recordings.
    pub run: Option<RunId>,
    /// Its first sample, in decode order of the video track from 0.
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
