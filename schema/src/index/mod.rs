//! What was read from the files of segments, and which are still to be read.
//!
//! An index is bytes in the stitcher's own format. It knows of which row and
//! of which file it was made: if either has changed since, it is out of date.
//! What is read for the first time, or is different, counts as a change of its
//! camera.

mod heads;
mod read;
mod write;

use crate::read::ChangeSeq;
use hitless_model::{Segment, SegmentName, Utc};

/// A file as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMark {
    /// Its length.
    pub size_bytes: u64,
    /// When its contents were last written, by its file system.
    pub modified: Utc,
    /// When its inode was last changed: this cannot be set back.
    pub changed: Utc,
}

/// A segment whose file has to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToIndex {
    /// The row as it stands.
    pub segment: Segment,
    /// Its last change.
    pub seq: ChangeSeq,
    /// The file that an index is stored of already; where it is the same
    /// still, [`confirm_indexes`](crate::Store::confirm_indexes) is enough.
    pub indexed: Option<FileMark>,
    /// Where the file is; `None`: where its name says.
    pub path: Option<String>,
}

/// What was read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIndex {
    /// Of which segment.
    pub segment: SegmentName,
    /// The last change of its row, as it was listed.
    pub seq: ChangeSeq,
    /// The file.
    pub mark: FileMark,
    /// Format of the contents.
    pub version: u32,
    /// Relative to the storage; `None`: where its name says.
    pub path: Option<String>,
    /// Packed sample tables.
    pub contents: Vec<u8>,
    /// Packed pauses; `None`: none, as nearly always.
    pub pauses: Option<Vec<u8>>,
}

/// What was read from a file, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredIndex {
    /// Of which segment.
    pub segment: SegmentName,
    /// The file.
    pub mark: FileMark,
    /// Format of the contents.
    pub version: u32,
    /// Relative to the storage; `None`: where its name says.
    pub path: Option<String>,
    /// Packed sample tables.
    pub contents: Vec<u8>,
}

/// The beginning of what was read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexHead {
    /// Name of the segment.
    pub segment: String,
    /// The file.
    pub mark: FileMark,
    /// The first bytes of the packed sample tables.
    pub head: Vec<u8>,
}

/// A segment whose file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Which segment.
    pub segment: SegmentName,
    /// The last change of its row, as it was listed.
    pub seq: ChangeSeq,
    /// The file, as far as it could be reached.
    pub mark: Option<FileMark>,
    /// Relative to the storage; `None`: where its name says.
    pub path: Option<String>,
    /// Why, as a sentence for people.
    pub reason: String,
}
