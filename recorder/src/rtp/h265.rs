//! RFC 7798: H.265 in RTP packets.
//!
//! Single NAL units, aggregation packets and fragmentation units without
//! decoding order numbers (`sprop-max-don-diff` of 0), which is all that
//! cameras use. PACI packets are refused and counted.

use super::assembler::{Assembler, Ends, Header};
use super::packet::AccessUnit;

/// Takes one payload apart.
pub(super) fn unpack(payload: &[u8], assembler: &mut Assembler, out: &mut impl FnMut(AccessUnit)) {
    let [first, second, rest @ ..] = payload else {
        if !payload.is_empty() {
            assembler.malformed();
        }
        return;
    };
    match first >> 1 & 0x3f {
        // A start code where the header should be.
        0 if payload.starts_with(&[0, 0, 1]) => assembler.nal(&payload[3..], out),
        0 if payload.starts_with(&[0, 0, 0, 1]) => assembler.nal(&payload[4..], out),
        // The forbidden bit says that the camera knows it to be damaged.
        _ if first & 0x80 != 0 => assembler.malformed(),
        0..=47 => assembler.nal(payload, out),
        48 => aggregate(rest, assembler, out),
        49 => fragment([*first, *second], rest, assembler, out),
        kind => assembler.unsupported(kind),
    }
}

/// AP: each unit behind its length.
fn aggregate(mut rest: &[u8], assembler: &mut Assembler, out: &mut impl FnMut(AccessUnit)) {
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((nal, after)) = after.split_at_checked(length) else {
            return assembler.malformed();
        };
        rest = after;
        match nal {
            [head, _, ..] if head & 0x80 == 0 && head >> 1 < 48 => assembler.nal(nal, out),
            _ => assembler.malformed(),
        }
    }
    if rest.first().is_some_and(|byte| *byte != 0) {
        assembler.malformed();
    }
}

/// FU: the type stands in the FU header, the rest in the payload header.
fn fragment(
    [first, second]: [u8; 2],
    rest: &[u8],
    assembler: &mut Assembler,
    out: &mut impl FnMut(AccessUnit),
) {
    let [fu, body @ ..] = rest else { return assembler.malformed() };
    let kind = fu & 0x3f;
    if kind >= 48 {
        return assembler.malformed();
    }
    let header = [first & 0x81 | kind << 1, second];
    let ends = Ends { start: fu & 0x80 != 0, end: fu & 0x40 != 0 };
    assembler.fragment(Header::H265(header), body, ends, out);
}
