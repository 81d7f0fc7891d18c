//! SHA-256 of the clip and of each range of the originals.
//!
//! The bytes are those of the originals, read once for both digests and for
//! whoever writes them. So the digest of the clip is what it has to be, and a
//! copy that went wrong does not match its manifest.
//!
//! Either digest is one long chain, so each has a thread of its own.

use super::block::{Block, Stream};
use super::error::ExportError;
use super::meter::Meter;
use crate::virtual_mp4::VirtualMp4;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::ScopedJoinHandle;

/// Blocks on their way: one is filled or written, two are waited for.
const BLOCKS: usize = 3;

/// The digests, as lower-case hexadecimal digits.
#[derive(Debug)]
pub(super) struct Digests {
    pub(super) clip: String,
    pub(super) ranges: Vec<String>,
}

/// Goes through a clip; `write` is given every block of it in order.
pub(super) fn digests(
    clip: &VirtualMp4,
    meter: &Meter,
    write: impl FnMut(&Block) -> Result<(), ExportError>,
) -> Result<Digests, ExportError> {
    std::thread::scope(|scope| {
        let (whole, of_whole) = sync_channel(BLOCKS);
        let (ranges, of_ranges) = sync_channel(BLOCKS);
        let (back, free) = channel();
        let returned = back.clone();
        let whole_digest = scope.spawn(move || digest_whole(&of_whole, &back));
        let range_digests = scope.spawn(move || digest_ranges(&of_ranges, &returned));
        let buffers = Buffers { unused: BLOCKS, spare: None, free };
        let done = go_through(clip, meter, buffers, [whole, ranges], write);
        // The senders are gone: both threads end.
        let (clip, ranges) = (joined(whole_digest), joined(range_digests));
        done.map(|()| Digests { clip, ranges })
    })
}

fn go_through(
    clip: &VirtualMp4,
    meter: &Meter,
    mut buffers: Buffers,
    digesters: [SyncSender<Arc<Block>>; 2],
    mut write: impl FnMut(&Block) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let mut stream = Stream::new(clip);
    loop {
        let mut block = buffers.next();
        if !stream.fill(&mut block)? {
            return Ok(());
        }
        let block = Arc::new(block);
        for digester in &digesters {
            // A thread that is gone has panicked; that is told when it is joined.
            let _ = digester.send(Arc::clone(&block));
        }
        write(&block)?;
        meter.add(block.bytes().len() as u64)?;
        buffers.spare = Arc::into_inner(block);
    }
}

/// Blocks to be filled.
struct Buffers {
    /// So many more may be made.
    unused: usize,
    /// One that nobody else had any more.
    spare: Option<Block>,
    free: Receiver<Block>,
}

impl Buffers {
    fn next(&mut self) -> Block {
        if let Some(block) = self.spare.take().or_else(|| self.free.try_recv().ok()) {
            return block;
        }
        if self.unused > 0 {
            self.unused -= 1;
            return Block::new();
        }
        self.free.recv().unwrap_or_else(|_| Block::new())
    }
}

/// Whoever is last with a block gives it back.
fn give_back(block: Arc<Block>, to: &Sender<Block>) {
    if let Some(block) = Arc::into_inner(block) {
        // Nobody needs it any more.
        let _ = to.send(block);
    }
}

fn digest_whole(blocks: &Receiver<Arc<Block>>, back: &Sender<Block>) -> String {
    let mut hash = Sha256::new();
    for block in blocks {
        hash.update(block.bytes());
        give_back(block, back);
    }
    hexadecimal(hash)
}

fn digest_ranges(blocks: &Receiver<Arc<Block>>, back: &Sender<Block>) -> Vec<String> {
    let mut digests = Vec::new();
    let mut hash = Sha256::new();
    for block in blocks {
        for (bytes, is_last) in block.originals() {
            hash.update(bytes);
            if is_last {
                digests.push(hexadecimal(std::mem::take(&mut hash)));
            }
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
