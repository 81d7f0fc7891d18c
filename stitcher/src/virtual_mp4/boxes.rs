//! Boxes around bytes that are moved, not copied: a day's tables are large.

use super::error::VirtualError;
use super::packed::{Packed, Width, Written};
use super::words::Words;
use mp4_atom::Encode;
use std::borrow::Cow;

/// Bytes in parts; those that are chunk offsets can be moved later.
#[derive(Debug, Default)]
pub(super) struct Bytes {
    parts: Vec<Content>,
    length: u64,
}

#[derive(Debug)]
enum Content {
    Plain(Vec<u8>),
    /// Numbers as they are.
    Numbers(Packed),
    /// Offsets from the beginning of the media bytes.
    Offsets(Packed, Width),
    /// So many bytes that are not known yet.
    Promised(u64),
}

impl Bytes {
    pub(super) fn plain(bytes: Vec<u8>) -> Self {
        Self { length: bytes.len() as u64, parts: vec![Content::Plain(bytes)] }
    }

    pub(super) fn numbers(numbers: Packed) -> Self {
        let length = numbers.len() * Width::Bits32.bytes();
        Self { length, parts: vec![Content::Numbers(numbers)] }
    }

    pub(super) fn offsets(offsets: Packed, width: Width) -> Self {
        let length = offsets.len() * width.bytes();
        Self { length, parts: vec![Content::Offsets(offsets, width)] }
    }

    pub(super) fn words(words: Words) -> Self {
        let length = words.len() * 4;
        if words.is_promised() {
            return Self { parts: vec![Content::Promised(length)], length };
        }
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
    pub(super) fn settle(self, base: u64) -> Vec<Settled> {
        let mut settled: Vec<Settled> = Vec::new();
        for part in self.parts {
            let table = match part {
                Content::Plain(bytes) => {
                    put(&mut settled, bytes);
                    continue;
                }
                Content::Promised(bytes) => {
                    settled.push(Settled::Promised(bytes));
                    continue;
                }
                Content::Numbers(numbers) => Written { numbers, width: Width::Bits32, base: 0 },
                Content::Offsets(numbers, width) => Written { numbers, width, base },
            };
            if table.numbers.is_promised() {
                settled.push(Settled::Promised(table.len()));
            } else if table.len() > SMALL {
                settled.push(Settled::Table(table));
            } else {
                table.stretches().for_each(|(_, bytes)| put(&mut settled, bytes));
            }
        }
        settled
    }

    /// The same in one piece: for what is small.
    pub(super) fn into_vec(self) -> Vec<u8> {
        let settled = self.settle(0);
        settled.iter().flat_map(Settled::stretches).flat_map(|(_, b)| b.into_owned()).collect()
    }
}

/// Bytes that will not move any more.
#[derive(Debug)]
pub(super) enum Settled {
    Plain(Vec<u8>),
    Table(Written),
    /// So many that are not known yet.
    Promised(u64),
}

impl Settled {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Plain(bytes) => bytes.len() as u64,
            Self::Table(table) => table.len(),
            Self::Promised(bytes) => *bytes,
        }
    }

    /// Bytes from `at` on: some, unless it is the end or they are not known.
    pub(super) fn from(&self, at: u64) -> Cow<'_, [u8]> {
        let skip = |from: u64| usize::try_from(at - from).unwrap_or(usize::MAX);
        match self {
            Self::Plain(bytes) => bytes.get(skip(0)..).unwrap_or_default().into(),
            Self::Table(table) => {
                let (range, mut bytes) = table.around(at);
                bytes.drain(..skip(range.start).min(bytes.len()));
                bytes.into()
            }
            Self::Promised(_) => Cow::default(),
        }
    }

    /// All bytes in stretches, each with where it begins; none that are not
    /// known.
    pub(super) fn stretches(&self) -> Box<dyn Iterator<Item = (u64, Cow<'_, [u8]>)> + Send + '_> {
        match self {
            Self::Plain(bytes) => Box::new(std::iter::once((0, bytes.into()))),
            Self::Table(table) => {
                Box::new(table.stretches().map(|(range, bytes)| (range.start, bytes.into())))
            }
            Self::Promised(_) => Box::new(std::iter::empty()),
        }
    }
}

/// What is smaller is not worth a piece of its own.
const SMALL: u64 = 1 << 16;

/// Small boxes are put together, large tables stay alone.
fn put(settled: &mut Vec<Settled>, bytes: Vec<u8>) {
    match settled.last_mut() {
        Some(Settled::Plain(last)) if (last.len() + bytes.len()) as u64 <= SMALL => {
            last.extend(bytes);
        }
        _ => settled.push(Settled::Plain(bytes)),
    }
}
