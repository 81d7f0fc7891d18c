//! NAL units and fragments of them into the growing unit.

use super::role::Role;
use super::{AccessUnit, Assembler};
use hitless_media::nal::annex_b;
use memchr::memmem;

const START_CODE: &[u8] = &[0, 0, 1];

/// The header of a NAL unit: one byte in H.264, two in H.265.
#[derive(Debug, Clone, Copy)]
pub(in crate::rtp) enum Header {
    H264([u8; 1]),
    H265([u8; 2]),
}

impl Header {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::H264(bytes) => bytes,
            Self::H265(bytes) => bytes,
        }
    }
}

/// Which ends of a fragmented NAL unit a fragment holds.
#[derive(Debug, Clone, Copy)]
pub(in crate::rtp) struct Ends {
    pub(in crate::rtp) start: bool,
    pub(in crate::rtp) end: bool,
}

impl Assembler {
    /// One whole NAL unit; or, of cameras that put start codes inside, several.
    pub(in crate::rtp) fn nal(&mut self, nal: &[u8], out: &mut impl FnMut(AccessUnit)) {
        self.abandon_fragment();
        match memmem::find(nal, START_CODE) {
            None => self.one_nal(nal, out),
            Some(at) => self.several_nals(nal, at, out),
        }
    }

    fn several_nals(&mut self, nal: &[u8], at: usize, out: &mut impl FnMut(AccessUnit)) {
        for nal in std::iter::once(before_zeros(&nal[..at])).chain(annex_b(&nal[at..]).flatten()) {
            if !nal.is_empty() {
                self.one_nal(nal, out);
            }
        }
    }

    fn one_nal(&mut self, nal: &[u8], out: &mut impl FnMut(AccessUnit)) {
        let Some(role) = Role::of(self.codec, nal) else { return self.malformed() };
        self.enter(role, nal, out);
        self.unit.bytes.open(nal);
        self.close();
    }

    /// A part of a NAL unit. `header` is the unit's own.
    pub(in crate::rtp) fn fragment(
        &mut self,
        header: Header,
        body: &[u8],
        ends: Ends,
        out: &mut impl FnMut(AccessUnit),
    ) {
        if ends.start {
            self.abandon_fragment();
            self.pending_header = Some(header);
        }
        if self.pending_header.is_some() && (ends.end || !body.is_empty()) {
            self.first_fragment(body, out);
        } else if self.pending_header.is_none() {
            self.next_fragment(body);
        }
        if ends.end {
            self.close_fragments(out);
        }
    }

    fn first_fragment(&mut self, body: &[u8], out: &mut impl FnMut(AccessUnit)) {
        let Some(header) = self.pending_header.take() else { return };
        let header = header.bytes();
        let mut head = [0; 3];
        head[..header.len()].copy_from_slice(header);
        head[header.len()] = body.first().copied().unwrap_or(0);
        let head = &head[..header.len() + usize::from(!body.is_empty())];
        let Some(role) = Role::of(self.codec, head) else { return self.malformed() };
        self.enter(role, head, out);
        self.unit.bytes.open(header);
        self.unit.bytes.append_open(body);
    }

    fn next_fragment(&mut self, body: &[u8]) {
        if !self.unit.bytes.is_open() && !self.unit.bytes.overflowed() {
            // Its beginning was lost, or a marker cut it off.
            self.after_marker();
            self.unit.damaged = true;
        } else if self.unit.sealed {
            self.after_marker();
        }
        self.unit.bytes.append_open(body);
    }

    pub(super) fn close_fragments(&mut self, out: &mut impl FnMut(AccessUnit)) {
        let inside = self.unit.bytes.unfinished().and_then(|nal| memmem::find(nal, START_CODE));
        match (inside, inside.and_then(|_| self.unit.bytes.take_open())) {
            (Some(at), Some(nals)) => {
                // It entered already, as its first NAL unit.
                let first = before_zeros(&nals[..at]);
                if !first.is_empty() {
                    self.unit.bytes.open(first);
                    self.close();
                }
                for nal in annex_b(&nals[at..]).flatten() {
                    self.one_nal(nal, out);
                }
            }
            _ => self.close(),
        }
    }

    /// A fragmented NAL unit that ends without saying so, and without loss:
    /// the camera left its end out. What came of it is kept.
    pub(super) fn abandon_fragment(&mut self) {
        if self.pending_header.take().is_some() || self.unit.bytes.is_open() {
            self.discarded.malformed += 1;
            // A marker says that the end bit was forgotten, not the end.
            self.unit.damaged |= !self.unit.sealed;
            self.close();
        }
    }

    /// Finishes the unfinished NAL unit.
    fn close(&mut self) {
        let Some(nal) = self.unit.bytes.close() else { return };
        match Role::of(self.codec, nal) {
            Some(role) if role.is_slice() => self.unit.slices += 1,
            Some(Role::Opening) => self.unit.parameter_sets |= self.sets.see(nal),
            _ => {}
        }
    }
}

/// Zeros before a start code belong to it.
fn before_zeros(nal: &[u8]) -> &[u8] {
    let zeros = nal.iter().rev().take_while(|byte| **byte == 0).count();
    &nal[..nal.len() - zeros]
}
