//! What a virtual MP4 is made of.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

/// A stretch of an original that is a part of the clip as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRange {
    /// The original.
    pub path: Arc<Path>,
    /// Its first byte.
    pub from: u64,
    /// How many bytes.
    pub length: u64,
    /// Where it begins in the clip.
    pub at: u64,
}

impl SourceRange {
    /// The byte of the clip after it.
    pub fn end(&self) -> u64 {
        self.at + self.length
    }
}

/// A part of the clip. Between parts there are zeros.
#[derive(Debug, Clone)]
pub enum Part<'a> {
    /// Made: a part of the header, and where it begins.
    Made(u64, Cow<'a, [u8]>),
    /// Of an original.
    Range(&'a SourceRange),
}
