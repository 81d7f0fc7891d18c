//! Which segments are being written.
//!
//! Recorders keep a list of them under the storage root. A segment on it whose
//! files have not grown for a while was left by a crash.

use hitless_media::sidecar;
use hitless_model::{SegmentName, Utc};
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A segment that has not grown for this long is not being written: a recorder
/// writes fragments of a second and ends a segment when nothing arrives.
const STILL: hitless_model::Nanos = hitless_model::Nanos::from_secs(60);

/// The names on the recorders' list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed(BTreeSet<SegmentName>);

impl Listed {
    /// As it stands.
    pub fn read(root: &Path) -> Self {
        let folder = root.join(".hitless").join("open");
        let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let name = |e: std::fs::DirEntry| SegmentName::parse(e.file_name().to_str()?).ok();
        Self(entries.filter_map(name).collect())
    }

    /// Is this segment on it?
    pub fn contains(&self, name: &SegmentName) -> bool {
        self.0.contains(name)
    }
}

/// Has one of its files grown lately?
pub fn is_growing(root: &Path, name: &SegmentName, now: Utc) -> bool {
    let path = root.join(name.relative_path());
    let grown = |path: &Path| {
        let found = std::fs::metadata(path).ok()?;
        Some(Utc::from_ns(found.mtime().saturating_mul(1_000_000_000)))
    };
    let last = grown(&path).max(grown(&sidecar::path_of(&path)));
    last.is_some_and(|at| now.since(at) < STILL)
}
