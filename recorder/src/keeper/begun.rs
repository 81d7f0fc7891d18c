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
                let (pipeline, error) = (self.pipeline, error.to_string());
                (ToKeeper::Refused { name, pipeline, error, full }, None)
            }
        };
        // Without a keeper the camera is gone.
        let _ = self.parts.keeper.send(message);
        path
    }

    fn make(&self) -> Result<PathBuf, StorageError> {
        let (storage, name) = (&self.parts.storage, &self.header.name);
        let path = storage.create(name)?;
        let made = notes::create(&path, &self.header)
            .and_then(|()| self.parts.numbers.note(self.header.name.number));
        if made.is_err() {
            // Why it was not made is what counts; recovery looks at what stays.
            let _ = storage.discard(name);
        }
        made.map(|()| path)
    }
}
