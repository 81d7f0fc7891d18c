//! H.265: sequence parameter set and `hvcC` (ISO/IEC 14496-15, 8.3.3).

use super::bits::{BitRead, BitReaderError, NalBits, nal_bits};
use super::hevc_pps::read_pps;
use super::hevc_sps::{Head, Sps, read_head, read_sps};
use super::{ParameterError, ParameterSets, PictureFormat, SetId};
use crate::nal::{LengthSize, ParameterSetKind};
use hitless_model::VideoCodec;
use mp4_atom::{Atom, HvcCArray, Hvcc};

/// The id of a set.
pub(super) fn id(kind: ParameterSetKind, nal: &[u8]) -> Result<u32, BitReaderError> {
    let mut bits = nal_bits(VideoCodec::H265, nal);
    match kind {
        ParameterSetKind::Vps => Ok(u32::from(bits.read::<u8>(4, "id")?)),
        ParameterSetKind::Sps => Ok(read_head(&mut bits)?.id),
        ParameterSetKind::Pps | ParameterSetKind::SpsExtension => bits.read_ue("id"),
    }
}

/// The id of the SPS that a PPS needs (7.3.2.3).
pub(super) fn sps_of(pps: &[u8]) -> Result<u32, BitReaderError> {
    let mut bits = nal_bits(VideoCodec::H265, pps);
    bits.read_ue("pps_pic_parameter_set_id")?;
    bits.read_ue("pps_seq_parameter_set_id")
}

/// The id of the VPS that an SPS needs (7.3.2.2).
pub(super) fn vps_of(sps: &[u8]) -> Result<u32, BitReaderError> {
    let id: u8 = nal_bits(VideoCodec::H265, sps).read(4, "sps_video_parameter_set_id")?;
    Ok(u32::from(id))
}

/// A PPS that belongs to one of these SPS and can be read to its end.
pub(super) fn is_plausible_pps(sets: &ParameterSets, pps: &[u8]) -> bool {
    let Ok(id) = read_pps(&mut nal_bits(VideoCodec::H265, pps)) else { return false };
    sets.get(SetId { kind: ParameterSetKind::Sps, id }).is_some()
}

fn sps_bits(nal: &[u8]) -> NalBits<'_> {
    nal_bits(VideoCodec::H265, nal)
}

fn unreadable(error: &BitReaderError) -> ParameterError {
    ParameterError::Unreadable { kind: ParameterSetKind::Sps, reason: format!("{error:?}") }
}

fn sps(nal: &[u8]) -> Result<Sps, ParameterError> {
    read_sps(&mut sps_bits(nal)).map_err(|e| unreadable(&e))
}

/// What an SPS declares.
pub(super) fn format(nal: &[u8]) -> Result<PictureFormat, ParameterError> {
    let sps = sps(nal)?;
    let (width, height) = sps.shown_size().ok_or_else(|| ParameterError::Unreadable {
        kind: ParameterSetKind::Sps,
        reason: "cropped to nothing".to_owned(),
    })?;
    Ok(PictureFormat {
        width,
        height,
        reorder_depth: u8::try_from(sps.reorder).ok(),
        frame_rate: sps.frame_rate,
    })
}

/// ISO/IEC 14496-15 annex E.3.
pub(super) fn codec_string(nal: &[u8]) -> Result<String, ParameterError> {
    let head = read_head(&mut sps_bits(nal)).map_err(|e| unreadable(&e))?;
    let space = ["", "A", "B", "C"][usize::from(head.profile_space & 3)];
    let compatibility = u32::from_be_bytes(head.compatibility).reverse_bits();
    let tier = if head.high_tier { 'H' } else { 'L' };
    let mut text = format!("hvc1.{space}{}.{compatibility:X}.{tier}{}", head.profile, head.level);
    let used = head.constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    for byte in &head.constraints[..used] {
        text.push_str(&format!(".{byte:X}"));
    }
    Ok(text)
}

/// The body of an `hvcC`; sets stand there alone, never in the samples of a
/// stream that is stored as `hvc1`.
pub(super) fn record(sets: &ParameterSets) -> Result<Vec<u8>, ParameterError> {
    let kinds =
        [(ParameterSetKind::Vps, 32), (ParameterSetKind::Sps, 33), (ParameterSetKind::Pps, 34)];
    let mut arrays = Vec::with_capacity(kinds.len());
    for (kind, nal_unit_type) in kinds {
        let nalus: Vec<Vec<u8>> = sets.of(kind).map(<[u8]>::to_vec).collect();
        if nalus.is_empty() {
            return Err(ParameterError::Missing { kind });
        }
        arrays.push(HvcCArray { completeness: true, nal_unit_type, nalus });
    }
    if sets.iter().any(|set| set.len() > usize::from(u16::MAX)) {
        return Err(ParameterError::TooMany { what: "length" });
    }
    let sps = sps(sets.first(ParameterSetKind::Sps)?)?;
    let mut body = Vec::new();
    configuration(&sps, arrays).encode_body(&mut body).map_err(|e| record_error(&e))?;
    Ok(body)
}

fn configuration(sps: &Sps, arrays: Vec<HvcCArray>) -> Hvcc {
    let head: &Head = &sps.head;
    Hvcc {
        configuration_version: 1,
        general_profile_space: head.profile_space,
        general_tier_flag: head.high_tier,
        general_profile_idc: head.profile,
        general_profile_compatibility_flags: head.compatibility,
        general_constraint_indicator_flags: head.constraints,
        general_level_idc: head.level,
        // 0: not told.
        min_spatial_segmentation_idc: 0,
        parallelism_type: 0,
        chroma_format_idc: sps.chroma_format,
        bit_depth_luma_minus8: sps.luma_depth_minus8,
        bit_depth_chroma_minus8: sps.chroma_depth_minus8,
        avg_frame_rate: 0,
        constant_frame_rate: 0,
        num_temporal_layers: head.sub_layers_minus1 + 1,
        temporal_id_nested: head.temporal_nesting,
        length_size_minus_one: 3,
        arrays,
    }
}

/// The sets in the body of an `hvcC`, and how long its samples' prefixes are.
pub(super) fn read_record(mut record: &[u8]) -> Result<(Vec<Vec<u8>>, LengthSize), ParameterError> {
    let hvcc = Hvcc::decode_body(&mut record).map_err(|e| record_error(&e))?;
    let length_size =
        LengthSize::from_bytes((hvcc.length_size_minus_one & 3) + 1).unwrap_or_default();
    Ok((hvcc.arrays.into_iter().flat_map(|array| array.nalus).collect(), length_size))
}

fn record_error(error: &mp4_atom::Error) -> ParameterError {
    ParameterError::Record { record: "hvcC", reason: error.to_string() }
}
