//! SHA-256 of the clip and of each range of the originals.
//!
//! The clip is read back as it was written, the ranges from the originals: so
//! one who has both can check one against the other.

use super::error::ExportError;
use super::meter::Meter;
use crate::virtual_mp4::VirtualMp4;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

const BUFFER: usize = 1 << 20;

/// The digests, as lower-case hexadecimal digits.
#[derive(Debug)]
pub(super) struct Digests {
    pub(super) clip: String,
    pub(super) ranges: Vec<String>,
}

/// Reads everything once more; clip and originals side by side.
pub(super) fn digests(
    clip: &VirtualMp4,
    written: &File,
    path: &Path,
    meter: &Meter,
) -> Result<Digests, ExportError> {
    std::thread::scope(|scope| {
        let ranges = scope.spawn(|| of_ranges(clip, meter));
        let whole = of(written, path, (0, clip.size()), meter)?;
        let ranges = match ranges.join() {
            Ok(ranges) => ranges?,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        Ok(Digests { clip: whole, ranges })
    })
}

fn of_ranges(clip: &VirtualMp4, meter: &Meter) -> Result<Vec<String>, ExportError> {
    let digest = |range: &crate::virtual_mp4::SourceRange| {
        let opened = File::open(&range.path);
        let file = opened.map_err(|e| ExportError::io("could not open", &range.path, e))?;
        of(&file, &range.path, (range.from, range.length), meter)
    };
    clip.ranges().iter().map(digest).collect()
}

fn of(
    file: &File,
    path: &Path,
    (from, length): (u64, u64),
    meter: &Meter,
) -> Result<String, ExportError> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    let mut done = 0;
    while done < length {
        let wanted = buffer.len().min(usize::try_from(length - done).unwrap_or(BUFFER));
        match file.read_at(&mut buffer[..wanted], from + done) {
            Ok(0) => {
                return Err(ExportError::CutShort { path: path.to_owned(), at: from + done });
            }
            Ok(read) => {
                hash.update(&buffer[..read]);
                done += read as u64;
                meter.add(read as u64)?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ExportError::io("could not read", path, error)),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
