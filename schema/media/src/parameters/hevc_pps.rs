//! Reads an H.265 picture parameter set (H.265 7.3.2.3) to its end, to tell one
//! from rubbish that begins like one.
//!
//! Nothing in it is needed but the two ids. What stands in extensions is not
//! read: but those of further layers and of what is not defined yet are no
//! camera's.

use super::bits::{BitRead, BitReaderError};
use super::hevc_sps::{limited, skip_scaling_lists, too_large};

type Result<T> = std::result::Result<T, BitReaderError>;

/// The id of the SPS that a PPS needs, if it can be read to its end.
pub(super) fn read_pps(bits: &mut impl BitRead) -> Result<u32> {
    limited(bits, 63, "pps_pic_parameter_set_id")?;
    let sps = limited(bits, 15, "pps_seq_parameter_set_id")?;
    // Dependent slices, output flag, extra header bits, sign hiding, CABAC.
    bits.skip(7, "flags of slice headers")?;
    limited(bits, 14, "num_ref_idx_l0_default_active_minus1")?;
    limited(bits, 14, "num_ref_idx_l1_default_active_minus1")?;
    within(bits, -74..=25, "init_qp_minus26")?;
    bits.skip(2, "constrained_intra_pred_flag, transform_skip_enabled_flag")?;
    if bits.read_bool("cu_qp_delta_enabled_flag")? {
        limited(bits, 3, "diff_cu_qp_delta_depth")?;
    }
    within(bits, -12..=12, "pps_cb_qp_offset")?;
    within(bits, -12..=12, "pps_cr_qp_offset")?;
    bits.skip(4, "chroma offsets, weighted prediction, transquant bypass")?;
    let tiles = bits.read_bool("tiles_enabled_flag")?;
    bits.skip(1, "entropy_coding_sync_enabled_flag")?;
    if tiles {
        skip_tiles(bits)?;
    }
    bits.skip(1, "pps_loop_filter_across_slices_enabled_flag")?;
    if bits.read_bool("deblocking_filter_control_present_flag")? {
        skip_deblocking(bits)?;
    }
    if bits.read_bool("pps_scaling_list_data_present_flag")? {
        skip_scaling_lists(bits)?;
    }
    bits.skip(1, "lists_modification_present_flag")?;
    limited(bits, 4, "log2_parallel_merge_level_minus2")?;
    bits.skip(1, "slice_segment_header_extension_present_flag")?;
    ends_well(bits)?;
    Ok(sps)
}

fn within(
    bits: &mut impl BitRead,
    range: std::ops::RangeInclusive<i32>,
    name: &'static str,
) -> Result<()> {
    let value = bits.read_se(name)?;
    if range.contains(&value) { Ok(()) } else { Err(too_large(name)) }
}

fn skip_tiles(bits: &mut impl BitRead) -> Result<()> {
    let columns = limited(bits, 19, "num_tile_columns_minus1")?;
    let rows = limited(bits, 21, "num_tile_rows_minus1")?;
    if !bits.read_bool("uniform_spacing_flag")? {
        for _ in 0..columns + rows {
            bits.read_ue("column_width_minus1, row_height_minus1")?;
        }
    }
    bits.skip(1, "loop_filter_across_tiles_enabled_flag")
}

fn skip_deblocking(bits: &mut impl BitRead) -> Result<()> {
    bits.skip(1, "deblocking_filter_override_enabled_flag")?;
    if !bits.read_bool("pps_deblocking_filter_disabled_flag")? {
        within(bits, -6..=6, "pps_beta_offset_div2")?;
        within(bits, -6..=6, "pps_tc_offset_div2")?;
    }
    Ok(())
}

fn ends_well(bits: &mut impl BitRead) -> Result<()> {
    const END: &str = "pps_extension_data";
    if !bits.read_bool("pps_extension_present_flag")? {
        return if bits.has_more_rbsp_data(END)? { Err(too_large(END)) } else { Ok(()) };
    }
    let (_range, layers) = (bits.read_bool(END)?, bits.read::<u8>(2, END)?);
    let (_screen, undefined) = (bits.read_bool(END)?, bits.read::<u8>(4, END)?);
    if layers == 0 && undefined == 0 { Ok(()) } else { Err(too_large(END)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::bits::nal_bits;
    use hitless_model::VideoCodec;

    fn sps_of(nal: &[u8]) -> Result<u32> {
        read_pps(&mut nal_bits(VideoCodec::H265, nal))
    }

    /// As x265 and a HiSilicon encoder write them.
    #[test]
    fn real_ones_are_read_to_their_end() {
        let x265: &[u8] = &[0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62, 0x40];
        let camera: &[u8] = &[0x44, 0x01, 0xc1, 0x73, 0xd1, 0x89];
        for nal in [x265, camera] {
            assert_eq!(sps_of(nal).ok(), Some(0), "{nal:x?}");
            assert!(sps_of(&nal[..nal.len() - 1]).is_err(), "cut off: {nal:x?}");
            assert!(sps_of(&[nal, &[0x5a]].concat()).is_err(), "goes on: {nal:x?}");
        }
    }

    #[test]
    fn rubbish_hardly_ever_passes() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut byte = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // No zeros: nothing that would have to be escaped.
            4 + (state >> 33) as u8 % 252
        };
        let mut rubbish = || -> Vec<u8> { (0..400).map(|_| byte()).collect() };
        let passed = (0..10_000).filter(|_| sps_of(&rubbish()).is_ok()).count();
        assert!(passed < 50, "{passed} of 10,000");
    }
}
