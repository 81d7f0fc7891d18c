//! What a writer tells about itself.

use crate::error::ErrorKind;
use crate::spool::Depth;
use hitless_model::Utc;
use std::time::Duration;

/// How the database stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// Not tried yet.
    Untried,
    /// Answers.
    Up,
    /// Does not take changes.
    Away {
        /// Since when, on the host's clock.
        since: Utc,
        /// What kind of error it was last.
        kind: ErrorKind,
        /// A sentence for people; no credentials.
        reason: String,
    },
}

/// A snapshot of a writer. Counters only grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterStatus {
    /// How the database stands.
    pub link: LinkState,
    /// What waits on disk.
    pub spool: Depth,
    /// Changes lost because queue or spool were full or the spool failed: the
    /// database needs `stitcher rescan`.
    pub dropped: u64,
    /// Changes that the database will never take; logged one by one.
    pub refused: u64,
    /// Changes committed.
    pub committed: u64,
    /// Transactions committed.
    pub commits: u64,
    /// How long all of them took together.
    pub commit_time: Duration,
    /// How long the last one took.
    pub last_commit: Option<Duration>,
}

impl WriterStatus {
    pub(super) fn new(spool: Depth) -> Self {
        Self {
            link: LinkState::Untried,
            spool,
            dropped: 0,
            refused: 0,
            committed: 0,
            commits: 0,
            commit_time: Duration::ZERO,
            last_commit: None,
        }
    }

    /// Whether the database takes changes and none waits on disk.
    pub fn is_current(&self) -> bool {
        self.link == LinkState::Up && self.spool.records == 0
    }
}
