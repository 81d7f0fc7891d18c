//! Parameter sets: what a decoder must know before the first slice.
//!
//! Collects the sets of one stream, writes them as `avcC` or `hvcC` and reads
//! them back, tells size, reorder depth and rate as declared, and hashes them:
//! equal hashes mean that two segments may share one sample description.
//!
//! What a camera declares wrongly is left out (`None`), never an error as long
//! as the picture's size can be read.

mod avc;
pub(crate) mod bits;
mod hevc;
mod hevc_pps;
mod hevc_sps;
mod set_id;

pub use set_id::SetId;

use crate::nal::{LengthSize, NalClass, ParameterSetKind, classify, without_trailing_zeros};
use hitless_model::VideoCodec;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::Xxh3;

/// Why parameter sets are of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// A unit that is none.
    #[error("a NAL unit of {length} bytes is no parameter set of {codec:?}")]
    NotAParameterSet {
        /// Of which codec one was expected.
        codec: VideoCodec,
        /// Its length.
        length: usize,
    },
    /// A set that cannot be read.
    #[error("the {kind:?} cannot be read: {reason}")]
    Unreadable {
        /// Which set.
        kind: ParameterSetKind,
        /// What the reader says.
        reason: String,
    },
    /// A set that a decoder needs is not there.
    #[error("no {kind:?} was seen")]
    Missing {
        /// Which set.
        kind: ParameterSetKind,
    },
    /// More or longer sets than the record can hold.
    #[error("the parameter sets do not fit into a decoder configuration: {what}")]
    TooMany {
        /// What is too long.
        what: &'static str,
    },
    /// An `avcC` or `hvcC` that cannot be read.
    #[error("the {record} cannot be read: {reason}")]
    Record {
        /// Which record.
        record: &'static str,
        /// What the reader says.
        reason: String,
    },
}

/// What a set that was put in did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was known.
    None,
    /// It is new.
    Added,
    /// It took the place of another with the same id: the stream changes.
    Replaced,
}

/// A frame rate as declared; what is sent may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRate {
    /// Frames.
    pub frames: u64,
    /// In so many seconds.
    pub seconds: u64,
}

/// What the sequence parameter set declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureFormat {
    /// Width in pixels as shown.
    pub width: u32,
    /// Height in pixels as shown.
    pub height: u32,
    /// How many pictures may come after one in decoding that is shown after
    /// them; `None` where not told.
    pub reorder_depth: Option<u8>,
    /// As declared; `None` where not told.
    pub frame_rate: Option<FrameRate>,
}

/// The parameter sets of one stream, one per kind and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterSets {
    codec: VideoCodec,
    sets: BTreeMap<SetId, Vec<u8>>,
}

impl ParameterSets {
    /// None yet.
    pub fn new(codec: VideoCodec) -> Self {
        Self { codec, sets: BTreeMap::new() }
    }

