//! What tells a file that changed from one that did not.

use hitless_model::Utc;
use hitless_schema::index::FileMark;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A file as it is now; `None` if nobody can tell.
pub fn mark(path: &Path) -> Option<FileMark> {
    let found = std::fs::metadata(path).ok()?;
    let instant = |seconds: i64, ns: i64| {
        Utc::from_ns(seconds.saturating_mul(1_000_000_000).saturating_add(ns))
    };
    Some(FileMark {
        size_bytes: found.len(),
        modified: instant(found.mtime(), found.mtime_nsec()),
        changed: instant(found.ctime(), found.ctime_nsec()),
    })
}
