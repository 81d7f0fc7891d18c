//! The bytes of a clip in their order, block by block.
//!
//! Each byte of an original is read once, whatever it is needed for: two
//! digests and, where the kernel does not copy, the clip itself.

use super::error::ExportError;
use super::originals::Originals;
use crate::virtual_mp4::{PAGE, Part, SourceRange, VirtualMp4};
use std::fs::File;
use std::io::ErrorKind;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Bytes of a block at most: half a minute of an ordinary camera, so that a
/// segment is a read or two, and so few that two of them are little memory.
const LARGEST: usize = 15 << 19;
/// Bytes of a block at least.
const SMALLEST: usize = if cfg!(test) { 2 * ALIGNED } else { 512 << 10 };
/// A clip has at least so many blocks, if they are not too small: what is done
/// with one is done beside what is done with another, and what was read last is
/// in the processor's own memory still.
const LEAST: u64 = 32;
/// Memory for all blocks on their way.
const MEMORY: usize = 2 * LARGEST;
const ALIGNED: usize = PAGE as usize;

/// A stretch of a clip. It begins at a whole block of the disk, in the clip
/// and in memory.
#[derive(Debug)]
pub(super) struct Block {
    buffer: Vec<u8>,
    /// Bytes of the buffer before the first one that is used.
    skip: usize,
    /// Bytes that it may have.
    room: usize,
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
    /// Those for a clip of so many bytes: while one is digested the next ones
    /// are read and written.
    pub(super) fn all_for_clip(bytes: u64) -> Vec<Self> {
        let first = Self::for_clip(bytes);
        let many = (MEMORY / first.room).clamp(2, 4);
        let more = (1..many).map(|_| Self::for_clip(bytes));
        std::iter::once(first).chain(more).collect()
    }

    /// One for a clip of so many bytes.
    pub(super) fn for_clip(bytes: u64) -> Self {
        let wanted = usize::try_from(bytes / LEAST).unwrap_or(LARGEST);
        let room = wanted.next_multiple_of(ALIGNED).clamp(SMALLEST, LARGEST);
        let buffer = vec![0; room + ALIGNED];
        let skip = buffer.as_ptr().align_offset(ALIGNED).min(ALIGNED);
        Self { buffer, skip, room, length: 0, at: 0, originals: Vec::new() }
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
        let room = self.room - self.length;
        let room = usize::try_from(most).map_or(room, |most| room.min(most));
        &mut self.buffer[begin..begin + room]
    }

    /// How much of `rest` bytes of an original it takes: all, if that is
    /// possible; else an equal share of it, so that it is read in few pieces;
    /// nothing if something else is in it already.
    fn share(&self, rest: u64) -> u64 {
        let free = (self.room - self.length) as u64;
        match self.length {
            _ if rest <= free => rest,
            0 => rest.div_ceil(rest.div_ceil(free)).next_multiple_of(PAGE),
            _ => 0,
        }
    }
}

/// A clip that is gone through from its beginning to its end.
pub(super) struct Stream<'a> {
    clip: &'a VirtualMp4,
    at: u64,
    /// What comes next, if it is not all zeros from here.
    part: Option<Part<'a>>,
    rest: Box<dyn Iterator<Item = Part<'a>> + Send + 'a>,
    originals: Originals<'a>,
}

impl<'a> Stream<'a> {
    pub(super) fn new(clip: &'a VirtualMp4) -> Self {
        let mut rest = Box::new(clip.parts());
        Self { clip, at: 0, part: rest.next(), rest, originals: Originals::of(clip) }
    }

    /// Puts what is next into a block; `false`: there is nothing.
    pub(super) fn fill(&mut self, block: &mut Block) -> Result<bool, ExportError> {
        block.begin(self.at);
        while self.at < self.clip.size() && block.length < block.room {
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
                Some(Part::Range(range)) => take(&mut self.originals, range, done, block)?,
                None => 0,
            };
            if taken == 0 {
                break;
            }
            self.went(taken, block);
        }
        Ok(block.length > 0)
    }

    fn went(&mut self, bytes: usize, block: &mut Block) {
        self.at += bytes as u64;
        block.length += bytes;
    }
}

/// Reads what follows of a range, as much as the block takes; 0: it is full.
fn take<'a>(
    originals: &mut Originals<'a>,
    range: &'a SourceRange,
    done: u64,
    block: &mut Block,
) -> Result<usize, ExportError> {
    let share = block.share(range.length - done);
    if share == 0 {
        return Ok(0);
    }
    let begin = block.length;
    let buffer = block.free(share);
    let taken = buffer.len();
    read(range, originals.file(range)?, done, buffer)?;
    let is_last = done + taken as u64 == range.length;
    block.originals.push(Original { bytes: begin..begin + taken, is_last });
    Ok(taken)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::copy::tests::clip;

    /// What goes past the page cache must, and a range is read in as few pieces
    /// as it needs.
    #[test]
    fn blocks_are_whole_pages_and_ranges_are_read_in_equal_shares() {
        let folder = tempfile::tempdir().expect("a folder");
        let clip = clip(&folder.path().join("source.mp4"));
        let range = clip.ranges()[0].length;
        let mut block = Block::for_clip(0);
        let mut stream = Stream::new(&clip);
        let (mut end, mut shares) = (0, Vec::new());
        while stream.fill(&mut block).expect("readable") {
            assert!(block.at() == end && end % PAGE == 0, "{end}");
            end += block.bytes().len() as u64;
            shares.extend(block.originals().map(|(bytes, _)| bytes.len() as u64));
        }
        assert_eq!(end, clip.size());
        assert_eq!(shares.iter().sum::<u64>(), range);
        assert_eq!(shares.len() as u64, range.div_ceil(2 * PAGE), "{shares:?}");
        assert_eq!(block.share(3 * PAGE), 2 * PAGE);
        assert_eq!(block.share(5), 5);
        block.length = ALIGNED;
        assert_eq!(block.share(PAGE + 1), 0, "something is in it");
    }

    #[test]
    fn short_clips_have_small_blocks_and_long_ones_no_larger_than_memory_allows() {
        assert_eq!(Block::for_clip(160 * PAGE).room, 5 * ALIGNED);
        assert_eq!(Block::for_clip(1 << 40).room, LARGEST);
        assert_eq!(Block::all_for_clip(160 * PAGE).len(), 4);
        assert_eq!(Block::all_for_clip(1 << 40).len(), 2);
    }
}
