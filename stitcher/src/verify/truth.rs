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
    /// Not one picture.
    #[error(
        "{path} lists no picture; make it of coded ones: \
         ffmpeg -i FILE -map 0:v -c copy -f framemd5 -",
        path = path.display()
    )]
    Empty {
        /// The file.
        path: PathBuf,
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
    /// Reads the pictures of a list: of the stream that its head says has them,
    /// else of the first one.
    pub fn read(path: &Path) -> Result<Self, TruthError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TruthError::Read { path: path.to_owned(), source })?;
        let mut frames = Vec::new();
        let mut pictures = "0";
        for (line, number) in text.lines().zip(1..) {
            if line.starts_with('#') {
                if line.starts_with("#codec_id ") && line.ends_with(": rawvideo") {
                    return Err(TruthError::Decoded { path: path.to_owned() });
                }
                if let Some(stream) = of_pictures(line) {
                    pictures = stream;
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
            if stream == pictures {
                frames.push(hash);
            }
        }
        if frames.is_empty() {
            return Err(TruthError::Empty { path: path.to_owned() });
        }
        Ok(Self { frames })
    }

    /// Holds a timeline's frames against it.
    pub(super) fn prove(&self, frames: &[Hash]) -> TruthProof {
        let mut tally = compare(frames, &self.frames);
        // what both have beyond what is equal cannot be the same footage
        let beyond = tally.before.min(tally.other_before) + tally.after.min(tally.other_after);
        tally.differing += beyond;
        TruthProof { known: self.frames.len() as u64, tally }
    }
}

/// The number in `#media_type 1: video`.
fn of_pictures(line: &str) -> Option<&str> {
    line.strip_prefix("#media_type ")?.strip_suffix(": video")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(n: u8) -> Hash {
        [n; 16]
    }

    fn truth(frames: std::ops::Range<u8>) -> Truth {
        Truth { frames: frames.map(frame).collect() }
    }

    #[test]
    fn other_footage_that_shares_a_frame_is_not_the_truth() {
        let mut played: Vec<Hash> = (100..200).map(frame).collect();
        played[40] = frame(7);
        let found = truth(0..50).prove(&played);
        assert_eq!((found.tally.equal, found.tally.differing), (1, 7 + 42));
        // of footage that goes on before and after it nothing is said
        let found = truth(90..220).prove(&(100..200).map(frame).collect::<Vec<_>>());
        assert!(found.tally.is_equal() && found.tally.equal == 100);
        let found = truth(50..150).prove(&(100..200).map(frame).collect::<Vec<_>>());
        assert!(found.tally.is_equal() && found.tally.equal == 50);
    }

    #[test]
    fn the_stream_of_pictures_is_read_wherever_it_stands() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let line = |stream: u8, digit: &str| {
            format!("{stream},          0,          0,        1,      100, {}\n", digit.repeat(32))
        };
        let head = "#format: frame checksums\n#version: 2\n#media_type 0: audio\n\
                    #codec_id 0: aac\n#media_type 1: video\n#codec_id 1: h264\n";
        let text = [head, &line(0, "1"), &line(1, "2"), &line(0, "3"), &line(1, "4")].concat();
        std::fs::write(file.path(), text).expect("written");
        let truth = Truth::read(file.path()).expect("a truth");
        assert_eq!(truth.frames, [[0x22; 16], [0x44; 16]]);
    }
    #[test]
    fn a_list_without_a_picture_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "#format: frame checksums\n\n").expect("written");
        let refused = Truth::read(file.path());
        assert!(matches!(refused, Err(TruthError::Empty { .. })), "{refused:?}");
    }
}
