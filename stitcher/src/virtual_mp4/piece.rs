//! What a clip is made of: spans of a timeline and the stretch of it wanted.

use hitless_model::Utc;
use std::path::PathBuf;

/// How a piece follows the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// Its first picture is the next one.
    Joined,
    /// Time is missing between them, and stays so in the clip: the last
    /// picture stands.
    Apart,
    /// Time is missing between them, and the clip leaves it out.
    Collapsed,
}

/// Which frames of sound a piece plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// None.
    None,
    /// All that its file has.
    Whole,
    /// Some of them.
    Frames {
        /// Number of the first one in the file.
        first: u64,
        /// How many.
        frames: u64,
    },
}

/// A run of samples of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The file.
    pub path: PathBuf,
    /// Its first video sample, in decode order from 0.
    pub first_sample: u64,
    /// How many.
    pub samples: u64,
    /// Its sound.
    pub sound: Sound,
    /// When its earliest picture is shown.
    pub start: Utc,
    /// When its last one ends.
    pub end: Utc,
    /// How it follows the one before.
    pub follows: Follows,
}

impl Piece {
    /// Whether another piece begins with the sample after the last one.
    pub fn is_continued_by(&self, next: &Piece) -> bool {
        self.path == next.path && self.first_sample + self.samples == next.first_sample
    }
}

/// The stretch of a timeline that a clip shows: `from` is in it, `to` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The first instant.
    pub from: Utc,
    /// The first one after it.
    pub to: Utc,
}
