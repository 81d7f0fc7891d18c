//! What a NAL unit is, by its type (H.264 table 7-1, H.265 table 7-1).

use hitless_model::VideoCodec;

/// Which parameter set a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParameterSetKind {
    /// Video parameter set (H.265).
    Vps,
    /// Sequence parameter set.
    Sps,
    /// Picture parameter set.
    Pps,
    /// Sequence parameter set extension (H.264, alpha pictures).
    SpsExtension,
}

/// What a unit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NalClass {
    /// Coded picture data: what a fingerprint covers.
    Slice,
    /// Needed to decode slices; also stands in the sample description.
    ParameterSet(ParameterSetKind),
    /// Supplemental enhancement information.
    Sei,
    /// Access unit delimiter.
    AccessUnitDelimiter,
    /// Anything else: filler, end of sequence, prefixes, reserved.
    Other,
}

/// What a unit is, by its header; an empty one is [`NalClass::Other`].
pub fn classify(codec: VideoCodec, nal: &[u8]) -> NalClass {
    match codec {
        VideoCodec::H264 => h264_type(nal).map_or(NalClass::Other, classify_h264),
        VideoCodec::H265 => h265_type(nal).map_or(NalClass::Other, classify_h265),
    }
}

fn classify_h264(kind: u8) -> NalClass {
    match kind {
        1..=5 | 19..=21 => NalClass::Slice,
        6 => NalClass::Sei,
        7 => NalClass::ParameterSet(ParameterSetKind::Sps),
        8 => NalClass::ParameterSet(ParameterSetKind::Pps),
        9 => NalClass::AccessUnitDelimiter,
        13 => NalClass::ParameterSet(ParameterSetKind::SpsExtension),
        _ => NalClass::Other,
    }
}

fn classify_h265(kind: u8) -> NalClass {
    match kind {
        0..=31 => NalClass::Slice,
        32 => NalClass::ParameterSet(ParameterSetKind::Vps),
        33 => NalClass::ParameterSet(ParameterSetKind::Sps),
        34 => NalClass::ParameterSet(ParameterSetKind::Pps),
        35 => NalClass::AccessUnitDelimiter,
        39 | 40 => NalClass::Sei,
        _ => NalClass::Other,
    }
}

/// `nal_unit_type` of H.264.
pub(crate) fn h264_type(nal: &[u8]) -> Option<u8> {
    nal.first().map(|head| head & 0x1f)
}

/// `nal_unit_type` of H.265; its header has two bytes.
pub(crate) fn h265_type(nal: &[u8]) -> Option<u8> {
    nal.get(..2).map(|head| head[0] >> 1 & 0x3f)
}
