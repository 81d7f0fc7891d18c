//! Sample entries: how to decode a track's samples.
//!
//! Kept as raw bytes, because one odd entry must not reject a file (GStreamer
//! 1.22 writes an `av1C` that others call invalid), and because an export
//! copies them. What is needed of them is read on demand.

use super::boxes::{BoxKind, BoxRef, Children};
use super::opus::straighten;
use hitless_model::{AudioCodec, VideoCodec};
use mp4_atom::{Esds, esds::DecoderSpecific};

/// A sample entry as it stands in the file, header included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleEntry {
    raw: Vec<u8>,
}

/// What a sample entry says about pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoDescription {
    /// Coding.
    pub codec: VideoCodec,
    /// Width in pixels as the entry says.
    pub width: u32,
    /// Height in pixels as the entry says.
    pub height: u32,
    /// Body of the `avcC` or `hvcC`; empty if it has none.
    pub record: Vec<u8>,
}

/// What a sample entry says about sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioDescription {
    /// Coding.
    pub codec: AudioCodec,
    /// Samples per second; 0 where the entry does not say.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u32,
    /// AudioSpecificConfig of AAC, body of the `dOps` of Opus; else empty.
    /// What two segments must have alike, unlike the bit rates beside it.
    pub config: Vec<u8>,
}

/// Bytes before the boxes of a visual sample entry (ISO/IEC 14496-12, 12.1.3).
const VISUAL_BYTES: usize = 78;
/// The same for audio (12.2.3), in a file that is not QuickTime's.
const AUDIO_BYTES: usize = 28;
/// QuickTime's audio entries of version 1 and 2 have more.
const AUDIO_BYTES_V1: usize = 16;
const AUDIO_BYTES_V2: usize = 36;
/// `objectTypeIndication` of AAC: MPEG-4 and the three of MPEG-2.
const AAC_OBJECT_TYPES: [u8; 4] = [0x40, 0x66, 0x67, 0x68];

impl SampleEntry {
    pub(super) fn new(raw: &[u8]) -> Self {
        let mut raw = raw.to_vec();
        straighten(&mut raw);
        Self { raw }
    }

    /// The whole box, with Opus's numbers the right way round.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Its four letters, for instance `avc1`.
    pub fn kind(&self) -> Option<BoxKind> {
        self.parsed().map(|entry| entry.kind)
    }

    /// What it says about pictures, if we know the coding.
    pub fn video(&self) -> Option<VideoDescription> {
        let entry = self.parsed()?;
        let (codec, record) = match &entry.kind.0 {
            b"avc1" | b"avc3" => (VideoCodec::H264, *b"avcC"),
            b"hvc1" | b"hev1" => (VideoCodec::H265, *b"hvcC"),
            _ => return None,
        };
        let record = find(entry.children_after(VISUAL_BYTES), record);
        Some(VideoDescription {
            codec,
            width: number(entry.body, 24, 2)?,
            height: number(entry.body, 26, 2)?,
            record: record.map(|b| b.body.to_vec()).unwrap_or_default(),
        })
    }

    /// What it says about sound, if we know the coding.
    pub fn audio(&self) -> Option<AudioDescription> {
        let entry = self.parsed()?;
        let (skip, mut channels, sample_rate) = audio_head(entry.body)?;
        let boxes = || entry.children_after(skip);
        let (codec, config) = match &entry.kind.0 {
            b"mp4a" => {
                let specific = aac_config(boxes)?;
                // ffmpeg writes 2 into the entry of a single channel.
                channels = aac_channels(specific.chan_conf).unwrap_or(channels);
                (AudioCodec::Aac, specific.raw)
            }
            b"Opus" => (AudioCodec::Opus, find(boxes(), *b"dOps")?.body.to_vec()),
            b"ulaw" => (AudioCodec::Pcmu, Vec::new()),
            b"alaw" => (AudioCodec::Pcma, Vec::new()),
            b"sowt" | b"twos" | b"lpcm" | b"ipcm" | b"raw " => (AudioCodec::Pcm, Vec::new()),
            _ => return None,
        };
        Some(AudioDescription { codec, sample_rate, channels, config })
    }

    fn parsed(&self) -> Option<BoxRef<'_>> {
        Children::of(&self.raw, 0).next()?.ok()
    }
}

/// Where the boxes begin, channels and samples per second.
fn audio_head(body: &[u8]) -> Option<(usize, u32, u32)> {
    let channels = number(body, 16, 2)?;
    // 16.16 fixed point
    let rate = number(body, 24, 2)?;
    match number(body, 8, 2)? {
        1 => Some((AUDIO_BYTES + AUDIO_BYTES_V1, channels, rate)),
        2 => {
            let rate = f64::from_be_bytes(*body.get(32..)?.first_chunk::<8>()?);
            // A cast of a float holds at the ends of the range.
            Some((AUDIO_BYTES + AUDIO_BYTES_V2, number(body, 40, 4)?, rate as u32))
        }
        _ => Some((AUDIO_BYTES, channels, rate)),
    }
}

/// AudioSpecificConfig, which QuickTime keeps a box deeper; `None` if the entry
/// is of another coding (MP3 shares the four letters).
fn aac_config<'a>(boxes: impl Fn() -> Children<'a>) -> Option<DecoderSpecific> {
    let inside = || find(boxes(), *b"wave").and_then(|wave| wave.child(b"esds"));
    let esds = find(boxes(), *b"esds").or_else(inside)?;
    let config = esds.leaf::<Esds>().ok()?.es_desc.dec_config;
    AAC_OBJECT_TYPES
        .contains(&config.object_type_indication)
        .then(|| config.dec_specific.unwrap_or_default())
}

/// ISO/IEC 14496-3, table 1.19.
fn aac_channels(configuration: u8) -> Option<u32> {
    match configuration {
        1..=6 => Some(configuration.into()),
        7 => Some(8),
        _ => None,
    }
}

fn find<'a>(mut boxes: Children<'a>, kind: [u8; 4]) -> Option<BoxRef<'a>> {
    boxes.find_map(|found| found.ok().filter(|b| b.kind.0 == kind))
}

/// A big-endian number of up to four bytes.
fn number(body: &[u8], at: usize, bytes: usize) -> Option<u32> {
    let bytes = body.get(at..at + bytes)?;
    Some(bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}
