//! The bytes of a clip in their order, block by block.
//!
//! Each byte of an original is read once, whatever it is needed for: two
//! digests and, where the kernel does not copy, the clip itself.

use super::error::ExportError;
use crate::virtual_mp4::{PAGE, Part, SourceRange, VirtualMp4};
use std::fs::File;
use std::io::ErrorKind;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a block: so many that handing it over costs nothing, and so few
/// that a handful of them is little memory.
const BLOCK: usize = if cfg!(test) { 2 * ALIGNED } else { 4 << 20 };
const ALIGNED: usize = PAGE as usize;

/// A stretch of a clip. It begins at a whole block of the disk, in the clip
/// and in memory.
#[derive(Debug)]
pub(super) struct Block {
    buffer: Vec<u8>,
    /// Bytes of the buffer before the first one that is used.
    skip: usize,
    length: usize,
    at: u64,
    originals: Vec<Original>,
}

/// What of a block is of an original.
#[derive(Debug)]
struct Original {
    bytes: Range<usize>,
    /// Its range ends with it.
    is_last: bool,
}

impl Block {
    pub(super) fn new() -> Self {
        let buffer = vec![0; BLOCK + ALIGNED];
        let skip = buffer.as_ptr().align_offset(ALIGNED).min(ALIGNED);
        Self { buffer, skip, length: 0, at: 0, originals: Vec::new() }
    }

    /// Where it is in the clip.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.skip..self.skip + self.length]
    }

    /// What is of originals, in order, and whether its range ends with it.
    pub(super) fn originals(&self) -> impl Iterator<Item = (&[u8], bool)> {
        self.originals.iter().map(|one| (&self.bytes()[one.bytes.clone()], one.is_last))
    }

    fn begin(&mut self, at: u64) {
        (self.at, self.length) = (at, 0);
        self.originals.clear();
    }

    /// The bytes that are free, at most so many.
    fn free(&mut self, most: u64) -> &mut [u8] {
        let begin = self.skip + self.length;
        let room = BLOCK - self.length;
        let room = usize::try_from(most).map_or(room, |most| room.min(most));
        &mut self.buffer[begin..begin + room]
    }
}

/// A clip that is gone through from its beginning to its end.
pub(super) struct Stream<'a> {
    clip: &'a VirtualMp4,
    at: u64,
    /// What comes next, if it is not all zeros from here.
    part: Option<Part<'a>>,
    rest: Box<dyn Iterator<Item = Part<'a>> + 'a>,
    open: Option<(&'a Arc<Path>, File)>,
}

impl<'a> Stream<'a> {
    pub(super) fn new(clip: &'a VirtualMp4) -> Self {
        let mut rest = Box::new(clip.parts());
        Self { clip, at: 0, part: rest.next(), rest, open: None }
    }

    /// Puts what is next into a block; `false`: there is nothing.
    pub(super) fn fill(&mut self, block: &mut Block) -> Result<bool, ExportError> {
        block.begin(self.at);
        while self.at < self.clip.size() && block.length < BLOCK {
            let (begin, length) = match &self.part {
                Some(Part::Made(at, bytes)) => (*at, bytes.len() as u64),
                Some(Part::Range(range)) => (range.at, range.length),
                None => (self.clip.size(), 0),
            };
            let Some(done) = self.at.checked_sub(begin) else {
                let zeros = block.free(begin - self.at);
                zeros.fill(0);
                let zeros = zeros.len();
                self.went(zeros, block);
                continue;
            };
            if done == length {
                self.part = self.rest.next();
                continue;
            }
            let taken = match &self.part {
                Some(Part::Made(_, bytes)) => {
                    let free = block.free(length - done);
                    let from = usize::try_from(done).unwrap_or(usize::MAX);
                    free.copy_from_slice(&bytes[from..from + free.len()]);
                    free.len()
                }
                Some(Part::Range(range)) => take(&mut self.open, range, done, block)?,
                None => 0,
            };
            self.went(taken, block);
        }
        Ok(block.length > 0)
    }

    fn went(&mut self, bytes: usize, block: &mut Block) {
        self.at += bytes as u64;
        block.length += bytes;
    }
}

/// Reads what follows of a range; an original that was opened stays open.
fn take<'a>(
    open: &mut Option<(&'a Arc<Path>, File)>,
    range: &'a SourceRange,
    done: u64,
    block: &mut Block,
) -> Result<usize, ExportError> {
    let file = match open.take_if(|(path, _)| **path == range.path) {
        Some((_, file)) => file,
        None => open_source(&range.path)?,
    };
    let begin = block.length;
    let buffer = block.free(range.length - done);
    let taken = buffer.len();
    read(range, &file, done, buffer)?;
    *open = Some((&range.path, file));
    let is_last = done + taken as u64 == range.length;
    block.originals.push(Original { bytes: begin..begin + taken, is_last });
    Ok(taken)
}

/// Opens an original.
pub(super) fn open_source(path: &Path) -> Result<File, ExportError> {
    File::open(path).map_err(|e| ExportError::io("could not open", path, e))
}

fn read(range: &SourceRange, file: &File, skip: u64, buffer: &mut [u8]) -> Result<(), ExportError> {
    let mut done = 0;
    while done < buffer.len() {
        let at = range.from + skip + done as u64;
        match file.read_at(&mut buffer[done..], at) {
            Ok(0) => return Err(ExportError::CutShort { path: range.path.to_path_buf(), at }),
            Ok(read) => done += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(ExportError::io("could not read", &range.path, error)),
        }
    }
    Ok(())
}
