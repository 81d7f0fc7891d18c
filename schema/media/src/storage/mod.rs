//! Segments on disk: finding them, and making a row of each from its files
//! alone.

mod rebuild;
mod walk;

pub use rebuild::{FILE_NAME_ERROR, RebuildError, segment_from_files, segment_of};
pub use walk::{Found, WalkError, walk};
