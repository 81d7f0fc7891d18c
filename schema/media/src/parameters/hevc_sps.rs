//! Reads an H.265 sequence parameter set (H.265 7.3.2.2) as far as the frame
//! rate in its VUI; what stands behind is not needed.
//!
//! Size and reorder depth must be readable; the rate stands far behind and is
//! left out where the way there does not add up.

use super::FrameRate;
use super::bits::{BitRead, BitReaderError};

type Result<T> = std::result::Result<T, BitReaderError>;

/// The beginning: profile, level and id.
pub(super) struct Head {
    pub(super) sub_layers_minus1: u8,
    pub(super) temporal_nesting: bool,
    pub(super) profile_space: u8,
    pub(super) high_tier: bool,
    pub(super) profile: u8,
    pub(super) compatibility: [u8; 4],
    pub(super) constraints: [u8; 6],
    pub(super) level: u8,
    pub(super) id: u32,
}

/// What a sequence parameter set declares.
pub(super) struct Sps {
    pub(super) head: Head,
    pub(super) chroma_format: u8,
    width: u32,
    height: u32,
    /// Left, right, top, bottom, in chroma units.
    crop: [u32; 4],
    pub(super) luma_depth_minus8: u8,
    pub(super) chroma_depth_minus8: u8,
    log2_poc_lsb: u32,
    pub(super) reorder: u32,
    pub(super) frame_rate: Option<FrameRate>,
}

impl Sps {
    /// Width and height after cropping.
    pub(super) fn shown_size(&self) -> Option<(u32, u32)> {
        let (x, y) = match self.chroma_format {
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        let shown = |size: u32, a: u32, b: u32, unit: u32| {
            size.checked_sub(a.checked_add(b)?.checked_mul(unit)?).filter(|rest| *rest > 0)
        };
        let [left, right, top, bottom] = self.crop;
        Some((shown(self.width, left, right, x)?, shown(self.height, top, bottom, y)?))
    }
}

/// An error of this room's own, where a count is beyond what the standard
/// allows.
pub(super) fn too_large(name: &'static str) -> BitReaderError {
    BitReaderError::ExpGolombTooLarge(name)
}

/// A number that the standard bounds.
pub(super) fn limited(bits: &mut impl BitRead, limit: u32, name: &'static str) -> Result<u32> {
    let value = bits.read_ue(name)?;
    if value > limit { Err(too_large(name)) } else { Ok(value) }
}

fn small(bits: &mut impl BitRead, limit: u8, name: &'static str) -> Result<u8> {
    let value = limited(bits, u32::from(limit), name)?;
    u8::try_from(value).map_err(|_| too_large(name))
}

pub(super) fn read_head(bits: &mut impl BitRead) -> Result<Head> {
    bits.skip(4, "sps_video_parameter_set_id")?;
    let sub_layers_minus1 = bits.read::<u8>(3, "sps_max_sub_layers_minus1")?;
    let temporal_nesting = bits.read_bool("sps_temporal_id_nesting_flag")?;
    let profile_space = bits.read::<u8>(2, "general_profile_space")?;
    let high_tier = bits.read_bool("general_tier_flag")?;
    let profile = bits.read::<u8>(5, "general_profile_idc")?;
    let compatibility = bytes(bits, "general_profile_compatibility_flags")?;
    let constraints = bytes(bits, "general_constraint_indicator_flags")?;
    let level = bits.read::<u8>(8, "general_level_idc")?;
    skip_sub_layers(bits, sub_layers_minus1)?;
    let id = limited(bits, 15, "sps_seq_parameter_set_id")?;
    Ok(Head {
        sub_layers_minus1,
        temporal_nesting,
        profile_space,
        high_tier,
        profile,
        compatibility,
        constraints,
        level,
        id,
    })
}

fn bytes<const N: usize>(bits: &mut impl BitRead, name: &'static str) -> Result<[u8; N]> {
    let mut out = [0; N];
    for byte in &mut out {
        *byte = bits.read::<u8>(8, name)?;
    }
    Ok(out)
}

fn skip_sub_layers(bits: &mut impl BitRead, sub_layers_minus1: u8) -> Result<()> {
    let mut present = Vec::with_capacity(8);
    for _ in 0..sub_layers_minus1 {
        present.push((
            bits.read_bool("sub_layer_profile_present_flag")?,
            bits.read_bool("sub_layer_level_present_flag")?,
        ));
    }
    if sub_layers_minus1 > 0 {
        bits.skip(2 * u32::from(8 - sub_layers_minus1), "reserved_zero_2bits")?;
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 }, "sub_layer_profile")?;
        bits.skip(if level { 8 } else { 0 }, "sub_layer_level_idc")?;
    }
    Ok(())
}

