//! A hash of the coded picture data of one sample.
//!
//! Covers coded slices alone: no length prefixes, start codes, parameter sets,
//! SEI or delimiters. So it is equal on two recorders when the camera sent
//! both the same picture, whatever way it took. One equal fingerprint proves
//! nothing (a frozen picture repeats itself), a run of them does.

use crate::nal::{Framing, NalClass, NalError, classify, split};
use hitless_model::VideoCodec;
use std::fmt;
use xxhash_rust::xxh3::Xxh3;

/// Hash (64 bit xxh3) of the slices of one sample.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// From a stored number.
    pub fn new(hash: u64) -> Self {
        Self(hash)
    }

    /// The bare number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// Of the units of one sample; `None` if no slice is among them.
    pub fn of<'a>(codec: VideoCodec, nals: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut hasher = Xxh3::new();
        let mut slices = 0_u32;
        for nal in nals {
            if classify(codec, nal) == NalClass::Slice {
                // Zeros at the end are framing, and only Annex B drops them.
                hasher.update(crate::nal::without_trailing_zeros(nal));
                slices += 1;
            }
        }
        (slices > 0).then(|| Self(hasher.digest()))
    }

    /// Of a whole sample as stored or as received.
    pub fn of_sample(
        codec: VideoCodec,
        sample: &[u8],
        framing: Framing,
    ) -> Result<Option<Self>, NalError> {
        let nals = split(sample, framing).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::of(codec, nals))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nal::{LengthSize, annex_b_to_length_prefixed};

    const SLICE: &[u8] = &[0x65, 0x88, 0x84, 0x21, 0xa0];
    const LENGTHS: Framing = Framing::LengthPrefixed(LengthSize::Four);

    fn annex(nals: &[&[u8]]) -> Vec<u8> {
        nals.iter().flat_map(|nal| [&[0, 0, 0, 1], *nal].concat()).collect()
    }

    fn of(data: &[u8], framing: Framing) -> Option<Fingerprint> {
        Fingerprint::of_sample(VideoCodec::H264, data, framing).expect("whole")
    }

    #[test]
    fn it_is_the_same_in_both_framings_and_with_or_without_parameter_sets() {
        let bare = annex(&[SLICE]);
        let dressed = annex(&[&[9, 0xf0], &[0x67, 1, 2], &[0x68, 3], &[6, 5, 1, 7, 0x80], SLICE]);
        let expected = of(&bare, Framing::AnnexB);
        assert!(expected.is_some());
        assert_eq!(of(&dressed, Framing::AnnexB), expected);
        assert_eq!(of(&annex_b_to_length_prefixed(&dressed), LENGTHS), expected);
    }

    /// Zeros behind a unit are framing to Annex B and content to a prefix.
    #[test]
    fn zeros_behind_a_unit_do_not_count() {
        let padded = [SLICE, &[0, 0]].concat();
        let prefixed = [&7_u32.to_be_bytes()[..], &padded].concat();
        assert_eq!(of(&prefixed, LENGTHS), of(&annex(&[&padded]), Framing::AnnexB));
        assert_eq!(of(&prefixed, LENGTHS), of(&annex(&[SLICE]), Framing::AnnexB));
    }

    #[test]
    fn another_picture_has_another_one_and_no_picture_has_none() {
        let other = [&SLICE[..4], &[0xa1]].concat();
        assert_ne!(of(&annex(&[&other]), Framing::AnnexB), of(&annex(&[SLICE]), Framing::AnnexB));
        assert_eq!(of(&annex(&[&[0x67, 1, 2]]), Framing::AnnexB), None);
    }

    /// The hash is stored: it must not change with a new version of a crate.
    #[test]
    fn the_hash_is_plain_xxh3() {
        assert_eq!(
            of(&annex(&[SLICE]), Framing::AnnexB).map(Fingerprint::get),
            Some(xxhash_rust::xxh3::xxh3_64(SLICE))
        );
    }
}
