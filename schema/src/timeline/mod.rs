//! What is stored of a camera's timeline: entries, gaps, alignments, findings
//! and the joints at which planning may go on.
//!
//! Only [`stitch`](crate::stitch) writes any of it, whole windows at a time.
//! Entries are in order and each starts where the one before ends.

mod entry;
pub(crate) mod hours;
pub(crate) mod pack;
mod read;
mod rows;

pub use entry::{Entry, Span, What};
pub use rows::{AlignmentRow, CarryRow, FindingRow, GapRow, Repaired, Strand};

pub(crate) use read::{ALIGNMENTS, read_carry};
pub(crate) use rows::{alignment_values, read_alignment, read_finding, read_gap};
