//! Boxes around bytes that are moved, not copied: a day's tables are large.

use super::error::VirtualError;
use super::words::Words;
use mp4_atom::Encode;

/// Bytes in parts; those that are chunk offsets can be moved later.
#[derive(Debug, Default)]
pub(super) struct Bytes {
    parts: Vec<Content>,
    length: u64,
}

#[derive(Debug)]
enum Content {
    Plain(Vec<u8>),
    /// Offsets from the beginning of the media bytes, of 64 or 32 bits.
    Offsets(Vec<u64>, Width),
}

/// Bits of an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Bits32,
    Bits64,
}

impl Bytes {
    pub(super) fn plain(bytes: Vec<u8>) -> Self {
        Self { length: bytes.len() as u64, parts: vec![Content::Plain(bytes)] }
    }

    pub(super) fn offsets(offsets: Vec<u64>, width: Width) -> Self {
        let each = if width == Width::Bits64 { 8 } else { 4 };
        let length = offsets.len() as u64 * each;
        Self { length, parts: vec![Content::Offsets(offsets, width)] }
    }

    pub(super) fn words(words: Words) -> Self {
        let length = words.len() * 4;
        Self { parts: words.into_blocks().into_iter().map(Content::Plain).collect(), length }
    }

    /// A box that the crate knows.
    pub(super) fn leaf(atom: &impl Encode) -> Result<Self, VirtualError> {
        let mut bytes = Vec::new();
        atom.encode(&mut bytes)?;
        Ok(Self::plain(bytes))
    }

    pub(super) fn len(&self) -> u64 {
        self.length
    }

    /// A box of these.
    pub(super) fn boxed(
        kind: &[u8; 4],
        inside: impl IntoIterator<Item = Bytes>,
    ) -> Result<Self, VirtualError> {
        let mut whole = Self::plain(Vec::new());
        for bytes in inside {
            whole.append(bytes);
        }
        let size = u32::try_from(whole.length + 8).map_err(|_| VirtualError::TooLong("header"))?;
        whole.parts[0] = Content::Plain([size.to_be_bytes(), *kind].concat());
        whole.length += 8;
        Ok(whole)
    }

    /// A box with version and flags before these.
    pub(super) fn full(
        kind: &[u8; 4],
        version: u8,
        inside: impl IntoIterator<Item = Bytes>,
    ) -> Result<Self, VirtualError> {
        let head = Self::plain(vec![version, 0, 0, 0]);
        Self::boxed(kind, std::iter::once(head).chain(inside))
    }

    pub(super) fn append(&mut self, other: Bytes) {
        self.length += other.length;
        self.parts.extend(other.parts);
    }

    /// The bytes, with all offsets moved by `base`.
    pub(super) fn settle(self, base: u64) -> Vec<Vec<u8>> {
        let mut settled: Vec<Vec<u8>> = Vec::new();
        for part in self.parts {
            let bytes = match part {
                Content::Plain(bytes) => bytes,
                Content::Offsets(offsets, width) => write(&offsets, base, width),
            };
            match settled.last_mut() {
                // Small boxes are put together, large tables stay alone.
                Some(last) if last.len() + bytes.len() <= SMALL => last.extend(bytes),
                _ => settled.push(bytes),
            }
        }
        settled
    }
}

const SMALL: usize = 1 << 16;

fn write(offsets: &[u64], base: u64, width: Width) -> Vec<u8> {
    let moved = offsets.iter().map(|o| o + base);
    match width {
        Width::Bits64 => moved.flat_map(u64::to_be_bytes).collect(),
        Width::Bits32 => {
            moved.flat_map(|o| u32::try_from(o).unwrap_or(u32::MAX).to_be_bytes()).collect()
        }
    }
}
