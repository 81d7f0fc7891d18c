//! The header of a clip, and what of it is read when somebody asks for it.

use super::boxes::Settled;
use super::error::VirtualError;
use super::parts::Part;
use super::piece::{Cut, Piece};
use super::read::VirtualMp4;
use std::sync::{Arc, Mutex, PoisonError};

/// Parts in order, each with where it begins.
#[derive(Debug)]
pub(super) struct Header(Vec<(u64, Settled)>);

impl Header {
    pub(super) fn of(settled: Vec<Settled>) -> Self {
        let mut at = 0;
        let placed = settled.into_iter().map(|bytes| {
            let begin = at;
            at += bytes.len();
            (begin, bytes)
        });
        Self(placed.collect())
    }

    /// Its parts; none of those that are not known.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.0.iter().flat_map(|(begin, settled)| {
            settled.stretches().map(move |(at, bytes)| Part::Made(begin + at, bytes))
        })
    }

    /// Fills a part of `buffer` from byte `at` on. `None`: that is behind it;
    /// nothing: it is not known yet.
    pub(super) fn read_at(&self, buffer: &mut [u8], at: u64) -> Option<usize> {
        let after = self.0.partition_point(|(begin, _)| *begin <= at);
        let (begin, settled) = self.0.get(after.checked_sub(1)?)?;
        if at - begin >= settled.len() {
            return None;
        }
        let bytes = settled.from(at - begin);
        let read = bytes.len().min(buffer.len());
        buffer[..read].copy_from_slice(&bytes[..read]);
        Some(read)
    }

    /// Whether it has the same bytes as another one where its own are known.
    fn agrees(&self, other: &Self) -> bool {
        self.parts().all(|part| {
            let Part::Made(mut at, bytes) = part else { return true };
            let mut rest = &*bytes;
            let mut buffer = [0; 4096];
            while !rest.is_empty() {
                let most = rest.len().min(buffer.len());
                let read = other.read_at(&mut buffer[..most], at).unwrap_or(0);
                if read == 0 || buffer[..read] != rest[..read] {
                    return false;
                }
                (rest, at) = (&rest[read..], at + read as u64);
            }
            true
        })
    }
}

/// What the rest of a header is made of.
#[derive(Debug)]
pub(super) struct Rest {
    pieces: Vec<Piece>,
    cut: Cut,
    whole: Mutex<Option<Arc<Header>>>,
}

impl Rest {
    pub(super) fn new(pieces: &[Piece], cut: &Cut) -> Self {
        Self { pieces: pieces.to_vec(), cut: *cut, whole: Mutex::default() }
    }

    /// Whether it was asked for before, and is there.
    pub(super) fn is_made(&self) -> bool {
        self.whole.try_lock().is_ok_and(|whole| whole.is_some())
    }

    /// Fills a part of `buffer` from byte `at` of the header on.
    pub(super) fn read_at(
        &self,
        buffer: &mut [u8],
        at: u64,
        clip: &VirtualMp4,
    ) -> Result<usize, VirtualError> {
        let read = self.whole(clip)?.read_at(buffer, at);
        read.filter(|read| *read > 0).ok_or(VirtualError::NotAsOutlined)
    }

    /// The header, all of it. Others who ask wait while it is made.
    fn whole(&self, clip: &VirtualMp4) -> Result<Arc<Header>, VirtualError> {
        let mut known = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(header) = &*known {
            return Ok(Arc::clone(header));
        }
        let made = VirtualMp4::build(&self.pieces, &self.cut)?;
        let (told, found) = (clip.layout(), made.layout());
        let same = (told.1, told.2, told.3) == (found.1, found.2, found.3);
        if !same || !told.0.agrees(found.0) {
            return Err(VirtualError::NotAsOutlined);
        }
        Ok(Arc::clone(known.insert(Arc::new(made.into_header()))))
    }
}
