//! The list of segments in flight: one empty file for each.
//!
//! Written before a segment's file is created and removed after it is closed,
//! so that start-up finds what a crash left without searching the storage.

use super::StorageError;
use hitless_model::SegmentName;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

fn folder(root: &Path) -> PathBuf {
    root.join(".hitless").join("open")
}

pub(super) fn add(root: &Path, name: &SegmentName) -> Result<(), StorageError> {
    let path = folder(root).join(name.to_string());
    fs::write(&path, b"").map_err(|e| StorageError::io("cannot create", &path, e))
}

pub(super) fn remove(root: &Path, name: &SegmentName) -> Result<(), StorageError> {
    let path = folder(root).join(name.to_string());
    match fs::remove_file(&path) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            Err(StorageError::io("cannot remove", &path, e))
        }
        _ => Ok(()),
    }
}

/// All of them, in the order of their names; files of other names are not ours.
pub(super) fn read(root: &Path) -> Result<Vec<SegmentName>, StorageError> {
    let folder = folder(root);
    let entries = fs::read_dir(&folder).map_err(|e| StorageError::io("cannot read", &folder, e))?;
    let mut names: Vec<SegmentName> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| SegmentName::parse(entry.file_name().to_str()?).ok())
        .collect();
    names.sort();
    Ok(names)
}
