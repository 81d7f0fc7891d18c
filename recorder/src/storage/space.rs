//! How much room is left.

use std::path::{Path, PathBuf};

/// The file system could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("cannot ask for the free space of {path}: {source}")]
pub struct SpaceError {
    path: PathBuf,
    source: std::io::Error,
}

/// Room on the storage's file system, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Space {
    /// Free for this program.
    pub free_bytes: u64,
    /// In all.
    pub total_bytes: u64,
}

impl Space {
    /// Asks the file system.
    pub fn of(path: &Path) -> Result<Self, SpaceError> {
        let stat = rustix::fs::statvfs(path)
            .map_err(|e| SpaceError { path: path.to_owned(), source: e.into() })?;
        Ok(Self {
            free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
            total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        })
    }
}
