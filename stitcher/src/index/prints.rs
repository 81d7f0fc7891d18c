//! Fingerprints: the one thing that is read from the media.
//!
//! Only the samples that planning names are read, each with one `pread`, so
//! that no more than an overlap's key frames ever leave the disk.

use hitless_media::mp4::{Movie, Mp4Error, ReadAt, Sample, Track};
use hitless_media::nal::{Framing, LengthSize};
use hitless_media::parameters::ParameterSets;
use hitless_model::VideoCodec;
use std::fs::File;
use std::path::Path;

/// A picture larger than this is no picture: the reader has held every sample
/// against the size of the file, not against sense.
const MOST_BYTES: u32 = 64 << 20;

/// Why fingerprints could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The file's tables.
    #[error(transparent)]
    Mp4(#[from] Mp4Error),
    /// The media.
    #[error("{path}: sample {sample}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Which sample.
        sample: u32,
        /// What the system says.
        source: std::io::Error,
    },
}

/// The fingerprints of some samples, and how many bytes of media were read. A
/// sample without a picture, or that is not there, has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prints {
    /// Sample number and hash.
    pub found: Vec<(u32, u64)>,
    /// Bytes of media read.
    pub bytes: u64,
}

/// Reads the fingerprints of `wanted` samples.
pub fn prints(path: &Path, wanted: impl IntoIterator<Item = u32>) -> Result<Prints, PrintError> {
    let movie = Movie::open(path)?;
    let mut prints = Prints::default();
    let Some(video) = movie.video() else { return Ok(prints) };
    let file = File::open(path).map_err(|source| Mp4Error::Io { path: path.to_owned(), source })?;
    let mut buffer = Vec::new();
    for number in wanted {
        let Some(sample) = video.samples.get(u64::from(number)) else { continue };
        let Some((codec, framing)) = coding(video, &sample) else { continue };
        if sample.size > MOST_BYTES {
            continue;
        }
        buffer.resize(sample.size as usize, 0);
        file.read_exact_at(&mut buffer, sample.offset).map_err(|source| PrintError::Read {
            path: path.display().to_string(),
            sample: number,
            source,
        })?;
        prints.bytes += u64::from(sample.size);
        // torn units are no error here: such a sample matches nothing
        if let Ok(Some(print)) = hitless_media::Fingerprint::of_sample(codec, &buffer, framing) {
            prints.found.push((number, print.get()));
        }
    }
    Ok(prints)
}

fn coding(video: &Track, sample: &Sample) -> Option<(VideoCodec, Framing)> {
    let description = video.entries.get(usize::from(sample.entry))?.video()?;
    let length = ParameterSets::from_record(description.codec, &description.record)
        .map_or(LengthSize::Four, |(_, length)| length);
    Some((description.codec, Framing::LengthPrefixed(length)))
}
