//! Chunks: samples of one track that lie one behind the other.

use super::packed::Packed;
use super::words::Words;
use serde::{Deserialize, Serialize};

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
    /// Rows of three: number of the first chunk (from 1) of some equal ones,
    /// samples in each, entry from 1.
    pub(super) rows: Words,
    /// Samples and entry of the last chunk.
    last: Option<[u32; 2]>,
}

impl Chunks {
    pub(super) fn push(&mut self, chunk: Chunk) {
        self.offsets.push(chunk.at);
        let number = u32::try_from(self.offsets.len()).unwrap_or(u32::MAX);
        self.go_on(number, [chunk.samples, chunk.entry + 1]);
    }

    fn go_on(&mut self, number: u32, kind: [u32; 2]) {
        if self.last.replace(kind) != Some(kind) {
            [number, kind[0], kind[1]].into_iter().for_each(|word| self.rows.push(word));
        }
    }

    /// Counts chunks that are read from their file later.
    pub(super) fn promise(&mut self, groups: &Groups, entry: u32) {
        let number = u32::try_from(self.offsets.len() + 1).unwrap_or(u32::MAX);
        self.offsets.promise(groups.chunks.into());
        self.go_on(number, [groups.first, entry + 1]);
        self.rows.promise(u64::from(groups.rows.saturating_sub(1)) * 3);
        self.last = Some([groups.last, entry + 1]);
    }
}

/// What of the chunks of a file decides how long a clip's tables are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Groups {
    pub(super) chunks: u32,
    /// Groups of neighbours with equally many samples.
    rows: u32,
    /// Samples in each chunk of the first of them, and of the last.
    first: u32,
    last: u32,
}

impl Groups {
    /// `None` without chunks, or with more than one sample entry.
    pub(super) fn of(chunks: &[Chunk]) -> Option<Self> {
        let (first, last) = (chunks.first()?.samples, chunks.last()?.samples);
        let rows = chunks.chunk_by(|a, b| a.samples == b.samples).count();
        let one_entry = chunks.iter().all(|chunk| chunk.entry == 0);
        let small = |n: usize| u32::try_from(n).ok().filter(|_| one_entry);
        Some(Self { chunks: small(chunks.len())?, rows: small(rows)?, first, last })
    }
}
