//! The segment files in a storage.

use hitless_model::SegmentName;
use std::path::{Path, PathBuf};

/// A segment's file, by its name and place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentFile {
    /// What its name says.
    pub name: SegmentName,
    /// Where it lies.
    pub path: PathBuf,
}

impl SegmentFile {
    /// The number in its name.
    pub fn number(&self) -> u64 {
        self.name.number.get()
    }

    /// Bytes on disk.
    pub fn size(&self) -> u64 {
        self.path.metadata().expect("the segment's size").len()
    }
}

/// The paths of segments.
pub fn paths(segments: &[SegmentFile]) -> Vec<PathBuf> {
    segments.iter().map(|s| s.path.clone()).collect()
}

pub(crate) fn of(storage: &Path, camera: &str, instance: &str) -> Vec<SegmentFile> {
    let mut found = Vec::new();
    gather(&storage.join(camera), &mut found);
    found.retain(|f| f.name.camera.as_str() == camera && f.name.instance.as_str() == instance);
    found.sort_by_key(SegmentFile::number);
    found
}

pub(crate) fn all(storage: &Path) -> Vec<SegmentFile> {
    let mut found = Vec::new();
    gather(storage, &mut found);
    found.sort();
    found
}

fn gather(folder: &Path, found: &mut Vec<SegmentFile>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') {
            gather(&path, found);
        } else if let Ok(name) = SegmentName::parse(&name) {
            found.push(SegmentFile { name, path });
        }
    }
}
