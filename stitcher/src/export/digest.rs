//! SHA-256 of the clip and of each range of the originals.
//!
//! The bytes are those of the originals, read once for both digests and for
//! whoever writes them. So the digest of the clip is what it has to be, and a
//! copy that went wrong does not match its manifest.
//!
//! Either digest is one long chain, so each is a lane of its own.

use super::block::{Block, Stream};
use super::error::ExportError;
use super::lanes;
use super::meter::Meter;
use crate::virtual_mp4::VirtualMp4;
use sha2::{Digest, Sha256};

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
    mut write: impl FnMut(&Block) -> Result<(), ExportError> + Send,
) -> Result<Digests, ExportError> {
    let blocks = Block::all_for_clip(clip.size());
    let mut stream = Stream::new(clip);
    let (mut whole, mut ranges) = (Sha256::new(), Ranges::default());
    let lanes: Vec<Box<lanes::Lane<'_>>> = vec![
        Box::new(|block| {
            write(block)?;
            meter.add(block.bytes().len() as u64)
        }),
        Box::new(|block| {
            whole.update(block.bytes());
            Ok(())
        }),
        Box::new(|block| {
            block.originals().for_each(|(bytes, is_last)| ranges.update(bytes, is_last));
            Ok(())
        }),
    ];
    lanes::run(blocks, Box::new(|block| stream.fill(block)), lanes)?;
    Ok(Digests { clip: hexadecimal(whole), ranges: ranges.done })
}

/// Digests of ranges: those that are done, and the one that goes on.
#[derive(Default)]
struct Ranges {
    done: Vec<String>,
    hash: Sha256,
}

impl Ranges {
    fn update(&mut self, bytes: &[u8], is_last: bool) {
        self.hash.update(bytes);
        if is_last {
            self.done.push(hexadecimal(std::mem::take(&mut self.hash)));
        }
    }
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