pub(super) fn read_sps(bits: &mut impl BitRead) -> Result<Sps> {
    let head = read_head(bits)?;
    let chroma_format = small(bits, 3, "chroma_format_idc")?;
    if chroma_format == 3 {
        bits.skip(1, "separate_colour_plane_flag")?;
    }
    let width = bits.read_ue("pic_width_in_luma_samples")?;
    let height = bits.read_ue("pic_height_in_luma_samples")?;
    let crop = read_window(bits, "conformance_window")?;
    let luma_depth_minus8 = small(bits, 8, "bit_depth_luma_minus8")?;
    let chroma_depth_minus8 = small(bits, 8, "bit_depth_chroma_minus8")?;
    let log2_poc_lsb = limited(bits, 12, "log2_max_pic_order_cnt_lsb_minus4")? + 4;
    let all_layers = bits.read_bool("sps_sub_layer_ordering_info_present_flag")?;
    let mut reorder = 0;
    for _ in if all_layers { 0 } else { head.sub_layers_minus1 }..=head.sub_layers_minus1 {
        bits.read_ue("sps_max_dec_pic_buffering_minus1")?;
        reorder = limited(bits, 16, "sps_max_num_reorder_pics")?;
        bits.read_ue("sps_max_latency_increase_plus1")?;
    }
    let mut sps = Sps {
        head,
        chroma_format,
        width,
        height,
        crop,
        luma_depth_minus8,
        chroma_depth_minus8,
        log2_poc_lsb,
        reorder,
        frame_rate: None,
    };
    sps.frame_rate = read_frame_rate(bits, &sps).ok().flatten();
    Ok(sps)
}

fn read_window(bits: &mut impl BitRead, name: &'static str) -> Result<[u32; 4]> {
    let mut window = [0; 4];
    if bits.read_bool(name)? {
        for side in &mut window {
            *side = bits.read_ue(name)?;
        }
    }
    Ok(window)
}

fn read_frame_rate(bits: &mut impl BitRead, sps: &Sps) -> Result<Option<FrameRate>> {
    for _ in 0..6 {
        bits.read_ue("block sizes")?;
    }
    if bits.read_bool("scaling_list_enabled_flag")?
        && bits.read_bool("sps_scaling_list_data_present_flag")?
    {
        skip_scaling_lists(bits)?;
    }
    bits.skip(2, "amp_enabled_flag, sample_adaptive_offset_enabled_flag")?;
    if bits.read_bool("pcm_enabled_flag")? {
        bits.skip(8, "pcm_sample_bit_depth")?;
        bits.read_ue("log2_min_pcm_luma_coding_block_size_minus3")?;
        bits.read_ue("log2_diff_max_min_pcm_luma_coding_block_size")?;
        bits.skip(1, "pcm_loop_filter_disabled_flag")?;
    }
    skip_reference_sets(bits, sps.log2_poc_lsb)?;
    bits.skip(2, "sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag")?;
    if bits.read_bool("vui_parameters_present_flag")? { read_vui(bits) } else { Ok(None) }
}

/// 7.3.4
pub(super) fn skip_scaling_lists(bits: &mut impl BitRead) -> Result<()> {
    for size in 0..4_u32 {
        for _ in (0..6).step_by(if size == 3 { 3 } else { 1 }) {
            if !bits.read_bool("scaling_list_pred_mode_flag")? {
                bits.read_ue("scaling_list_pred_matrix_id_delta")?;
                continue;
            }
            if size > 1 {
                bits.read_se("scaling_list_dc_coef_minus8")?;
            }
            for _ in 0..64.min(1 << (4 + (size << 1))) {
                bits.read_se("scaling_list_delta_coef")?;
            }
        }
    }
    Ok(())
}

