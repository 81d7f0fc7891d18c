//! The Opus box of a sample entry, as the standard has it.
//!
//! GStreamer 1.22 writes its numbers with the lowest byte first. Whoever reads
//! them as the box is defined skips 0.3 s of sound at the beginning, and
//! mkvmerge takes the rate for 2 GHz.

const KIND: &[u8; 4] = b"dOps";
/// Pre-skip, rate and gain within the box's body (RFC 7845 as of the mapping to
/// ISO files, 4.3.2).
const SKIP: std::ops::Range<usize> = 2..4;
const RATE: std::ops::Range<usize> = 4..8;
const GAIN: std::ops::Range<usize> = 8..10;
/// No sound has more samples a second.
const FASTEST: u32 = 768_000;

/// Turns the numbers of a sample entry the right way round; leaves any other
/// entry as it is, and one that is right.
pub fn straighten(entry: &mut [u8]) {
    let Some(body) = body_of(entry) else { return };
    let rate = entry[body + RATE.start..body + RATE.end].first_chunk::<4>();
    let (as_defined, as_found) =
        (rate.map_or(0, |r| u32::from_be_bytes(*r)), rate.map_or(0, |r| u32::from_le_bytes(*r)));
    if as_defined <= FASTEST || as_found > FASTEST {
        return;
    }
    for field in [SKIP, RATE, GAIN] {
        entry[body + field.start..body + field.end].reverse();
    }
}

/// Where the box's body begins, if there is one and it is whole.
fn body_of(entry: &[u8]) -> Option<usize> {
    if entry.get(4..8)? != b"Opus" {
        return None;
    }
    let at = entry.windows(KIND.len()).position(|four| four == KIND)? + KIND.len();
    (at + GAIN.end <= entry.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As GStreamer 1.22 writes it: pre-skip 312, 48,000 Hz.
    const TURNED: [u8; 11] = [0, 2, 0x38, 0x01, 0x80, 0xBB, 0, 0, 0, 0, 0];

    fn entry(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(36 + 8 + body.len()).expect("small").to_be_bytes();
        [&size[..], kind, &[0; 28], &[0, 0, 0, 19], KIND, body].concat()
    }

    #[test]
    fn numbers_are_turned_once_and_others_stay() {
        let straightened = |mut entry: Vec<u8>| {
            straighten(&mut entry);
            entry
        };
        let right = entry(b"Opus", &[0, 2, 0x01, 0x38, 0, 0, 0xBB, 0x80, 0, 0, 0]);
        assert_eq!(straightened(entry(b"Opus", &TURNED)), right);
        assert_eq!(straightened(right.clone()), right);
        for other in [entry(b"mp4a", &TURNED), entry(b"Opus", &TURNED[..6]), Vec::new()] {
            assert_eq!(straightened(other.clone()), other);
        }
    }
}
