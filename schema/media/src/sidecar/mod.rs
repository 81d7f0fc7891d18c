//! The `.meta` file beside a segment: what its MP4 cannot say.
//!
//! JSON lines, appended as things become known: which run and strand, where
//! the first picture stands on the camera's clock, what that clock was
//! compared with, which samples are damaged. With the MP4 it is all that a row
//! of the index is rebuilt from.
//!
//! What it keeps:
//! 1. a line counts once its newline is there; a torn one at the end is
//!    ignored, a spoiled one in between is counted and skipped;
//! 2. kinds of records that are not known are skipped, unknown fields too: an
//!    older program reads what a newer one wrote;
//! 3. nothing is ever rewritten, and the file is never made twice.

mod fold;
mod record;
mod writer;

pub use fold::{SIDECAR_BYTES, Sidecar, SidecarError};
pub use record::{Clock, ClockStep, Closed, Lost, Opened, Record, Recovered, SampleRange};
pub use writer::Writer;

use std::path::{Path, PathBuf};

/// The name of the file beside a segment.
pub fn path_of(segment: &Path) -> PathBuf {
    segment.with_extension("meta")
}
