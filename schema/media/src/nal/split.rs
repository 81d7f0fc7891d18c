//! The two framings of NAL units: length prefixes (MP4) and start codes
//! (Annex B).
//!
//! A unit never ends in a zero byte (H.264 7.4.1, H.265 7.4.2), so zeros
//! before a start code belong to nobody and are left out.

use memchr::memmem;

/// Why an access unit could not be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NalError {
    /// The last unit is longer than what is there.
    #[error("the NAL unit at byte {at} needs {needs} bytes, {left} are left")]
    CutShort {
        /// Where its length prefix stands.
        at: usize,
        /// Bytes that it claims, prefix included.
        needs: usize,
        /// Bytes that are there.
        left: usize,
    },
}

/// How many bytes a length prefix has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LengthSize {
    /// One byte.
    One,
    /// Two bytes.
    Two,
    /// Three bytes; not allowed by the standard, but seen.
    Three,
    /// Four bytes: what this system writes.
    #[default]
    Four,
}

impl LengthSize {
    /// From a number of bytes, 1 to 4.
    pub fn from_bytes(bytes: u8) -> Option<Self> {
        [Self::One, Self::Two, Self::Three, Self::Four].into_iter().find(|s| s.bytes() == bytes)
    }

    /// The number of bytes.
    pub fn bytes(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
            Self::Four => 4,
        }
    }
}

/// How the units of an access unit are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Start codes 00 00 01.
    AnnexB,
    /// A big-endian length before each unit.
    LengthPrefixed(LengthSize),
}

/// The units of an access unit in either framing.
pub fn split(data: &[u8], framing: Framing) -> Nals<'_> {
    match framing {
        Framing::AnnexB => annex_b(data),
        Framing::LengthPrefixed(size) => length_prefixed(data, size),
    }
}

/// The units of length-prefixed data. Ends after an error.
pub fn length_prefixed(data: &[u8], size: LengthSize) -> Nals<'_> {
    Nals { rest: data, at: 0, framing: Framing::LengthPrefixed(size) }
}

/// The units of Annex B data; what stands before the first start code is left
/// out. Never yields an error.
pub fn annex_b(data: &[u8]) -> Nals<'_> {
    let start = next_start_code(data).map_or(data.len(), |at| at + START_CODE.len());
    Nals { rest: &data[start..], at: start, framing: Framing::AnnexB }
}

/// Rewrites Annex B data with lengths of four bytes.
pub fn annex_b_to_length_prefixed(data: &[u8]) -> Vec<u8> {
    // A start code of three bytes grows by one.
    let mut out = Vec::with_capacity(data.len() + 16);
    for nal in annex_b(data).flatten() {
        let length = u32::try_from(nal.len()).expect("an access unit is smaller than 4 GiB");
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(nal);
    }
    out
}

/// Iterator over the NAL units of one access unit; empty units are left out.
#[derive(Debug, Clone)]
pub struct Nals<'a> {
    rest: &'a [u8],
    at: usize,
    framing: Framing,
}

impl<'a> Iterator for Nals<'a> {
    type Item = Result<&'a [u8], NalError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let nal = match self.framing {
                Framing::AnnexB => Ok(self.next_annex_b()),
                Framing::LengthPrefixed(size) => self.next_length_prefixed(size.bytes().into()),
            };
            match nal {
                Ok([]) => {}
                Ok(nal) => return Some(Ok(nal)),
                Err(error) => {
                    self.rest = &[];
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

impl<'a> Nals<'a> {
    fn next_annex_b(&mut self) -> &'a [u8] {
        let (nal, after) = match next_start_code(self.rest) {
            Some(end) => (&self.rest[..end], &self.rest[end + START_CODE.len()..]),
            None => (self.rest, &[][..]),
        };
        self.rest = after;
        without_trailing_zeros(nal)
    }

    fn next_length_prefixed(&mut self, prefix: usize) -> Result<&'a [u8], NalError> {
        let (at, left) = (self.at, self.rest.len());
        let head = self.rest.get(..prefix).ok_or(NalError::CutShort { at, needs: prefix, left })?;
        let length = head.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        let needs = prefix.saturating_add(length);
        let nal = self.rest.get(prefix..needs).ok_or(NalError::CutShort { at, needs, left })?;
        self.rest = &self.rest[needs..];
        self.at += needs;
        Ok(nal)
    }
}

const START_CODE: &[u8] = &[0, 0, 1];

fn next_start_code(data: &[u8]) -> Option<usize> {
    memmem::find(data, START_CODE)
}

pub(crate) fn without_trailing_zeros(nal: &[u8]) -> &[u8] {
    let end = nal.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &nal[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cut_unit_is_an_error_with_its_place() {
        let data = [0, 0, 0, 1, 0x65, 0, 0, 0, 9, 1, 2];
        let got: Vec<_> = length_prefixed(&data, LengthSize::Four).collect();
        assert_eq!(got, [Ok(&[0x65][..]), Err(NalError::CutShort { at: 5, needs: 13, left: 6 })]);
    }

    #[test]
    fn zeros_around_start_codes_belong_to_nobody() {
        let data = [9, 0, 0, 1, 0x67, 5, 0, 0, 0, 0, 1, 0, 0, 1, 0x68, 0, 0];
        let got: Vec<_> = annex_b(&data).flatten().collect();
        assert_eq!(got, [&[0x67, 5][..], &[0x68][..]]);
    }

    /// Units as an encoder makes them: no start code inside, no zero at the end.
    fn units() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let unit = prop::collection::vec(prop_oneof![3 => Just(0_u8), 5 => any::<u8>()], 1..40)
            .prop_map(|raw| {
                let mut unit = vec![0x65];
                for byte in raw {
                    if byte <= 3 && unit.ends_with(&[0, 0]) {
                        unit.push(3);
                    }
                    unit.push(byte);
                }
                unit.push(0x80);
                unit
            });
        prop::collection::vec(unit, 0..6)
    }

    proptest! {
        #[test]
        fn both_framings_hold_the_same_units(units in units(), long in any::<bool>()) {
            let mut annex = Vec::new();
            for unit in &units {
                annex.extend_from_slice(if long { &[0, 0, 0, 1] } else { &[0, 0, 1] });
                annex.extend_from_slice(unit);
            }
            let prefixed = annex_b_to_length_prefixed(&annex);
            let back: Vec<_> =
                length_prefixed(&prefixed, LengthSize::Four).map(|n| n.expect("whole")).collect();
            prop_assert_eq!(&back, &units);
            let direct: Vec<_> = annex_b(&annex).flatten().collect();
            prop_assert_eq!(direct, units);
        }

        #[test]
        fn every_prefix_length_is_read(units in units(), bytes in 1_u8..=4) {
            let mut data = Vec::new();
            for unit in &units {
                let length = u32::try_from(unit.len()).expect("small").to_be_bytes();
                data.extend_from_slice(&length[4 - usize::from(bytes)..]);
                data.extend_from_slice(unit);
            }
            let size = LengthSize::from_bytes(bytes).expect("1 to 4");
            let back: Vec<_> =
                length_prefixed(&data, size).map(|n| n.expect("whole")).collect();
            prop_assert_eq!(back, units);
        }

        #[test]
        fn no_bytes_make_it_panic(data in prop::collection::vec(0_u8..6, 0..200), bytes in 1_u8..=4) {
            let size = LengthSize::from_bytes(bytes).expect("1 to 4");
            prop_assert!(length_prefixed(&data, size).count() <= data.len());
            prop_assert!(annex_b(&data).count() <= data.len());
        }
    }
}
