//! H.264: sequence parameter set and `avcC` (ISO/IEC 14496-15, 5.3.3).

use super::bits::{BitRead, BitReaderError, Tolerant, Vui, nal_bits};
use super::{FrameRate, ParameterError, ParameterSets, PictureFormat};
use crate::nal::{LengthSize, ParameterSetKind};
use h264_reader::Context;
use h264_reader::nal::pps::PicParameterSet;
use h264_reader::nal::sps::{ChromaFormat, PicOrderCntType, SeqParameterSet};
use hitless_model::VideoCodec;
use mp4_atom::{Atom, Avcc, AvccExt};

/// The id of a set.
pub(super) fn id(kind: ParameterSetKind, nal: &[u8]) -> Result<u32, BitReaderError> {
    let mut bits = nal_bits(VideoCodec::H264, nal);
    if kind == ParameterSetKind::Sps {
        bits.skip(24, "profile and level")?;
    }
    bits.read_ue("id")
}

/// The id of the SPS that a PPS needs.
pub(super) fn sps_of(pps: &[u8]) -> Result<u32, BitReaderError> {
    let mut bits = nal_bits(VideoCodec::H264, pps);
    bits.read_ue("pic_parameter_set_id")?;
    bits.read_ue("seq_parameter_set_id")
}

fn read_sps(nal: &[u8]) -> Result<SeqParameterSet, ParameterError> {
    let read =
        |vui| SeqParameterSet::from_bits(Tolerant { inner: nal_bits(VideoCodec::H264, nal), vui });
    // A camera's VUI may contradict itself; its picture size still holds.
    read(Vui::Read).or_else(|_| read(Vui::Skip)).map_err(|e| ParameterError::Unreadable {
        kind: ParameterSetKind::Sps,
        reason: format!("{e:?}"),
    })
}

/// A PPS that belongs to one of these SPS and can be read to its end.
pub(super) fn is_plausible_pps(sets: &ParameterSets, pps: &[u8]) -> bool {
    let mut context = Context::default();
    for sps in sets.of(ParameterSetKind::Sps).filter_map(|sps| read_sps(sps).ok()) {
        context.put_seq_param_set(sps);
    }
    PicParameterSet::from_bits(&context, nal_bits(VideoCodec::H264, pps)).is_ok()
}

/// What an SPS declares.
pub(super) fn format(nal: &[u8]) -> Result<PictureFormat, ParameterError> {
    let sps = read_sps(nal)?;
    let (width, height) = sps.pixel_dimensions().map_err(|e| ParameterError::Unreadable {
        kind: ParameterSetKind::Sps,
        reason: format!("{e:?}"),
    })?;
    Ok(PictureFormat {
        width,
        height,
        reorder_depth: reorder_depth(&sps),
        frame_rate: frame_rate(&sps),
    })
}

/// E.2.1: told by the VUI, else 0 where the profile or the kind of picture
/// order count has no room for reordering, else unknown.
fn reorder_depth(sps: &SeqParameterSet) -> Option<u8> {
    const BASELINE: u8 = 66;
    let told = sps.vui_parameters.as_ref().and_then(|vui| vui.bitstream_restrictions.as_ref());
    if let Some(told) = told {
        return u8::try_from(told.max_num_reorder_frames).ok();
    }
    let profile: u8 = sps.profile_idc.into();
    let intra_only =
        matches!(profile, 44 | 86 | 100 | 110 | 122 | 244) && sps.constraint_flags.flag3();
    let in_order = profile == BASELINE || sps.pic_order_cnt == PicOrderCntType::TypeTwo;
    (in_order || intra_only).then_some(0)
}

/// Two ticks per frame, interlaced or not (E.2.1).
fn frame_rate(sps: &SeqParameterSet) -> Option<FrameRate> {
    let timing = sps.vui_parameters.as_ref()?.timing_info.as_ref()?;
    (timing.time_scale > 0 && timing.num_units_in_tick > 0).then(|| FrameRate {
        frames: u64::from(timing.time_scale),
        seconds: u64::from(timing.num_units_in_tick) * 2,
    })
}

pub(super) fn codec_string(nal: &[u8]) -> Result<String, ParameterError> {
    let [profile, constraints, level] = profile_bytes(nal)?;
    Ok(format!("avc1.{profile:02x}{constraints:02x}{level:02x}"))
}

fn profile_bytes(nal: &[u8]) -> Result<[u8; 3], ParameterError> {
    match nal {
        [_, profile, constraints, level, ..] => Ok([*profile, *constraints, *level]),
        _ => Err(ParameterError::Unreadable {
            kind: ParameterSetKind::Sps,
            reason: "too short".to_owned(),
        }),
    }
}

