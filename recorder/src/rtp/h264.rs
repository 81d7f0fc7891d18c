//! RFC 6184: H.264 in RTP packets.
//!
//! Single NAL units, STAP-A and FU-A, which is all that packetization modes 0
//! and 1 have and cameras use. The interleaved mode (STAP-B, MTAP, FU-B) is
//! refused and counted.

use super::assembler::{Assembler, Ends, Header};
use super::packet::AccessUnit;

/// Takes one payload apart.
pub(super) fn unpack(payload: &[u8], assembler: &mut Assembler, out: &mut impl FnMut(AccessUnit)) {
    let Some(head) = payload.first().copied() else { return };
    match head & 0x1f {
        // A start code where the header should be.
        0 if payload.starts_with(&[0, 0, 1]) => assembler.nal(&payload[3..], out),
        0 if payload.starts_with(&[0, 0, 0, 1]) => assembler.nal(&payload[4..], out),
        // The forbidden bit says that the camera knows it to be damaged.
        _ if head & 0x80 != 0 => assembler.malformed(),
        1..=23 => assembler.nal(payload, out),
        24 => aggregate(&payload[1..], assembler, out),
        28 => fragment(payload, assembler, out),
        // Undefined; receivers have to pass over them (RFC 6184 5.2).
        0 | 30 | 31 => assembler.discarded.unsupported += 1,
        _ => assembler.unsupported(head & 0x1f),
    }
}

/// STAP-A: each unit behind its length.
fn aggregate(mut rest: &[u8], assembler: &mut Assembler, out: &mut impl FnMut(AccessUnit)) {
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((nal, after)) = after.split_at_checked(length) else {
            return assembler.malformed();
        };
        rest = after;
        match nal.first() {
            Some(head) if head & 0x80 == 0 && matches!(head & 0x1f, 1..=23) => {
                assembler.nal(nal, out);
            }
            _ => assembler.malformed(),
        }
    }
    // One byte of padding behind the last unit harms nobody.
    if rest.first().is_some_and(|byte| *byte != 0) {
        assembler.malformed();
    }
}

/// FU-A: the header is spread over the indicator and the FU header.
fn fragment(payload: &[u8], assembler: &mut Assembler, out: &mut impl FnMut(AccessUnit)) {
    let [indicator, fu, body @ ..] = payload else { return assembler.malformed() };
    let header = indicator & 0xe0 | fu & 0x1f;
    if !matches!(header & 0x1f, 1..=23) {
        return assembler.malformed();
    }
    let ends = Ends { start: fu & 0x80 != 0, end: fu & 0x40 != 0 };
    assembler.fragment(Header::H264([header]), body, ends, out);
}
