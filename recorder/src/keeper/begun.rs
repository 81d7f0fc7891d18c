//! A segment that was begun and has no file yet.

use super::{SegmentHeader, ToKeeper, notes};
use crate::storage::StorageError;
use crate::strand::CameraParts;
use std::path::PathBuf;
use std::sync::Arc;

/// Makes the files of one segment, on the thread of the pipeline that writes
/// them.
pub struct Begun {
    parts: Arc<CameraParts>,
    header: SegmentHeader,
    pipeline: u64,
}

impl Begun {
    /// To be made by `pipeline`.
    pub fn new(parts: &Arc<CameraParts>, pipeline: u64, header: SegmentHeader) -> Self {
        Self { parts: Arc::clone(parts), header, pipeline }
    }

    /// Creates the segment's file and its `.meta` file and tells the keeper.
    pub fn create(self) -> Option<PathBuf> {
        let name = self.header.name.clone();
        let made = self.make();
        let (message, path) = match made {
            Ok(path) => {
                let header = Box::new(self.header);
                (
                    ToKeeper::Created { header, pipeline: self.pipeline, path: path.clone() },
                    Some(path),
                )
            }
            Err(error) => {
                let full = error.is_full();
                (ToKeeper::Refused { name, error: error.to_string(), full }, None)
            }
        };
        // Without a keeper the camera is gone.
        let _ = self.parts.keeper.send(message);
        path
    }

    fn make(&self) -> Result<PathBuf, StorageError> {
        let path = self.parts.storage.create(&self.header.name)?;
        notes::create(&path, &self.header)?;
        self.parts.numbers.note(self.header.name.number)?;
        Ok(path)
    }
}