    /// All parameter sets among some units; other units and sets that cannot
    /// be read are left out.
    pub fn from_nals<'a>(codec: VideoCodec, nals: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut sets = Self::new(codec);
        for nal in nals {
            if matches!(classify(codec, nal), NalClass::ParameterSet(_)) {
                let _ = sets.insert(nal);
            }
        }
        sets
    }

    /// Reads the body of an `avcC` or `hvcC` box.
    pub fn from_record(
        codec: VideoCodec,
        record: &[u8],
    ) -> Result<(Self, LengthSize), ParameterError> {
        let (nals, length_size) = match codec {
            VideoCodec::H264 => avc::read_record(record)?,
            VideoCodec::H265 => hevc::read_record(record)?,
        };
        Ok((Self::from_nals(codec, nals.iter().map(Vec::as_slice)), length_size))
    }

    /// Puts a set in; one of the same kind and id gives way.
    pub fn insert(&mut self, nal: &[u8]) -> Result<Change, ParameterError> {
        let nal = without_trailing_zeros(nal);
        let key = SetId::of(self.codec, nal)?;
        match self.sets.get(&key) {
            Some(known) if known == nal => return Ok(Change::None),
            _ => {}
        }
        match self.sets.insert(key, nal.to_vec()) {
            None => Ok(Change::Added),
            Some(_) => Ok(Change::Replaced),
        }
    }

    /// The set of that kind and id.
    pub fn get(&self, id: SetId) -> Option<&[u8]> {
        self.sets.get(&id).map(Vec::as_slice)
    }

    /// Whether a set could belong to these: an SPS that tells a size, a PPS of an
    /// SPS that is here. Rubbish that a camera sends hardly ever passes.
    pub fn is_plausible(&self, nal: &[u8]) -> bool {
        let nal = without_trailing_zeros(nal);
        match (classify(self.codec, nal), self.codec) {
            (NalClass::ParameterSet(ParameterSetKind::Sps), VideoCodec::H264) => {
                avc::format(nal).is_ok()
            }
            (NalClass::ParameterSet(ParameterSetKind::Sps), VideoCodec::H265) => {
                hevc::format(nal).is_ok()
            }
            (NalClass::ParameterSet(ParameterSetKind::Pps), VideoCodec::H264) => {
                avc::is_plausible_pps(self, nal)
            }
            (NalClass::ParameterSet(ParameterSetKind::Pps), VideoCodec::H265) => {
                hevc::is_plausible_pps(self, nal)
            }
            (NalClass::ParameterSet(_), _) => true,
            _ => false,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Of which codec.
    pub fn codec(&self) -> VideoCodec {
        self.codec
    }

    /// Whether a decoder could begin with these.
    pub fn is_complete(&self) -> bool {
        let needed: &[ParameterSetKind] = match self.codec {
            VideoCodec::H264 => &[ParameterSetKind::Sps, ParameterSetKind::Pps],
            VideoCodec::H265 => {
                &[ParameterSetKind::Vps, ParameterSetKind::Sps, ParameterSetKind::Pps]
            }
        };
        needed.iter().all(|kind| self.of(*kind).next().is_some())
    }

    /// The sets of one kind, by id.
    pub fn of(&self, kind: ParameterSetKind) -> impl Iterator<Item = &[u8]> {
        let of = |id| SetId { kind, id };
        self.sets.range(of(0)..=of(u32::MAX)).map(|(_, nal)| nal.as_slice())
    }

    /// Every set: VPS, SPS, PPS and so on, each by id.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.sets.values().map(Vec::as_slice)
    }

    /// The body of an `avcC` or `hvcC` box, with lengths of four bytes.
    pub fn record(&self) -> Result<Vec<u8>, ParameterError> {
        match self.codec {
            VideoCodec::H264 => avc::record(self),
            VideoCodec::H265 => hevc::record(self),
        }
    }

    /// What the sequence parameter set declares.
    pub fn format(&self) -> Result<PictureFormat, ParameterError> {
        let sps = self.first(ParameterSetKind::Sps)?;
        match self.codec {
            VideoCodec::H264 => avc::format(sps),
            VideoCodec::H265 => hevc::format(sps),
        }
    }

    /// As browsers want it, for instance `avc1.64001f` (RFC 6381).
    pub fn codec_string(&self) -> Result<String, ParameterError> {
        let sps = self.first(ParameterSetKind::Sps)?;
        match self.codec {
            VideoCodec::H264 => avc::codec_string(sps),
            VideoCodec::H265 => hevc::codec_string(sps),
        }
    }

    /// Hash (64 bit xxh3) of all sets, sorted; equal if and only if two
    /// segments may share one sample description. It is stored: it must never
    /// change.
    pub fn hash(&self) -> u64 {
        let mut sets: Vec<&[u8]> = self.iter().collect();
        sets.sort_unstable();
        let mut hasher = Xxh3::new();
        for set in sets {
            hasher.update(&u64::try_from(set.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(set);
        }
        hasher.digest()
    }

    fn first(&self, kind: ParameterSetKind) -> Result<&[u8], ParameterError> {
        self.of(kind).next().ok_or(ParameterError::Missing { kind })
    }
}
