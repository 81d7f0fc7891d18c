//! Why a clip could not be exported.

use crate::virtual_mp4::VirtualError;
use std::io;
use std::path::PathBuf;

/// Why a clip could not be exported. Nothing is left under its name.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The clip itself.
    #[error(transparent)]
    Clip(#[from] VirtualError),
    /// An original ended in the middle of what is wanted.
    #[error(
        "{path} ends at byte {at}, before what is needed of it: it was cut short or replaced",
        path = path.display()
    )]
    CutShort {
        /// The original.
        path: PathBuf,
        /// Where it ends now.
        at: u64,
    },
    /// The file is there and nobody said that it may go.
    #[error("{path} is there already; --force replaces it", path = path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Another export writes the same clip.
    #[error("{path} is being written by another export", path = path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The clip does not fit.
    #[error("{path}: no room for its {bytes} bytes", path = path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// How many bytes it would have.
        bytes: u64,
    },
    /// Somebody asked to leave off.
    #[error("interrupted; nothing is left of the clip")]
    Interrupted,
    /// The system refused something.
    #[error("{doing} {path}: {source}", path = path.display())]
    Io {
        /// What was done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The manifest could not be written as JSON.
    #[error("the manifest of {path} could not be made: {source}", path = path.display())]
    Manifest {
        /// The clip.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

impl ExportError {
    /// An error of the system, with its subject.
    pub(super) fn io(doing: &'static str, path: &std::path::Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }
}
