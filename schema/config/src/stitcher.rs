//! `[stitcher]`: the job that joins segments, and its page.

use crate::access::Access;
use crate::reader::Section;
use std::num::NonZeroUsize;
use std::time::Duration;

/// `[stitcher]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stitcher {
    /// What is missing for longer is a gap, shorter a hole.
    pub gap: Duration,
    /// Where `stitcher serve` answers, and to whom.
    pub access: Access,
    /// How many threads; none: one per core.
    pub jobs: Option<NonZeroUsize>,
    /// File name patterns of other recorders, as they stand in the file.
    pub foreign: Vec<String>,
}

impl Stitcher {
    pub(crate) fn read(section: &Section<'_>) -> Self {
        Self {
            gap: section.seconds("gap_seconds", 1.0, 0.0),
            access: Access::read(section, 8090),
            jobs: NonZeroUsize::new(section.whole("jobs", 0, 1024) as usize),
            foreign: section.texts("foreign").into_iter().map(|spot| spot.value).collect(),
        }
    }
}