fn skip_reference_sets(bits: &mut impl BitRead, log2_poc_lsb: u32) -> Result<()> {
    let sets = limited(bits, 64, "num_short_term_ref_pic_sets")?;
    let mut pictures = 0;
    for index in 0..sets {
        pictures = skip_short_term_set(bits, index, pictures)?;
    }
    if bits.read_bool("long_term_ref_pics_present_flag")? {
        for _ in 0..limited(bits, 32, "num_long_term_ref_pics_sps")? {
            bits.skip(log2_poc_lsb + 1, "lt_ref_pic_poc_lsb_sps")?;
        }
    }
    Ok(())
}

/// 7.3.7; gives how many pictures the set holds, which the next one may
/// refer to.
fn skip_short_term_set(bits: &mut impl BitRead, index: u32, previous: u32) -> Result<u32> {
    if index > 0 && bits.read_bool("inter_ref_pic_set_prediction_flag")? {
        bits.skip(1, "delta_rps_sign")?;
        bits.read_ue("abs_delta_rps_minus1")?;
        let mut pictures = 0;
        for _ in 0..=previous {
            let used = bits.read_bool("used_by_curr_pic_flag")?;
            if used || bits.read_bool("use_delta_flag")? {
                pictures += 1;
            }
        }
        return Ok(pictures);
    }
    let negative = limited(bits, 16, "num_negative_pics")?;
    let positive = limited(bits, 16, "num_positive_pics")?;
    for _ in 0..negative + positive {
        bits.read_ue("delta_poc_minus1")?;
        bits.skip(1, "used_by_curr_pic_flag")?;
    }
    Ok(negative + positive)
}

/// E.2.1, as far as the timing.
fn read_vui(bits: &mut impl BitRead) -> Result<Option<FrameRate>> {
    const EXTENDED_SAR: u8 = 255;
    if bits.read_bool("aspect_ratio_info_present_flag")?
        && bits.read::<u8>(8, "aspect_ratio_idc")? == EXTENDED_SAR
    {
        bits.skip(32, "sar_width, sar_height")?;
    }
    if bits.read_bool("overscan_info_present_flag")? {
        bits.skip(1, "overscan_appropriate_flag")?;
    }
    if bits.read_bool("video_signal_type_present_flag")? {
        bits.skip(4, "video_format, video_full_range_flag")?;
        if bits.read_bool("colour_description_present_flag")? {
            bits.skip(24, "colour description")?;
        }
    }
    if bits.read_bool("chroma_loc_info_present_flag")? {
        bits.read_ue("chroma_sample_loc_type_top_field")?;
        bits.read_ue("chroma_sample_loc_type_bottom_field")?;
    }
    bits.skip(3, "neutral_chroma, field_seq, frame_field_info")?;
    read_window(bits, "default_display_window")?;
    if !bits.read_bool("vui_timing_info_present_flag")? {
        return Ok(None);
    }
    let units = bits.read::<u32>(32, "vui_num_units_in_tick")?;
    let scale = bits.read::<u32>(32, "vui_time_scale")?;
    Ok((units > 0 && scale > 0)
        .then(|| FrameRate { frames: u64::from(scale), seconds: u64::from(units) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::bits::bits;
    use crate::parameters::bits::written::{bytes, ue};

    /// A set predicted from the one before has a flag for each of its pictures
    /// and one more; miscounted, everything behind it is read askew.
    #[test]
    fn predicted_reference_sets_end_where_they_end() {
        let first = ue(2) + &ue(1) + &(ue(0) + "1").repeat(3);
        // predicted, sign, distance; used, used, not used but kept, dropped
        let predicted = "1".to_owned() + "0" + &ue(0) + "1" + "1" + "01" + "00";
        let again = "1".to_owned() + "1" + &ue(3) + "1" + "1" + "1" + "1";
        let sets = ue(3) + &first + &predicted + &again;
        let text = sets + "1" + &ue(2) + &("0".repeat(8) + "1").repeat(2) + &ue(41);
        let data = bytes(&text);
        let mut bits = bits(&data);
        skip_reference_sets(&mut bits, 8).expect("well written");
        assert_eq!(bits.read_ue("what follows").expect("there"), 41);
    }
}
