//! Writes a clip from the blocks that are digested: bytes that pass through the
//! program anyway need not be read again.
//!
//! It goes past the page cache, and the disk has it as soon as it is written.
//! What need not be on the disk is for the kernel to copy, if it is long: an hour
//! took more than twice as long where these blocks were put into the page cache,
//! a minute three quarters.

use super::block::Block;
use super::clip::Durability;
use super::copy::{failed, make_room, shares_blocks};
use super::error::ExportError;
use super::target::Target;
use crate::virtual_mp4::{PAGE, VirtualMp4};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use std::io;
use std::os::unix::fs::FileExt;

/// The longest clip that is put into the page cache.
const CACHED: u64 = 64 << 20;

/// Writes the blocks of a clip.
pub(super) struct Writer<'a> {
    clip: &'a VirtualMp4,
    target: &'a Target,
    direct: bool,
}

impl<'a> Writer<'a> {
    /// Makes room for the clip. `None`: the file system cannot do it, or the
    /// kernel does better, by sharing the originals' blocks for instance.
    pub(super) fn new(
        clip: &'a VirtualMp4,
        target: &'a Target,
        durability: Durability,
    ) -> Result<Option<Self>, ExportError> {
        let direct = durability == Durability::Synced;
        let takes = match direct {
            _ if shares_blocks(target) => false,
            true => set_direct(target, true).is_ok(),
            false => clip.size() <= CACHED,
        };
        if !takes {
            return Ok(None);
        }
        make_room(clip.size(), target)?;
        Ok(Some(Self { clip, target, direct }))
    }

    pub(super) fn write(&mut self, block: &Block) -> Result<(), ExportError> {
        self.put(block).map_err(|error| failed(self.clip, self.target, error))
    }

    fn put(&mut self, block: &Block) -> io::Result<()> {
        let (mut bytes, mut at) = (block.bytes(), block.at());
        if self.direct {
            let whole = bytes.len() - bytes.len() % PAGE as usize;
            match self.target.file.write_all_at(&bytes[..whole], at) {
                Ok(()) if whole == bytes.len() => return Ok(()),
                Ok(()) => (bytes, at) = (&bytes[whole..], at + whole as u64),
                Err(error) if Errno::from_io_error(&error) == Some(Errno::INVAL) => {}
                Err(error) => return Err(error),
            }
            // The end of the file, or blocks of the disk are larger than ours.
            set_direct(self.target, false)?;
            self.direct = false;
        }
        self.target.file.write_all_at(bytes, at)
    }
}

fn set_direct(target: &Target, direct: bool) -> Result<(), Errno> {
    let mut flags = fcntl_getfl(&target.file)?;
    flags.set(OFlags::DIRECT, direct);
    fcntl_setfl(&target.file, flags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::copy::tests::clip;
    use crate::export::digest::digests;
    use crate::export::meter::Meter;
    use crate::export::target::Replace;
    use sha2::{Digest, Sha256};

    fn sha256(bytes: &[u8]) -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn all(clip: &VirtualMp4) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 777];
        loop {
            match clip.read_at(&mut buffer, bytes.len() as u64).expect("readable") {
                0 => return bytes,
                read => bytes.extend(&buffer[..read]),
            }
        }
    }

    /// Past the cache and through it the same bytes, block for block; their
    /// digests are those of what is written, and of the originals' ranges.
    #[test]
    fn what_is_written_is_the_clip_and_its_digests() {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).expect("a folder");
        let clip = clip(&folder.path().join("source.mp4"));
        let wanted = all(&clip);
        assert!(!wanted.len().is_multiple_of(PAGE as usize) && wanted.len() > 3 * PAGE as usize);
        for past in [true, false] {
            let target = Target::create(&folder.path().join("clip.mp4"), Replace::Never);
            let target = target.expect("created");
            // Where temporary files are kept in memory there is no other way.
            let writer = Writer::new(&clip, &target, Durability::Synced).expect("room");
            let Some(mut writer) = writer else { return };
            if !past {
                set_direct(&target, false).expect("set");
                writer.direct = false;
            }
            let meter = Meter::default();
            let made = digests(&clip, &meter, |block| writer.write(block)).expect("written");
            let found = std::fs::read(target.part()).expect("there");
            assert!(found == wanted, "past the cache: {past}");
            assert_eq!(made.clip, sha256(&wanted));
            let ranges = clip.ranges().iter().map(|range| {
                let source = std::fs::read(&range.path).expect("there");
                let (from, length) = (range.from as usize, range.length as usize);
                sha256(&source[from..from + length])
            });
            assert!(made.ranges.iter().cloned().eq(ranges), "{:?}", made.ranges);
        }
    }
}
