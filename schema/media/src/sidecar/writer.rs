//! Appends records to a `.meta` file.

use super::{Record, SidecarError, path_of};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// An open `.meta` file. Each record is one write of a whole line, so that a
/// kill tears at most the last one.
#[derive(Debug)]
pub struct Writer {
    file: File,
    path: PathBuf,
}

impl Writer {
    /// Makes the file of a new segment; fails if there is one already.
    pub fn create(segment: &Path) -> Result<Self, SidecarError> {
        Self::open(segment, OpenOptions::new().append(true).create_new(true))
    }

    /// Goes on in the file of a segment that is there, or makes one: what
    /// recovery does. Ends a torn line first.
    pub fn resume(segment: &Path) -> Result<Self, SidecarError> {
        let options = &mut OpenOptions::new();
        let mut writer = Self::open(segment, options.read(true).append(true).create(true))?;
        if writer.ends_torn().map_err(|source| writer.error(source))? {
            writer.append(b"\n")?;
        }
        Ok(writer)
    }

    fn open(segment: &Path, options: &OpenOptions) -> Result<Self, SidecarError> {
        let path = path_of(segment);
        match options.open(&path) {
            Ok(file) => Ok(Self { file, path }),
            Err(source) => Err(SidecarError::Io { path, source }),
        }
    }

    fn ends_torn(&mut self) -> io::Result<bool> {
        if self.file.metadata()?.len() == 0 {
            return Ok(false);
        }
        let mut last = [0];
        self.file.seek(SeekFrom::End(-1))?;
        self.file.read_exact(&mut last)?;
        Ok(last != *b"\n")
    }

    /// Appends a record.
    pub fn write(&mut self, record: &Record) -> Result<(), SidecarError> {
        let mut line = serde_json::to_vec(record).map_err(|e| self.error(e.into()))?;
        line.push(b'\n');
        self.append(&line)
    }

    /// Waits until all of it is on the disk. The folder is the caller's to
    /// sync, with the segment's own entry.
    pub fn sync(&self) -> Result<(), SidecarError> {
        self.file.sync_data().map_err(|source| self.error(source))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), SidecarError> {
        self.file.write_all(bytes).map_err(|source| self.error(source))
    }

    fn error(&self, source: io::Error) -> SidecarError {
        SidecarError::Io { path: self.path.clone(), source }
    }
}
