//! Which sample entry of the clip describes a sample.

use hitless_media::mp4::{BoxKind, SampleEntry};
use hitless_model::{AudioCodec, VideoCodec};
use sha2::{Digest, Sha256};

/// What two entries must have alike to be one: the decoder's configuration.
/// Bit rates, which muxers write beside it, differ from file to file.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    Video(BoxKind, VideoCodec, u32, u32, Vec<u8>),
    Audio(BoxKind, AudioCodec, u32, u32, Vec<u8>),
    Unknown(Vec<u8>),
}

fn meaning(entry: &SampleEntry) -> Meaning {
    let unknown = || Meaning::Unknown(entry.raw().to_vec());
    let Some(kind) = entry.kind() else { return unknown() };
    if let Some(v) = entry.video() {
        Meaning::Video(kind, v.codec, v.width, v.height, v.record)
    } else if let Some(a) = entry.audio() {
        Meaning::Audio(kind, a.codec, a.sample_rate, a.channels, a.config)
    } else {
        unknown()
    }
}

/// For each entry of a file its place in `known`, which grows by new ones.
pub(super) fn places(known: &mut Vec<SampleEntry>, entries: &[SampleEntry]) -> Vec<u32> {
    let mut place = |entry: &SampleEntry| {
        let wanted = meaning(entry);
        let found = known.iter().position(|k| k.raw() == entry.raw() || meaning(k) == wanted);
        let at = found.unwrap_or_else(|| {
            known.push(entry.clone());
            known.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX - 1)
    };
    entries.iter().map(&mut place).collect()
}

/// A number that is equal for entries of equal meaning.
pub(super) fn meaning_of(entries: &[&SampleEntry]) -> u64 {
    let meanings: Vec<Meaning> = entries.iter().map(|entry| meaning(entry)).collect();
    let digest = Sha256::digest(format!("{meanings:?}"));
    digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

/// Whether an entry is of QuickTime's kind, which MP4 proper does not know.
pub(super) fn is_quicktime(entry: &SampleEntry) -> bool {
    let kind = entry.kind().map(|k| k.0);
    matches!(kind.as_ref(), Some(b"ulaw" | b"alaw" | b"sowt" | b"twos" | b"lpcm" | b"raw "))
}
