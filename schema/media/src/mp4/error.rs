//! What can be wrong with a file, and where.

use super::boxes::BoxKind;
use std::path::{Path, PathBuf};

/// A broken place in a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("box '{kind}' at byte {at}: {reason}")]
pub struct Fault {
    /// The box.
    pub kind: BoxKind,
    /// Where it begins.
    pub at: u64,
    /// What is wrong with it.
    pub reason: String,
}

impl Fault {
    pub(super) fn new(kind: BoxKind, at: u64, reason: impl Into<String>) -> Self {
        Self { kind, at, reason: reason.into() }
    }
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Mp4Error {
    /// The system would not let us.
    #[error("{path} could not be read: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Nothing says where its samples are.
    #[error("{path} has no moov within its {size} bytes, so none of it can be read", path = path.display())]
    NoMovie {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// A box that is needed is broken.
    #[error("{path} is broken: {fault}", path = path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where and what.
        #[source]
        fault: Fault,
    },
}

/// What the parts of the reader fail with; the path is added at the door.
#[derive(Debug)]
pub(super) enum Failure {
    Io(std::io::Error),
    Broken(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Broken(fault)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl Failure {
    pub(super) fn in_file(self, path: &Path) -> Mp4Error {
        let path = path.to_owned();
        match self {
            Self::Io(source) => Mp4Error::Io { path, source },
            Self::Broken(fault) => Mp4Error::Broken { path, fault },
        }
    }
}
