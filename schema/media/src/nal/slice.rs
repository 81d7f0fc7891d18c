//! What the first bytes of a slice header tell.
//!
//! Read without any parameter set, so only as far as both standards let one
//! read without them; what stands behind is never needed. Where the answer
//! cannot be told it is "no" or `None`: a cut less, never a wrong one.

use super::class::{h264_type, h265_type};
use crate::parameters::bits::{BitRead, nal_bits};
use hitless_model::VideoCodec;

/// The id of the picture parameter set that a unit refers to, if the unit is a
/// slice of the base layer.
pub fn referred_pps(codec: VideoCodec, nal: &[u8]) -> Option<u32> {
    let mut bits = nal_bits(codec, nal);
    let id = match codec {
        VideoCodec::H264 => {
            // Partitions B and C, auxiliary slices and further views belong to
            // a picture whose other slices tell.
            matches!(h264_type(nal)?, 1 | 2 | 5).then_some(())?;
            let _first_mb = bits.read_ue("first_mb_in_slice").ok()?;
            let _kind = bits.read_ue("slice_type").ok()?;
            bits.read_ue("pic_parameter_set_id")
        }
        VideoCodec::H265 => {
            let kind = h265_type(nal).filter(|kind| *kind < 32)?;
            let _first = bits.read_bool("first_slice_segment_in_pic_flag").ok()?;
            if (16..=23).contains(&kind) {
                let _prior = bits.read_bool("no_output_of_prior_pics_flag").ok()?;
            }
            bits.read_ue("slice_pic_parameter_set_id")
        }
    };
    id.ok()
}

/// `slice_type` is I or SI (H.264 7.4.3).
pub(super) fn h264_is_intra(nal: &[u8]) -> bool {
    let mut bits = nal_bits(VideoCodec::H264, nal);
    let _first_mb = bits.read_ue("first_mb_in_slice");
    matches!(bits.read_ue("slice_type"), Ok(2 | 4 | 7 | 9))
}

/// `slice_type` is I, for a picture of one slice segment and a PPS without
/// extra slice header bits; later segments cannot be told without the SPS.
pub(super) fn h265_is_intra(nal: &[u8]) -> bool {
    let mut bits = nal_bits(VideoCodec::H265, nal);
    if !matches!(bits.read_bool("first_slice_segment_in_pic_flag"), Ok(true)) {
        return false;
    }
    let _pps = bits.read_ue("slice_pic_parameter_set_id");
    matches!(bits.read_ue("slice_type"), Ok(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::bits::written::{bytes, ue};
    use proptest::prelude::*;

    #[test]
    fn the_picture_parameter_set_of_a_slice_is_found() {
        let h264 = |head: u8, pps| [&[head][..], &bytes(&(ue(0) + &ue(7) + &ue(pps)))].concat();
        for pps in [0, 1, 255] {
            assert_eq!(referred_pps(VideoCodec::H264, &h264(0x65, pps)), Some(pps));
            assert_eq!(referred_pps(VideoCodec::H264, &h264(0x41, pps)), Some(pps));
        }
        assert_eq!(referred_pps(VideoCodec::H264, &h264(0x67, 1)), None);
        assert_eq!(referred_pps(VideoCodec::H264, &[0x65]), None);
        let h265 = |kind: u8, flags: &str, pps| {
            [&[kind << 1, 1][..], &bytes(&(flags.to_owned() + &ue(pps)))].concat()
        };
        assert_eq!(referred_pps(VideoCodec::H265, &h265(1, "1", 3)), Some(3));
        assert_eq!(referred_pps(VideoCodec::H265, &h265(19, "10", 3)), Some(3));
        assert_eq!(referred_pps(VideoCodec::H265, &h265(33, "1", 3)), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(nal in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = referred_pps(VideoCodec::H264, &nal);
            let _ = referred_pps(VideoCodec::H265, &nal);
        }
    }
}
