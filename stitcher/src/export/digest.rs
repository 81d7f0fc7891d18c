//! SHA-256 of the clip and of each range of the originals, beside the copying.
//!
//! The bytes are read from the originals, once for both digests, right after
//! the kernel copied them: they come from memory. So the digest of the clip is
//! what it has to be, and a copy that went wrong does not match its manifest.
//!
//! Either digest is one long chain, so each has a thread of its own.

use super::error::ExportError;
use crate::virtual_mp4::{SourceRange, VirtualMp4};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::ScopedJoinHandle;

/// Bytes that are handed over at once: few enough for the processor's cache.
const BLOCK: usize = 2 << 20;
/// Blocks on their way.
const BLOCKS: usize = 4;

/// The digests, as lower-case hexadecimal digits.
#[derive(Debug)]
pub(super) struct Digests {
    pub(super) clip: String,
    pub(super) ranges: Vec<String>,
}

/// Bytes of the clip, in order.
enum Bytes<'a> {
    /// Of the header.
    Made(&'a [u8]),
    /// Nobody's.
    Zeros(u64),
    /// Of an original.
    Read(Arc<Block>),
}

/// Bytes of an original.
struct Block {
    buffer: Vec<u8>,
    length: usize,
    /// Its range ends with it.
    is_last: bool,
}

/// Takes what is copied, part by part.
pub(super) struct Feed<'a> {
    at: u64,
    whole: SyncSender<Bytes<'a>>,
    ranges: SyncSender<Arc<Block>>,
    free: Receiver<Vec<u8>>,
    /// Buffers that were never used.
    unused: usize,
}

/// Does some work that feeds every part of a clip, and gives the digests.
pub(super) fn digests<'a>(
    clip: &'a VirtualMp4,
    work: impl FnOnce(&mut Feed<'a>) -> Result<(), ExportError>,
) -> Result<Digests, ExportError> {
    std::thread::scope(|scope| {
        let (whole, of_whole) = sync_channel(BLOCKS);
        let (ranges, of_ranges) = sync_channel(BLOCKS);
        let (back, free) = channel();
        let returned = back.clone();
        let whole_digest = scope.spawn(move || digest_whole(&of_whole, &back));
        let range_digests = scope.spawn(move || digest_ranges(&of_ranges, &returned));
        let mut feed = Feed { at: 0, whole, ranges, free, unused: BLOCKS };
        let done = work(&mut feed).map(|()| feed.zeros_to(clip.size()));
        // Ends both threads.
        drop(feed);
        let (clip, ranges) = (joined(whole_digest), joined(range_digests));
        done.map(|()| Digests { clip, ranges })
    })
}

impl<'a> Feed<'a> {
    /// A part of the header.
    pub(super) fn made(&mut self, at: u64, bytes: &'a [u8]) {
        self.zeros_to(at);
        self.at += bytes.len() as u64;
        self.send_whole(Bytes::Made(bytes));
    }

    /// A range, read from its original.
    pub(super) fn range(&mut self, range: &SourceRange, file: &File) -> Result<(), ExportError> {
        self.zeros_to(range.at);
        let mut done = 0;
        while done < range.length {
            let mut buffer = self.buffer();
            let wanted = usize::try_from(range.length - done).unwrap_or(BLOCK).min(BLOCK);
            read(range, file, done, &mut buffer[..wanted])?;
            done += wanted as u64;
            let is_last = done == range.length;
            let block = Arc::new(Block { buffer, length: wanted, is_last });
            self.send_whole(Bytes::Read(Arc::clone(&block)));
            // As there.
            let _ = self.ranges.send(block);
        }
        self.at += range.length;
        Ok(())
    }

    fn zeros_to(&mut self, at: u64) {
        if at > self.at {
            self.send_whole(Bytes::Zeros(at - self.at));
            self.at = at;
        }
    }

    /// A thread that is gone has panicked; that is told when it is joined.
    fn send_whole(&self, bytes: Bytes<'a>) {
        let _ = self.whole.send(bytes);
    }

    fn buffer(&mut self) -> Vec<u8> {
        if self.unused > 0 {
            self.unused -= 1;
            return vec![0; BLOCK];
        }
        self.free.recv().unwrap_or_else(|_| vec![0; BLOCK])
    }
}

fn read(range: &SourceRange, file: &File, skip: u64, buffer: &mut [u8]) -> Result<(), ExportError> {
    let mut done = 0;
    while done < buffer.len() {
        let at = range.from + skip + done as u64;
        match file.read_at(&mut buffer[done..], at) {
            Ok(0) => return Err(ExportError::CutShort { path: range.path.to_path_buf(), at }),
            Ok(read) => done += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ExportError::io("could not read", &range.path, error)),
        }
    }
    Ok(())
}

impl Block {
    fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

/// Whoever is last with a block gives its buffer back.
fn give_back(block: Arc<Block>, to: &Sender<Vec<u8>>) {
    if let Some(block) = Arc::into_inner(block) {
        // Nobody needs it any more.
        let _ = to.send(block.buffer);
    }
}

fn digest_whole(bytes: &Receiver<Bytes<'_>>, back: &Sender<Vec<u8>>) -> String {
    const ZEROS: [u8; 4096] = [0; 4096];
    let mut hash = Sha256::new();
    for bytes in bytes {
        match bytes {
            Bytes::Made(bytes) => hash.update(bytes),
            Bytes::Zeros(mut left) => {
                while left > 0 {
                    let some = usize::try_from(left).unwrap_or(ZEROS.len()).min(ZEROS.len());
                    hash.update(&ZEROS[..some]);
                    left -= some as u64;
                }
            }
            Bytes::Read(block) => {
                hash.update(block.bytes());
                give_back(block, back);
            }
        }
    }
    hexadecimal(hash)
}

fn digest_ranges(blocks: &Receiver<Arc<Block>>, back: &Sender<Vec<u8>>) -> Vec<String> {
    let mut digests = Vec::new();
    let mut hash = Sha256::new();
    for block in blocks {
        hash.update(block.bytes());
        if block.is_last {
            digests.push(hexadecimal(std::mem::take(&mut hash)));
        }
        give_back(block, back);
    }
    digests
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
