//! Originals that a clip's bytes are taken from.

use super::error::ExportError;
use crate::virtual_mp4::{SourceRange, VirtualMp4};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// The originals of a clip: those that stayed open since their tables were
/// read, and of the others the one read last.
#[derive(Debug)]
pub(super) struct Originals<'a> {
    clip: &'a VirtualMp4,
    last: Option<(&'a Arc<Path>, File)>,
}

impl<'a> Originals<'a> {
    pub(super) fn of(clip: &'a VirtualMp4) -> Self {
        Self { clip, last: None }
    }

    /// The file that a range is of.
    pub(super) fn file(&mut self, range: &'a SourceRange) -> Result<&File, ExportError> {
        if let Some(open) = self.clip.original(&range.path) {
            return Ok(open);
        }
        let file = match self.last.take_if(|(path, _)| **path == range.path) {
            Some((_, file)) => file,
            None => open(&range.path)?,
        };
        Ok(&self.last.insert((&range.path, file)).1)
    }
}

fn open(path: &Path) -> Result<File, ExportError> {
    File::open(path).map_err(|e| ExportError::io("could not open", path, e))
}
