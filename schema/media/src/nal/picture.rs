//! What picture an access unit holds, as far as slice headers tell.

use super::class::{NalClass, classify, h264_type, h265_type};
use super::sei::has_recovery_point_of_zero;
use super::slice;
use hitless_model::VideoCodec;

/// Why decoding may begin here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Nothing after it refers to anything before it.
    Idr,
    /// Clean random access (H.265): leading pictures may refer back.
    Cra,
    /// Broken link access (H.265): like CRA, after a cut.
    Bla,
    /// An I picture with a recovery point of 0: what open GOPs of H.264 use.
    RecoveryPoint,
}

/// A picture decoded after a key frame but shown before it (H.265; H.264 does
/// not mark them, there only their times tell).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leading {
    /// Refers to what stood before the key frame.
    Rasl,
    /// Decodable from the key frame on.
    Radl,
}

/// What one access unit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Picture {
    /// Slice units; 0 where loss left none.
    pub slices: u32,
    /// Why decoding may begin here, if it may.
    pub key: Option<KeyKind>,
    /// Whether it is shown before the key frame that it follows.
    pub leading: Option<Leading>,
    /// No other picture refers to it. In H.265 with temporal layers: none of
    /// its own layer does.
    pub disposable: bool,
    /// The access unit carries parameter sets.
    pub parameter_sets: bool,
}

impl Picture {
    /// Looks through the units of one access unit.
    pub fn of<'a>(codec: VideoCodec, nals: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut seen = Seen::new();
        for nal in nals {
            match classify(codec, nal) {
                NalClass::Slice => match codec {
                    VideoCodec::H264 => seen.h264_slice(nal),
                    VideoCodec::H265 => seen.h265_slice(nal),
                },
                NalClass::Sei => seen.recovery |= has_recovery_point_of_zero(codec, nal),
                NalClass::ParameterSet(_) => seen.picture.parameter_sets = true,
                NalClass::AccessUnitDelimiter | NalClass::Other => {}
            }
        }
        seen.finish()
    }

    /// Whether a segment or a span may begin here.
    pub fn is_key(&self) -> bool {
        self.key.is_some()
    }
}

struct Seen {
    picture: Picture,
    recovery: bool,
    all_intra: bool,
    all_disposable: bool,
}

impl Seen {
    fn new() -> Self {
        Self { picture: Picture::default(), recovery: false, all_intra: true, all_disposable: true }
    }

    fn h264_slice(&mut self, nal: &[u8]) {
        self.picture.slices += 1;
        let kind = h264_type(nal).unwrap_or_default();
        // nal_ref_idc
        self.all_disposable &= nal.first().is_some_and(|head| head & 0x60 == 0);
        match kind {
            5 => self.picture.key = Some(KeyKind::Idr),
            1 | 2 => self.all_intra &= slice::h264_is_intra(nal),
            // Partitions B and C, auxiliary and further views belong to a
            // picture whose first slice told.
            _ => {}
        }
    }

    fn h265_slice(&mut self, nal: &[u8]) {
        self.picture.slices += 1;
        let kind = h265_type(nal).unwrap_or_default();
        // Even types below 16 are sub-layer non-reference pictures.
        self.all_disposable &= kind < 16 && kind.is_multiple_of(2);
        match kind {
            6 | 7 => self.picture.leading = Some(Leading::Radl),
            8 | 9 => self.picture.leading = Some(Leading::Rasl),
            16..=18 => self.picture.key = Some(KeyKind::Bla),
            19 | 20 => self.picture.key = Some(KeyKind::Idr),
            21 => self.picture.key = Some(KeyKind::Cra),
            _ => self.all_intra &= slice::h265_is_intra(nal),
        }
    }

    fn finish(mut self) -> Picture {
        let any = self.picture.slices > 0;
        self.picture.disposable = any && self.all_disposable;
        let plain = self.picture.key.is_none() && self.picture.leading.is_none();
        if any && plain && self.recovery && self.all_intra {
            self.picture.key = Some(KeyKind::RecoveryPoint);
        }
        self.picture
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const H264: VideoCodec = VideoCodec::H264;
    const H265: VideoCodec = VideoCodec::H265;

    #[test]
    fn an_i_picture_is_a_key_frame_only_with_a_recovery_point_of_zero() {
        // first_mb ue(0) = 1, slice_type ue(7) = 0001000
        let slice: &[u8] = &[0x41, 0b1000_1000, 0x80];
        let p_slice: &[u8] = &[0x41, 0b1100_0000, 0x80];
        // payload type 6, length 1: recovery_frame_cnt ue(0)
        let at_once: &[u8] = &[0x06, 6, 1, 0b1100_0100, 0x80];
        let later: &[u8] = &[0x06, 6, 1, 0b0100_0100, 0x80];
        let other_first: &[u8] = &[0x06, 1, 2, 0xab, 0xcd, 6, 1, 0b1100_0100, 0x80];
        let key = |nals: &[&'static [u8]]| Picture::of(H264, nals.iter().copied()).key;
        assert_eq!(key(&[slice]), None);
        assert_eq!(key(&[at_once, slice]), Some(KeyKind::RecoveryPoint));
        assert_eq!(key(&[other_first, slice]), Some(KeyKind::RecoveryPoint));
        assert_eq!(key(&[later, slice]), None);
        assert_eq!(key(&[at_once, p_slice]), None);
        assert_eq!(key(&[at_once, slice, p_slice]), None);
        assert_eq!(key(&[at_once]), None);
    }

    #[test]
    fn h265_types_tell_key_leading_and_disposable() {
        let of = |kind: u8| Picture::of(H265, [&[kind << 1, 1, 0xaf, 0x80][..]]);
        assert_eq!(of(19).key, Some(KeyKind::Idr));
        assert_eq!(of(20).key, Some(KeyKind::Idr));
        assert_eq!(of(21).key, Some(KeyKind::Cra));
        assert_eq!(of(16).key, Some(KeyKind::Bla));
        assert_eq!(of(8).leading, Some(Leading::Rasl));
        assert_eq!(of(7).leading, Some(Leading::Radl));
        assert!(of(0).disposable && !of(1).disposable && !of(19).disposable);
        assert_eq!(of(1).key, None);
    }

    #[test]
    fn a_unit_that_lost_its_slices_is_no_picture() {
        let lost = Picture::of(H264, [&[0x67, 1, 2, 3][..], &[0x09, 0x10][..]]);
        assert_eq!(lost, Picture { parameter_sets: true, ..Picture::default() });
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            nals in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5),
        ) {
            for codec in [H264, H265] {
                let _ = Picture::of(codec, nals.iter().map(Vec::as_slice));
            }
        }
    }
}
