//! Why the storage cannot be used, and whether that heals by itself.

use hitless_media::sidecar::SidecarError;
use hitless_model::InstanceId;
use std::io;
use std::path::{Path, PathBuf};

/// Why the storage cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// An operation on a path failed.
    #[error("{doing} {path}: {source}")]
    Io {
        /// What was tried, for instance `cannot create`.
        doing: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A `.meta` file could not be written.
    #[error(transparent)]
    Sidecar(#[from] SidecarError),
    /// Another process records as this instance.
    #[error(
        "another recorder runs as instance \"{instance}\" on {root} (process {holder}); \
         stop it, or start this one with another --instance"
    )]
    InUse {
        /// The tag.
        instance: InstanceId,
        /// The storage root.
        root: PathBuf,
        /// Process id that the lock names.
        holder: String,
    },
    /// The root was usable at start and has no `.hitless` any more.
    #[error("{root} has no .hitless folder any more: it was unmounted or emptied; mount it again")]
    Vanished {
        /// The storage root.
        root: PathBuf,
    },
}

impl StorageError {
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }

    /// The storage is full, which heals by itself or by retention.
    pub fn is_full(&self) -> bool {
        let source = match self {
            Self::Io { source, .. } | Self::Sidecar(SidecarError::Io { source, .. }) => source,
            _ => return false,
        };
        matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}
