//! What a keeper holds, and what it tells of itself.

use super::{Note, SegmentHeader};
use crate::pipeline::Pipeline;
use crate::strand::tally::Tally;
use hitless_model::{Cause, ClockMap};
use std::path::PathBuf;
use std::time::Instant;

/// A segment whose file exists and is not closed.
pub(super) struct Open {
    pub(super) header: SegmentHeader,
    pub(super) pipeline: u64,
    pub(super) path: PathBuf,
    pub(super) ended: Option<(Tally, Option<ClockMap>)>,
    /// When its last sample was handed over.
    pub(super) ended_at: Option<Instant>,
}

/// A pipeline that gets nothing more and finishes its file.
pub(super) struct Retiring {
    pub(super) pipeline: Pipeline,
    pub(super) since: Instant,
}

/// What became known of a segment before its file was made.
#[derive(Default)]
pub(super) struct Known {
    pub(super) notes: Vec<Note>,
    pub(super) ended: Option<(Tally, Option<ClockMap>)>,
    pub(super) ended_at: Option<Instant>,
}

/// The storage failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// As a sentence.
    pub detail: String,
    /// Full, or something else.
    pub cause: Cause,
}

/// How a camera's keeper stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeeperState {
    /// The last failure since a segment was closed properly.
    pub failure: Option<Failure>,
    /// Segments created and not closed yet.
    pub open: usize,
}
