//! A known list of frames in ffmpeg's framemd5 format.
//!
//! Of coded frames (`ffmpeg -i F -c copy -f framemd5`): compared with the
//! samples themselves, without decoding anything.

use super::compare::{Tally, compare};
use super::spans::Hash;
use std::path::{Path, PathBuf};

/// Why a truth cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// It cannot be read.
    #[error("{path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A line is not framemd5.
    #[error("{path}:{line}: no line of framemd5", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// Hashes of decoded pictures.
    #[error(
        "{path} has hashes of decoded pictures; make it of coded ones: \
         ffmpeg -i FILE -map 0:v -c copy -f framemd5 -",
        path = path.display()
    )]
    Decoded {
        /// The file.
        path: PathBuf,
    },
}

/// Frames that are known to have been sent, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    frames: Vec<Hash>,
}

/// What of the truth is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TruthProof {
    /// Frames in the truth.
    pub known: u64,
    /// The first list is the timeline's.
    pub tally: Tally,
}

impl Truth {
    /// Reads the pictures (stream 0, or the only one) of a list.
    pub fn read(path: &Path) -> Result<Self, TruthError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TruthError::Read { path: path.to_owned(), source })?;
        let mut frames = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            if line.starts_with('#') {
                if line.starts_with("#codec_id 0: rawvideo") {
                    return Err(TruthError::Decoded { path: path.to_owned() });
                }
                continue;
            }
            if line.trim().is_empty() {
                continue;
            }
            let bad = || TruthError::Line { path: path.to_owned(), line: number };
            let mut fields = line.split(',').map(str::trim);
            let stream = fields.next().ok_or_else(bad)?;
            let hash = fields.nth(4).and_then(hash).ok_or_else(bad)?;
            if stream == "0" {
                frames.push(hash);
            }
        }
        Ok(Self { frames })
    }

    /// Holds a timeline's frames against it.
    pub(super) fn prove(&self, frames: &[Hash]) -> TruthProof {
        TruthProof { known: self.frames.len() as u64, tally: compare(frames, &self.frames) }
    }
}

fn hash(text: &str) -> Option<Hash> {
    let digits = text.as_bytes();
    if digits.len() != 32 {
        return None;
    }
    let mut hash = [0; 16];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}
