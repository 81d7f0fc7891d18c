//! What a NAL unit says about the borders of access units, by its first bytes.
//!
//! Follows H.264 7.4.1.2.3 and H.265 7.4.2.4.4 as far as they can be followed
//! without reading parameter sets: the first slice of a picture says so itself
//! (`first_mb_in_slice` of 0, `first_slice_segment_in_pic_flag`).

use hitless_media::nal::{NalClass, classify};
use hitless_model::VideoCodec;

/// What a unit does to the access unit that it comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The first slice of a picture.
    FirstSlice,
    /// A slice that follows others of its picture, or a part of one.
    LaterSlice,
    /// Begins an access unit once there are slices.
    Opening,
    /// Stands before the slices of its picture by the standard, but some
    /// cameras send it last.
    Sei,
    /// Says nothing.
    Other,
}

impl Role {
    /// By header and first byte of the body; `None` if a slice has no body.
    pub(super) fn of(codec: VideoCodec, nal: &[u8]) -> Option<Self> {
        Some(match classify(codec, nal) {
            NalClass::Slice if begins_picture(codec, nal)? => Self::FirstSlice,
            NalClass::Slice => Self::LaterSlice,
            NalClass::ParameterSet(_) | NalClass::AccessUnitDelimiter => Self::Opening,
            // A suffix SEI belongs to the picture before it.
            NalClass::Sei if codec == VideoCodec::H265 && kind_h265(nal) == 40 => Self::Other,
            NalClass::Sei => Self::Sei,
            NalClass::Other => Self::Other,
        })
    }

    pub(super) fn is_slice(self) -> bool {
        matches!(self, Self::FirstSlice | Self::LaterSlice)
    }
}

fn begins_picture(codec: VideoCodec, nal: &[u8]) -> Option<bool> {
    match codec {
        // ue(v) of 0 is a single set bit. Data partitions B and C, auxiliary
        // slices and other views (3, 4, 19 to 21) never begin a picture.
        VideoCodec::H264 => {
            let first = nal.get(1)? & 0x80 != 0;
            Some(first && matches!(nal[0] & 0x1f, 1 | 2 | 5))
        }
        // Slices of further layers (nuh_layer_id) come in the same unit.
        VideoCodec::H265 => {
            let first = nal.get(2)? & 0x80 != 0;
            Some(first && nal[0] & 1 == 0 && nal[1] >> 3 == 0)
        }
    }
}

fn kind_h265(nal: &[u8]) -> u8 {
    nal.first().map_or(0, |head| head >> 1 & 0x3f)
}

/// Whether this slice is of a picture at which decoding may begin by its type
/// alone; decides how much room to set aside.
pub(super) fn is_random_access(codec: VideoCodec, nal: &[u8]) -> bool {
    match codec {
        VideoCodec::H264 => nal.first().is_some_and(|head| head & 0x1f == 5),
        VideoCodec::H265 => (16..=21).contains(&kind_h265(nal)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_tell_whether_they_are_first() {
        let h264 = |nal: &[u8]| Role::of(VideoCodec::H264, nal);
        assert_eq!(h264(&[0x65, 0x88]), Some(Role::FirstSlice));
        assert_eq!(h264(&[0x41, 0x48]), Some(Role::LaterSlice));
        assert_eq!(h264(&[0x43, 0x88]), Some(Role::LaterSlice));
        assert_eq!(h264(&[0x65]), None);
        let h265 = |nal: &[u8]| Role::of(VideoCodec::H265, nal);
        assert_eq!(h265(&[0x26, 0x01, 0xaf]), Some(Role::FirstSlice));
        assert_eq!(h265(&[0x02, 0x01, 0x50]), Some(Role::LaterSlice));
        // Of other layers; the first bit of their number is in the first byte.
        assert_eq!(h265(&[0x26, 0x09, 0xaf]), Some(Role::LaterSlice));
        assert_eq!(h265(&[0x27, 0x01, 0xaf]), Some(Role::LaterSlice));
        assert_eq!(h265(&[0x26, 0x01]), None);
    }

    #[test]
    fn random_access_is_told_by_the_type() {
        let h264 = [0x65, 0x41].map(|head| is_random_access(VideoCodec::H264, &[head, 0x88]));
        assert_eq!(h264, [true, false]);
        // RASL_R, BLA_W_LP, CRA, and the reserved type after it.
        let h265 = [9, 16, 21, 22].map(|kind| is_random_access(VideoCodec::H265, &[kind << 1, 1]));
        assert_eq!(h265, [false, true, true, false]);
    }

    #[test]
    fn a_suffix_sei_closes_and_a_prefix_sei_opens() {
        assert_eq!(Role::of(VideoCodec::H265, &[78, 1, 5]), Some(Role::Sei));
        assert_eq!(Role::of(VideoCodec::H265, &[80, 1, 5]), Some(Role::Other));
        assert_eq!(Role::of(VideoCodec::H264, &[6, 5]), Some(Role::Sei));
    }
}
