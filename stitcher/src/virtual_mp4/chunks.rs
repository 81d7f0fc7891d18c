//! Chunks: samples of one track that lie one behind the other.

use super::packed::Packed;

/// Samples that lie one behind the other in their file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Where it begins: in its file, later in the clip's media bytes.
    pub(super) at: u64,
    pub(super) bytes: u64,
    pub(super) samples: u32,
    /// Which sample entry describes it, from 0.
    pub(super) entry: u32,
}

impl Chunk {
    pub(super) fn end(&self) -> u64 {
        self.at.saturating_add(self.bytes)
    }
}

/// Puts samples behind the last chunk where they belong to it.
pub(super) fn gather(chunks: &mut Vec<Chunk>, next: Chunk) {
    if let Some(last) = chunks.last_mut()
        && last.end() == next.at
        && last.entry == next.entry
        && let Some(samples) = last.samples.checked_add(next.samples)
    {
        last.bytes += next.bytes;
        last.samples = samples;
    } else {
        chunks.push(next);
    }
}

/// A track's chunks as the boxes `stsc` and `stco` (or `co64`) keep them.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    /// From the beginning of the clip's media bytes.
    pub(super) offsets: Packed,
    /// Number of the first chunk (from 1) of a row of equal ones, samples in
    /// each, entry from 1.
    pub(super) rows: Vec<[u32; 3]>,
}

impl Chunks {
    pub(super) fn push(&mut self, chunk: Chunk) {
        self.offsets.push(chunk.at);
        let number = u32::try_from(self.offsets.len()).unwrap_or(u32::MAX);
        let entry = chunk.entry + 1;
        if self.rows.last().is_none_or(|row| row[1..] != [chunk.samples, entry]) {
            self.rows.push([number, chunk.samples, entry]);
        }
    }
}