/// The body of an `avcC`.
pub(super) fn record(sets: &ParameterSets) -> Result<Vec<u8>, ParameterError> {
    let list = |kind| sets.of(kind).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let sps = list(ParameterSetKind::Sps);
    let pps = list(ParameterSetKind::Pps);
    let first = sps.first().ok_or(ParameterError::Missing { kind: ParameterSetKind::Sps })?;
    if pps.is_empty() {
        return Err(ParameterError::Missing { kind: ParameterSetKind::Pps });
    }
    if sps.len() > 31 || pps.len() > 255 {
        return Err(ParameterError::TooMany { what: "count" });
    }
    if sets.iter().any(|set| set.len() > usize::from(u16::MAX)) {
        return Err(ParameterError::TooMany { what: "length" });
    }
    let [profile, constraints, level] = profile_bytes(first)?;
    let avcc = Avcc {
        configuration_version: 1,
        avc_profile_indication: profile,
        profile_compatibility: constraints,
        avc_level_indication: level,
        length_size: 4,
        ext: extension(&read_sps(first)?, list(ParameterSetKind::SpsExtension)),
        sequence_parameter_sets: sps,
        picture_parameter_sets: pps,
    };
    let mut body = Vec::new();
    avcc.encode_body(&mut body).map_err(|e| record_error(&e))?;
    Ok(body)
}

/// Profiles with chroma and depth of their own repeat them after the sets.
fn extension(sps: &SeqParameterSet, extensions: Vec<Vec<u8>>) -> Option<AvccExt> {
    sps.profile_idc.has_chroma_info().then(|| AvccExt {
        chroma_format: match sps.chroma_info.chroma_format {
            ChromaFormat::Monochrome => 0,
            ChromaFormat::YUV422 => 2,
            ChromaFormat::YUV444 => 3,
            _ => 1,
        },
        bit_depth_luma: depth(sps.chroma_info.bit_depth_luma_minus8),
        bit_depth_chroma: depth(sps.chroma_info.bit_depth_chroma_minus8),
        sequence_parameter_sets_ext: extensions,
    })
}

fn depth(minus8: u8) -> u8 {
    minus8.min(7) + 8
}

/// The sets in the body of an `avcC`, and how long its samples' prefixes are.
pub(super) fn read_record(mut record: &[u8]) -> Result<(Vec<Vec<u8>>, LengthSize), ParameterError> {
    let avcc = Avcc::decode_body(&mut record).map_err(|e| record_error(&e))?;
    let length_size = LengthSize::from_bytes(avcc.length_size).unwrap_or_default();
    let mut nals = avcc.sequence_parameter_sets;
    nals.extend(avcc.picture_parameter_sets);
    nals.extend(avcc.ext.into_iter().flat_map(|ext| ext.sequence_parameter_sets_ext));
    Ok((nals, length_size))
}

fn record_error(error: &mp4_atom::Error) -> ParameterError {
    ParameterError::Record { record: "avcC", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::bits::written::{bytes, ue};

    /// 320x240, no VUI.
    fn sps(profile: u8, constraints: u8, order_count: u32) -> Vec<u8> {
        let order = match order_count {
            0 => ue(0) + &ue(0),
            other => ue(other),
        };
        let chroma = if profile == 100 { ue(1) + &ue(0) + &ue(0) + "00" } else { String::new() };
        let head = format!("{profile:08b}{constraints:08b}{:08b}", 30);
        let size = ue(1) + "0" + &ue(19) + &ue(14) + "110";
        let bits = head + &ue(0) + &chroma + &ue(0) + &order + &size + "0";
        [&[0x67][..], &bytes(&bits)].concat()
    }

    #[test]
    fn without_vui_only_some_profiles_and_order_counts_tell_the_reordering() {
        let depth = |profile, constraints, order_count| {
            let format = format(&sps(profile, constraints, order_count)).expect("readable");
            assert_eq!((format.width, format.height, format.frame_rate), (320, 240, None));
            format.reorder_depth
        };
        assert_eq!(depth(66, 0, 0), Some(0));
        assert_eq!(depth(77, 0, 0), None);
        assert_eq!(depth(77, 0, 2), Some(0));
        assert_eq!(depth(100, 0, 0), None);
        // High 10 Intra and its like: constraint_set3_flag.
        assert_eq!(depth(100, 0b0001_0000, 0), Some(0));
    }

    /// Cameras that pad their SPS, or end it too early: its size still counts.
    #[test]
    fn a_broken_vui_costs_the_vui_alone() {
        let good = sps(77, 0, 2);
        let padded = [&good[..], &[0xff, 0xff]].concat();
        assert_eq!(format(&padded).expect("readable").width, 320);
        // vui_parameters_present_flag is the last bit before the stop bit.
        let mut cut = good.clone();
        let last = cut.last_mut().expect("not empty");
        let stop = last.trailing_zeros();
        *last |= 1 << (stop + 1);
        let format = format(&cut).expect("readable");
        assert_eq!((format.width, format.height, format.frame_rate), (320, 240, None));
    }
}
