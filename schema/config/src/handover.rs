//! `[handover]`: how one recorder takes over from another.

use crate::choice::choice;
use crate::reader::Section;
use std::time::Duration;

choice! {
    /// What a handover waits for.
    Overlap {
        /// Every camera that the old recorder records.
        Required = "required",
        /// As many of them as come in time.
        BestEffort = "best-effort",
    }
}

/// `[handover]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handover {
    /// A successor that takes longer is stopped, and the old recorder goes on.
    pub max: Duration,
    /// What it waits for, unless a camera says otherwise.
    pub overlap: Overlap,
    /// How long it waits for cameras whose overlap is not required.
    pub best_effort: Duration,
    /// Who is told to stop stays so long for another recorder to have every
    /// camera, if there is one.
    pub peer: Duration,
}

impl Handover {
    pub(crate) fn read(section: &Section<'_>) -> Self {
        Self {
            max: section.seconds("max_seconds", 60.0, 1.0),
            overlap: section.choice("overlap", Overlap::Required),
            best_effort: section.seconds("best_effort_seconds", 10.0, 0.0),
            peer: section.seconds("peer_max_seconds", 10.0, 0.0),
        }
    }
}
