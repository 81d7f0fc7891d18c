//! What a source says about a stream before its first packet.
//!
//! Both sources say the same things in other clothes: an SDP has `rtpmap` and
//! `fmtp` attributes, GStreamer's `application/x-rtp` caps have a field for
//! each. Both end in [`StreamDescription::from_fields`].

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hitless_model::{AudioCodec, VideoCodec};
use std::fmt;

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Metadata and what makers invent.
    Other,
}

/// How a stream is coded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 6184.
    H264,
    /// RFC 7798.
    H265,
    /// AAC in `MPEG4-GENERIC` (RFC 3640).
    Aac,
    /// RFC 7587.
    Opus,
    /// G.711 mu-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// One that the recorder does not take, by its name in upper case.
    Other(String),
}

impl Encoding {
    fn parse(name: &str) -> Self {
        match name.trim().to_ascii_uppercase().as_str() {
            "H264" => Self::H264,
            "H265" | "HEVC" => Self::H265,
            "MPEG4-GENERIC" => Self::Aac,
            "OPUS" => Self::Opus,
            "PCMU" => Self::Pcmu,
            "PCMA" => Self::Pcma,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The codec, if it is one of pictures that the recorder takes.
    pub fn video(&self) -> Option<VideoCodec> {
        match self {
            Self::H264 => Some(VideoCodec::H264),
            Self::H265 => Some(VideoCodec::H265),
            _ => None,
        }
    }

    /// The codec, if it is one of sound that the recorder takes.
    pub fn audio(&self) -> Option<AudioCodec> {
        match self {
            Self::Aac => Some(AudioCodec::Aac),
            Self::Opus => Some(AudioCodec::Opus),
            Self::Pcmu => Some(AudioCodec::Pcmu),
            Self::Pcma => Some(AudioCodec::Pcma),
            _ => None,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::H264 => "H264",
            Self::H265 => "H265",
            Self::Aac => "MPEG4-GENERIC",
            Self::Opus => "OPUS",
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::Other(name) => name,
        })
    }
}

/// Bits of the fields of an AU header (RFC 3640 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuHeader {
    /// Of a frame's size.
    pub size_bits: u32,
    /// Of the first frame's index.
    pub index_bits: u32,
    /// Of each further frame's index step.
    pub index_delta_bits: u32,
}

impl AuHeader {
    /// Mode AAC-hbr, which all cameras use, also those that do not say so.
    pub const HBR: Self = Self { size_bits: 13, index_bits: 3, index_delta_bits: 3 };
    /// Mode AAC-lbr.
    pub const LBR: Self = Self { size_bits: 6, index_bits: 2, index_delta_bits: 2 };
}

/// One stream of a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamDescription {
    /// Its place among the streams of the SDP, from 0.
    pub index: usize,
    /// What it is for.
    pub kind: MediaKind,
    /// How it is coded.
    pub encoding: Encoding,
    /// Ticks per second of its RTP timestamps.
    pub clock_rate: u32,
    /// Channels, where told.
    pub channels: Option<u16>,
    /// RTP payload type.
    pub payload_type: u8,
    /// The control attribute as it stands in the SDP.
    pub control: Option<String>,
    /// VPS, SPS and PPS as announced; may be wrong.
    pub parameter_sets: Vec<Vec<u8>>,
    /// AudioSpecificConfig as announced.
    pub audio_config: Option<Vec<u8>>,
    /// Layout of AU headers.
    pub au_header: AuHeader,
}

impl StreamDescription {
    /// From fields named as in GStreamer's `application/x-rtp` caps: `media`,
    /// `encoding-name`, `clock-rate`, `payload`, `encoding-params`,
    /// `sprop-parameter-sets`, `config`, `mode`, `sizelength` and so on.
    pub fn from_fields(field: impl Fn(&str) -> Option<String>) -> Self {
        let number = |name: &str| field(name).and_then(|text| text.trim().parse::<u32>().ok());
        let payload_type = number("payload").and_then(|n| u8::try_from(n).ok()).unwrap_or(96);
        let known = Static::of(payload_type);
        let encoding = field("encoding-name")
            .map(|name| Encoding::parse(&name))
            .or_else(|| known.map(|s| s.encoding.clone()))
            .unwrap_or_else(|| Encoding::Other("UNKNOWN".to_owned()));
        let kind = kind(field("media").as_deref(), &encoding);
        let channels = number("encoding-params").and_then(|n| u16::try_from(n).ok());
        Self {
            index: 0,
            kind,
            clock_rate: number("clock-rate")
                .filter(|rate| *rate > 0)
                .unwrap_or_else(|| usual_clock_rate(&encoding)),
            channels: channels.filter(|n| *n > 0).or(known.and(Some(1))),
            payload_type,
            control: None,
            parameter_sets: parameter_sets(&field),
            audio_config: field("config").and_then(|text| from_hex(&text)),
            au_header: au_header(field("mode").as_deref(), &number),
            encoding,
        }
    }
}

fn kind(media: Option<&str>, encoding: &Encoding) -> MediaKind {
    match media {
        Some("video") => MediaKind::Video,
        Some("audio") => MediaKind::Audio,
        Some(_) => MediaKind::Other,
        None if encoding.video().is_some() => MediaKind::Video,
        None if encoding.audio().is_some() => MediaKind::Audio,
        None => MediaKind::Other,
    }
}

fn usual_clock_rate(encoding: &Encoding) -> u32 {
    match encoding {
        Encoding::Pcmu | Encoding::Pcma => 8_000,
        Encoding::Opus => 48_000,
        _ => 90_000,
    }
}

/// The payload types that mean something without an `rtpmap` (RFC 3551).
struct Static {
    encoding: Encoding,
}

impl Static {
    fn of(payload_type: u8) -> Option<&'static Self> {
        const PCMU: Static = Static { encoding: Encoding::Pcmu };
        const PCMA: Static = Static { encoding: Encoding::Pcma };
        match payload_type {
            0 => Some(&PCMU),
            8 => Some(&PCMA),
            _ => None,
        }
    }
}

fn au_header(mode: Option<&str>, number: &impl Fn(&str) -> Option<u32>) -> AuHeader {
    let usual = match mode {
        Some(mode) if mode.eq_ignore_ascii_case("aac-lbr") => AuHeader::LBR,
        _ => AuHeader::HBR,
    };
    let bits = |name, usual| number(name).filter(|bits| *bits <= 16).unwrap_or(usual);
    AuHeader {
        size_bits: bits("sizelength", usual.size_bits),
        index_bits: bits("indexlength", usual.index_bits),
        index_delta_bits: bits("indexdeltalength", usual.index_delta_bits),
    }
}

/// Longer ones are not worth a look, whatever a camera says.
const MAX_SPROP_CHARS: usize = 64 << 10;

fn parameter_sets(field: &impl Fn(&str) -> Option<String>) -> Vec<Vec<u8>> {
    ["sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets"]
        .into_iter()
        .filter_map(field)
        .filter(|text| text.len() <= MAX_SPROP_CHARS)
        .flat_map(|text| text.split(',').filter_map(from_base64).collect::<Vec<_>>())
        .collect()
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    // Some cameras forget the padding.
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    LENIENT.decode(text.trim()).ok().filter(|bytes| !bytes.is_empty())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().trim_matches('"').as_bytes();
    // An AudioSpecificConfig is 2 to some 30 bytes.
    if digits.is_empty() || digits.len() > 512 || !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
