//! Box headers, and the boxes inside a box.

use super::error::Fault;
use mp4_atom::Atom;
use std::fmt;

/// The four letters of a box.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BoxKind(pub [u8; 4]);

impl fmt::Display for BoxKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for BoxKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where a box begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: BoxKind,
    pub(super) at: u64,
    /// Bytes of the header: 8 or 16.
    pub(super) header: u64,
    /// Bytes of the whole box, header included.
    pub(super) size: u64,
}

impl Header {
    /// Bytes that are enough to read any header.
    pub(super) const BYTES: u64 = 16;

    /// Reads the header at `at`, of which `bytes` are the first ones;
    /// `room` bytes are left in what holds the box, which may be less than
    /// its size.
    pub(super) fn read(bytes: &[u8], at: u64, room: u64) -> Result<Self, Fault> {
        let Some((&[a, b, c, d, k0, k1, k2, k3], rest)) = bytes.split_first_chunk::<8>() else {
            let fault = format!("{} bytes are left, a header has 8", bytes.len());
            return Err(Fault::new(BoxKind(*b"    "), at, fault));
        };
        let kind = BoxKind([k0, k1, k2, k3]);
        let (header, size) = match (u32::from_be_bytes([a, b, c, d]), rest.first_chunk::<8>()) {
            // To the end of what holds it.
            (0, _) => (8, room),
            (1, Some(long)) => (16, u64::from_be_bytes(*long)),
            (1, None) => return Err(Fault::new(kind, at, "its size of 64 bits is cut off")),
            (size, _) => (8, u64::from(size)),
        };
        if size < header {
            return Err(Fault::new(kind, at, format!("its size is {size}")));
        }
        Ok(Self { kind, at, header, size })
    }

    pub(super) fn body(&self) -> u64 {
        self.at + self.header
    }

    /// The byte after it; may be far beyond the file.
    pub(super) fn end(&self) -> u64 {
        self.at.saturating_add(self.size)
    }
}

/// A box in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct BoxRef<'a> {
    pub(super) kind: BoxKind,
    /// Where it begins in the file.
    pub(super) at: u64,
    /// Header and body.
    pub(super) whole: &'a [u8],
    pub(super) body: &'a [u8],
}

impl<'a> BoxRef<'a> {
    /// The boxes inside.
    pub(super) fn children(&self) -> Children<'a> {
        self.children_after(0)
    }

    /// The boxes after `skip` bytes of the body.
    pub(super) fn children_after(&self, skip: usize) -> Children<'a> {
        let body = self.body.get(skip..).unwrap_or(&[]);
        let at = self.at + (self.whole.len() - body.len()) as u64;
        Children { rest: body, at }
    }

    /// The first box of a kind inside; faults before it count as absence.
    pub(super) fn child(&self, kind: &[u8; 4]) -> Option<BoxRef<'a>> {
        self.children().flatten().find(|b| b.kind.0 == *kind)
    }

    /// The same, where it must be there.
    pub(super) fn needed(&self, kind: &[u8; 4]) -> Result<BoxRef<'a>, Fault> {
        let missing = || self.fault(format!("has no '{}'", BoxKind(*kind)));
        self.child(kind).ok_or_else(missing)
    }

    /// Decodes a leaf box; bytes after what it needs are left alone.
    pub(super) fn leaf<T: Atom>(&self) -> Result<T, Fault> {
        let mut body = self.body;
        T::decode_body(&mut body).map_err(|e| self.fault(e.to_string()))
    }

    pub(super) fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault::new(self.kind, self.at, reason)
    }
}

/// Iterator over boxes that follow each other; ends after a fault. Fewer bytes
/// than a header at the end are padding (QuickTime writes four zeros).
pub(super) struct Children<'a> {
    rest: &'a [u8],
    at: u64,
}

impl<'a> Iterator for Children<'a> {
    type Item = Result<BoxRef<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.len() < 8 {
            return None;
        }
        let result = self.split();
        if result.is_err() {
            self.rest = &[];
        }
        Some(result)
    }
}

impl<'a> Children<'a> {
    /// The boxes in `bytes`, which begin at byte `at` of the file.
    pub(super) fn of(bytes: &'a [u8], at: u64) -> Self {
        Self { rest: bytes, at }
    }

    fn split(&mut self) -> Result<BoxRef<'a>, Fault> {
        let room = self.rest.len() as u64;
        let header = Header::read(self.rest, self.at, room)?;
        let outside = || {
            let reason = format!("its {} bytes are more than the {room} left", header.size);
            Fault::new(header.kind, header.at, reason)
        };
        let size = usize::try_from(header.size).ok().filter(|s| *s <= self.rest.len());
        let (whole, rest) = self.rest.split_at(size.ok_or_else(outside)?);
        self.rest = rest;
        self.at = header.end();
        let body = &whole[if header.header == 16 { 16 } else { 8 }..];
        Ok(BoxRef { kind: header.kind, at: header.at, whole, body })
    }
}
