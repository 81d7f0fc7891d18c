//! The bytes of one access unit while it grows: NAL units behind lengths of
//! four bytes, the last of them possibly unfinished.
//!
//! Payload is copied once, from the packet to here. Room is set aside by what
//! the last units of the same kind took, and given back if it was too much,
//! because a recorder holds a whole GOP of these.

use crate::rtp::packet::MAX_UNIT_BYTES;

const LENGTH_BYTES: usize = 4;

/// NAL units of one access unit.
#[derive(Debug, Default)]
pub(super) struct UnitBytes {
    data: Vec<u8>,
    /// Where the unfinished NAL unit's length stands.
    open: Option<usize>,
    overflow: bool,
}

impl UnitBytes {
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.data.reserve_exact(bytes.min(MAX_UNIT_BYTES));
    }

    /// Begins a NAL unit; the one before must be closed or dropped.
    pub(super) fn open(&mut self, header: &[u8]) {
        debug_assert!(self.open.is_none());
        if self.overflow {
            return;
        }
        self.open = Some(self.data.len());
        self.append(&[0; LENGTH_BYTES]);
        self.append(header);
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// More of the unfinished NAL unit, if there is one.
    pub(super) fn append_open(&mut self, bytes: &[u8]) {
        if self.open.is_some() {
            self.append(bytes);
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.overflow || self.data.len() + bytes.len() > MAX_UNIT_BYTES {
            self.overflow = true;
            self.data = Vec::new();
            self.open = None;
            return;
        }
        self.data.extend_from_slice(bytes);
    }

    /// Finishes the unfinished NAL unit and shows it.
    pub(super) fn close(&mut self) -> Option<&[u8]> {
        let start = self.open.take()? + LENGTH_BYTES;
        let length = u32::try_from(self.data.len() - start).expect("limited to 16 MiB");
        self.data[start - LENGTH_BYTES..start].copy_from_slice(&length.to_be_bytes());
        Some(&self.data[start..])
    }

    /// Takes the unfinished NAL unit out.
    pub(super) fn take_open(&mut self) -> Option<Vec<u8>> {
        let start = self.open.take()?;
        let tail = self.data[start + LENGTH_BYTES..].to_vec();
        self.data.truncate(start);
        Some(tail)
    }

    /// The unfinished NAL unit without its length.
    pub(super) fn unfinished(&self) -> Option<&[u8]> {
        self.data.get(self.open? + LENGTH_BYTES..)
    }

    /// Forgets the unfinished NAL unit, if there is one.
    pub(super) fn drop_open(&mut self) {
        if let Some(start) = self.open.take() {
            self.data.truncate(start);
        }
    }

    /// Whether more came than a unit may hold; nothing of it is kept.
    pub(super) fn overflowed(&self) -> bool {
        self.overflow
    }

    /// The finished bytes, without much spare room.
    pub(super) fn into_data(mut self) -> Vec<u8> {
        debug_assert!(self.open.is_none());
        if self.data.capacity() - self.data.len() > self.data.len() / 8 {
            self.data.shrink_to_fit();
        }
        self.data
    }
}

/// How large the next unit will be, by the last ones: rises at once, falls
/// slowly.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct SizeGuess(usize);

impl SizeGuess {
    pub(super) fn learn(&mut self, size: usize) {
        self.0 = size.max(self.0 - self.0 / 8);
    }

    pub(super) fn get(self) -> usize {
        self.0
    }
}
