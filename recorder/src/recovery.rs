//! What a crash left: segments that were open when their recorder died.
//!
//! Each is read for what it holds, made durable, and told to the database as
//! recovered; one that cannot be read is told as corrupt, with the reason, and
//! left where it is. Nothing is ever deleted here.

use crate::storage::{Storage, StorageError};
use hitless_model::{Segment, SegmentName};

/// Recovers one segment. Reads the disk.
pub fn recover(_storage: &Storage, _name: &SegmentName) -> Result<Segment, StorageError> {
    todo!()
}
