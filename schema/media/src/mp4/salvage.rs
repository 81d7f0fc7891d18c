//! Finds a `moov` that no box header leads to.
//!
//! To finish a file in `first-moov-then-finalise` mode, GStreamer 1.22 makes
//! three writes: it renames the first `moov` to `hoov`, stretches the first
//! `mdat` over everything written so far, and appends the `moov` of the whole.
//! A kill or a power cut can leave any of them undone, and then no `moov`
//! stands at the top of the file, or the last one is taken for data. But the
//! first one and all fragments are still there, as they were a moment before.

use super::boxes::{BoxKind, Header};
use super::limits;
use super::source::{ReadAt, Window};
use memchr::memmem;
use std::io;

/// Bytes looked through at once.
const STEP: u64 = 256 << 10;
/// Bytes from the start of a `moov` to the letters of the `mvhd` in it.
const TO_MVHD: u64 = 12;

/// The places in a file that look like a `moov`, hidden or not.
pub(super) struct Candidates {
    at: u64,
    end: u64,
    left: u32,
}

impl Candidates {
    /// From byte `at` on.
    pub(super) fn from(at: u64) -> Self {
        Self { at, end: at.saturating_add(limits::SALVAGE_BYTES), left: limits::SALVAGE_CANDIDATES }
    }

    /// The next one; `None` at the end of the file or of patience.
    pub(super) fn next<S: ReadAt + ?Sized>(
        &mut self,
        window: &mut Window<'_, S>,
    ) -> io::Result<Option<Header>> {
        let end = window.size().min(self.end);
        while self.left > 0 && self.at < end {
            let bytes = window.take(self.at, STEP.min(end - self.at))?;
            let Some(found) = memmem::find(&bytes, b"mvhd") else {
                // Letters may stand across the border of two steps.
                let overlap = if self.at + (bytes.len() as u64) < end { 3 } else { 0 };
                self.at += bytes.len() as u64 - overlap;
                continue;
            };
            let letters = self.at + found as u64;
            self.at = letters + 4;
            self.left -= 1;
            if let Some(header) = header_before(window, letters)? {
                return Ok(Some(header));
            }
        }
        Ok(None)
    }
}

fn header_before<S: ReadAt + ?Sized>(
    window: &mut Window<'_, S>,
    letters: u64,
) -> io::Result<Option<Header>> {
    let Some(at) = letters.checked_sub(TO_MVHD) else {
        return Ok(None);
    };
    let room = window.size() - at;
    let header = Header::read(window.peek(at, Header::BYTES)?, at, room).ok();
    Ok(header.filter(|header| {
        let moov = [BoxKind(*b"moov"), BoxKind(*b"hoov")].contains(&header.kind);
        moov && header.header == 8 && header.size <= room
    }))
}
