//! What a timeline is made of: seams, cuts of sound, and how strands were
//! aligned.

use crate::camera::words;
use crate::time::{MediaSpan, Nanos, Utc};
use serde::{Deserialize, Serialize};

/// A stretch of wall time, half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    /// The first instant in it.
    pub from: Utc,
    /// The first instant after it.
    pub to: Utc,
}

impl TimeRange {
    /// Whether the two share an instant.
    pub fn overlaps(self, other: TimeRange) -> bool {
        self.from < other.to && other.from < self.to
    }
}

words! {
    /// How a span follows what is before it.
    SeamKind {
        /// Nothing is before it.
        Start = "start",
        /// The samples follow each other in one strand.
        #[serde(rename = "same-strand")]
        SameStrand = "same-strand",
        /// Another strand, and precisely the next frame.
        Exact = "exact",
        /// Another strand, the next frame as far as clocks can tell.
        Clock = "clock",
        /// Footage is missing in between.
        Gap = "gap",
    }
}

/// A seam and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    pub const fn sure(kind: SeamKind) -> Self {
        Self { kind, error: Nanos::ZERO, doubled: Nanos::ZERO }
    }
}

/// Which audio frames of its segment a span plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// How two strands were aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alignment {
    /// By fingerprints.
    Exact {
        /// Ticks to add to the later strand's media times.
        offset: MediaSpan,
        /// Samples that are equal.
        matched: u32,
        /// Samples that could have been.
        compared: u32,
        /// How far the clocks were off where they cannot both be right.
        step: Option<Nanos>,
    },
    /// By clocks, key frame upon key frame.
    Joined {
        /// Ticks to add to the later strand's media times.
        offset: MediaSpan,
        /// How far off it may be.
        error: Nanos,
    },
    /// By clocks alone.
    Apart {
        /// How far off they may be.
        error: Nanos,
        /// Pictures were compared and none was equal.
        differs: bool,
    },
}
