//! The `.meta` file beside a segment, as the keeper writes it.

use super::{Note, SegmentHeader};
use crate::storage::StorageError;
use hitless_model::Segment;
use std::path::Path;

/// Begins the file; it must not exist.
pub(super) fn create(_path: &Path, _header: &SegmentHeader) -> Result<(), StorageError> {
    std::fs::write(_path.with_extension("meta"), b"").map_err(|e| StorageError::io("cannot create", _path, e))
}

/// Adds what became known.
pub(super) fn append(_path: &Path, _note: &Note) -> Result<(), StorageError> {
    Ok(())
}

/// Adds that the segment is closed.
pub(super) fn close(_path: &Path, _segment: &Segment) -> Result<(), StorageError> {
    Ok(())
}
