//! Changes that wait on disk while the database is away.
//!
//! One append-only file of JSON lines in a folder of its own, bounded in
//! bytes. A record counts once its line is whole and synced; a torn last line
//! is no record, and the next push cuts it off. Records are read in order and stay on
//! disk until everything has been confirmed: a crash in between replays them,
//! which changes may be any number of times.
//!
//! A full spool keeps what it has, refuses what is new and counts it. Nothing
//! is lost by that but time: the media files are the truth, and `stitcher
//! rescan` rebuilds the rows.

use crate::change::Stamped;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The spool's file in its folder.
const FILE: &str = "changes.jsonl";

/// What went wrong with the spool.
#[derive(Debug, thiserror::Error)]
#[error("spool {path}: {doing}: {source}")]
pub struct SpoolError {
    path: PathBuf,
    doing: &'static str,
    source: std::io::Error,
}

/// How much waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Records not yet confirmed.
    pub records: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pushed {
    /// Records that are on disk now.
    pub kept: u64,
    /// Records that did not fit.
    pub dropped: u64,
}

/// An open spool. One process at a time.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    file: File,
    limit_bytes: u64,
    depth: Depth,
    /// Where the first record not yet confirmed begins.
    confirmed: u64,
    /// What was read last, and is to be confirmed.
    read: Option<Read>,
    unreadable: u64,
}

#[derive(Debug, Clone, Copy)]
struct Read {
    /// Where it ended.
    end: u64,
    /// Lines in it, readable or not.
    lines: u64,
    /// Those that could not be read.
    unreadable: u64,
}

impl Spool {
    /// Opens the spool in `folder`, making both as needed. What an earlier
    /// process left is still there.
    pub fn open(folder: &Path, limit_bytes: u64) -> Result<Self, SpoolError> {
        let path = folder.join(FILE);
        let failed = |doing| {
            let path = path.clone();
            move |source| SpoolError { path, doing, source }
        };
        std::fs::create_dir_all(folder).map_err(failed("make its folder"))?;
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(failed("open"))?;
        sync_folder(folder).map_err(failed("sync its folder"))?;
        let depth = measure(&file).map_err(failed("read"))?;
        Ok(Self { path, file, limit_bytes, depth, confirmed: 0, read: None, unreadable: 0 })
    }

    /// How much waits.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// Records skipped so far because they could not be read.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Appends records and syncs them. On an error none of them is kept.
    pub fn push(&mut self, changes: &[Stamped]) -> Result<Pushed, SpoolError> {
        let mut text = Vec::new();
        let mut pushed = Pushed::default();
        for change in changes {
            let line =
                serde_json::to_vec(change).map_err(|e| self.error("write a record", e.into()))?;
            let after = self.depth.bytes + text.len() as u64 + line.len() as u64 + 1;
            if pushed.dropped > 0 || after > self.limit_bytes {
                pushed.dropped += 1;
                continue;
            }
            text.extend_from_slice(&line);
            text.push(b'\n');
            pushed.kept += 1;
        }
        if pushed.kept > 0 {
            self.append(&text)?;
            self.depth.records += pushed.kept;
            self.depth.bytes += text.len() as u64;
        }
        Ok(pushed)
    }

    /// The next records in order, at most `most` lines; the same again until
    /// [`confirm`](Self::confirm). Empty only when nothing waits.
    pub fn next(&mut self, most: usize) -> Result<Vec<Stamped>, SpoolError> {
        let mut found = Vec::new();
        let mut read = Read { end: self.confirmed, lines: 0, unreadable: 0 };
        let mut reader = BufReader::new(&self.file);
        reader.seek(SeekFrom::Start(self.confirmed)).map_err(|e| self.error("read", e))?;
        while found.len() < most && read.end < self.depth.bytes {
            let mut line = Vec::new();
            let got = reader.read_until(b'\n', &mut line).map_err(|e| self.error("read", e))?;
            if got == 0 {
                return Err(self.error("read", ErrorKind::UnexpectedEof.into()));
            }
            read.end += got as u64;
            read.lines += 1;
            match serde_json::from_slice(&line) {
                Ok(record) => found.push(record),
                Err(_) => read.unreadable += 1,
            }
        }
        self.read = Some(read);
        if found.is_empty() && read.lines > 0 {
            // Nothing but unreadable lines to the end: they are done with.
            self.confirm()?;
        }
        Ok(found)
    }

    /// What was read last is in the database. Once everything is, the file is
    /// emptied.
    pub fn confirm(&mut self) -> Result<(), SpoolError> {
        let Some(read) = self.read.take() else { return Ok(()) };
        self.confirmed = read.end;
        self.depth.records = self.depth.records.saturating_sub(read.lines);
        self.unreadable += read.unreadable;
        if self.confirmed >= self.depth.bytes {
            self.file.set_len(0).map_err(|e| self.error("empty", e))?;
            self.confirmed = 0;
            self.depth = Depth::default();
        }
        Ok(())
    }

    fn append(&mut self, text: &[u8]) -> Result<(), SpoolError> {
        // Half a line, left by a write that failed, must not meet the next one.
        let cut = || self.file.set_len(self.depth.bytes);
        let torn = self.file.metadata().map(|found| found.len() != self.depth.bytes);
        torn.and_then(|torn| if torn { cut() } else { Ok(()) })
            .and_then(|()| (&self.file).write_all(text))
            .and_then(|()| self.file.sync_data())
            .map_err(|e| self.error("append", e))
    }

    fn error(&self, doing: &'static str, source: std::io::Error) -> SpoolError {
        SpoolError { path: self.path.clone(), doing, source }
    }
}

/// Counts whole lines and the bytes they take.
fn measure(file: &File) -> std::io::Result<Depth> {
    let mut depth = Depth::default();
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let got = reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok(depth);
        }
        depth.records += 1;
        depth.bytes += got as u64;
    }
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}
