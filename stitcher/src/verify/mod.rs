//! `stitcher verify`: proof of a timeline against the files, of overlaps
//! against each other, of a timeline against a known truth, and of a clip
//! against another reader.
//!
//! Everything is read: what is proved here was seen, not believed. Nothing is
//! changed. A [`Problem`] is something that must not be; what only is known
//! (frames that one of two recorders does not have) is counted and no problem.

mod camera;
mod compare;
mod file;
mod overlap;
mod report;
mod rows;
mod seams;
mod second;
mod spans;
mod truth;

pub use camera::{Proof, VerifyError, verify};
pub use compare::{Tally, compare};
pub use file::{ClipProof, verify_file};
pub use overlap::Overlap;
pub use report::{clip_json, clip_text, json, text};
pub use seams::SeamProof;
pub use second::{SECOND_READER, second_reader};
pub use truth::{Truth, TruthError, TruthProof};

use hitless_model::Utc;

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// One word with underscores, for scripts.
    pub kind: &'static str,
    /// Where on the timeline.
    pub at: Option<Utc>,
    /// A sentence for people.
    pub detail: String,
}

impl Problem {
    fn new(kind: &'static str, at: impl Into<Option<Utc>>, detail: impl Into<String>) -> Self {
        Self { kind, at: at.into(), detail: detail.into() }
    }
}
