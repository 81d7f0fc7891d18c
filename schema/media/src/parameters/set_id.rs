//! Which parameter set: how sets name each other.
//!
//! A slice names a PPS, that one an SPS, and in H.265 that one a VPS. An SPS
//! extension (H.264) bears the id of the SPS that it extends.

use super::{ParameterError, avc, hevc};
use crate::nal::{NalClass, ParameterSetKind, classify, without_trailing_zeros};
use hitless_model::VideoCodec;

/// Kind and id of a parameter set: what a later one of the same replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId {
    /// Which kind.
    pub kind: ParameterSetKind,
    /// Its number among those of its kind.
    pub id: u32,
}

impl SetId {
    /// Of a NAL unit.
    pub fn of(codec: VideoCodec, nal: &[u8]) -> Result<Self, ParameterError> {
        let NalClass::ParameterSet(kind) = classify(codec, nal) else {
            return Err(ParameterError::NotAParameterSet { codec, length: nal.len() });
        };
        let id = match codec {
            VideoCodec::H264 => avc::id(kind, nal),
            VideoCodec::H265 => hevc::id(kind, nal),
        }
        .map_err(|e| ParameterError::Unreadable { kind, reason: format!("{e:?}") })?;
        Ok(Self { kind, id })
    }

    /// The PPS of this id.
    pub fn pps(id: u32) -> Self {
        Self { kind: ParameterSetKind::Pps, id }
    }

    /// The set that a set cannot be used without.
    pub fn needed_by(codec: VideoCodec, nal: &[u8]) -> Option<Self> {
        let nal = without_trailing_zeros(nal);
        let NalClass::ParameterSet(kind) = classify(codec, nal) else { return None };
        let (kind, id) = match (kind, codec) {
            (ParameterSetKind::Pps, VideoCodec::H264) => (ParameterSetKind::Sps, avc::sps_of(nal)),
            (ParameterSetKind::Pps, VideoCodec::H265) => (ParameterSetKind::Sps, hevc::sps_of(nal)),
            (ParameterSetKind::Sps, VideoCodec::H265) => (ParameterSetKind::Vps, hevc::vps_of(nal)),
            (ParameterSetKind::SpsExtension, _) => (ParameterSetKind::Sps, avc::id(kind, nal)),
            (ParameterSetKind::Sps | ParameterSetKind::Vps, _) => return None,
        };
        Some(Self { kind, id: id.ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::bits::written::{bytes, ue};

    fn of(kind: ParameterSetKind, id: u32) -> SetId {
        SetId { kind, id }
    }

    #[test]
    fn sets_name_those_that_they_need() {
        let pps = [&[0x68][..], &bytes(&(ue(3) + &ue(2)))].concat();
        assert_eq!(SetId::of(VideoCodec::H264, &pps), Ok(SetId::pps(3)));
        let needed = SetId::needed_by(VideoCodec::H264, &pps);
        assert_eq!(needed, Some(of(ParameterSetKind::Sps, 2)));

        let pps = [&[34 << 1, 1][..], &bytes(&(ue(1) + &ue(4)))].concat();
        let needed = SetId::needed_by(VideoCodec::H265, &pps);
        assert_eq!(needed, Some(of(ParameterSetKind::Sps, 4)));
        let sps = [33 << 1, 1, 0x51, 0];
        let needed = SetId::needed_by(VideoCodec::H265, &sps);
        assert_eq!(needed, Some(of(ParameterSetKind::Vps, 5)));

        assert_eq!(SetId::needed_by(VideoCodec::H264, &[0x67, 66, 0, 30, 0x80]), None);
        assert_eq!(SetId::needed_by(VideoCodec::H264, &[0x65, 0x88]), None);
        assert!(SetId::of(VideoCodec::H264, &[0x65, 0x88]).is_err());
    }
}
