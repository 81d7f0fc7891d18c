//! The segments below a root, oldest first.

use crate::storage::StorageError;
use hitless_model::SegmentName;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Segments in order of their start over all cameras, day by day, so that no
/// more than needed of a large storage is listed.
pub(super) fn first(
    root: &Path,
) -> Result<impl Iterator<Item = SegmentName> + use<>, StorageError> {
    let mut days: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for camera in folders(root)? {
        // A camera's folder that cannot be read keeps its segments.
        for day in folders(&camera).unwrap_or_default() {
            let name = day.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
            days.entry(name).or_default().push(day);
        }
    }
    Ok(days.into_values().flat_map(|folders| segments_of(&folders)))
}

fn segments_of(folders: &[PathBuf]) -> Vec<SegmentName> {
    let mut names: Vec<SegmentName> = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| SegmentName::parse(entry.ok()?.file_name().to_str()?).ok())
        .collect();
    names.sort_by(|a, b| (a.start, &a.camera, a.number).cmp(&(b.start, &b.camera, b.number)));
    names
}

fn folders(of: &Path) -> Result<Vec<PathBuf>, StorageError> {
    let entries = fs::read_dir(of).map_err(|e| StorageError::io("cannot read", of, e))?;
    let mut folders: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|e| !e.file_name().as_encoded_bytes().starts_with(b"."))
        .map(|e| e.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    Ok(folders)
}
