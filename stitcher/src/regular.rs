//! Opening what is to be a file of somebody's recordings.

use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Opens a file for reading, and says how long it is. A folder is refused, and
/// so is a pipe, which would wait for somebody who writes.
pub(crate) fn open(path: &Path) -> io::Result<(File, u64)> {
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    let found = file.metadata()?;
    match found.is_file() {
        true => Ok((file, found.len())),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "this is no file")),
    }
}
