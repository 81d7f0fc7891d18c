//! The facts of a file that the database keeps.

use super::entry::VideoDescription;
use super::error::Mp4Error;
use super::movie::{Extent, Movie, Track};
use super::samples::Run;
use crate::parameters::ParameterSets;
use hitless_model::{AudioTrack, MediaSpan, Nanos, VideoTrack};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// What one file holds, without its sample tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Bytes on disk.
    pub size_bytes: u64,
    /// Whether all of it is there.
    pub extent: Extent,
    /// Fragments that were never joined into one table; 0 in a finished file.
    pub fragments: u32,
    /// An ordinary progressive file.
    pub finished: bool,
    /// Facts of the pictures; `damaged` is 0, a file does not know it.
    pub video: Option<VideoTrack>,
    /// When the earliest picture is shown in the file, in ticks of the video
    /// track. A file whose first picture comes after its first sound begins
    /// above 0.
    pub video_start: MediaSpan,
    /// When the first picture in decode order is shown; later than the
    /// earliest one where leading pictures follow it.
    pub video_first: MediaSpan,
    /// From the earliest picture to the end of the latest, in ticks of the
    /// video track.
    pub video_length: MediaSpan,
    /// Facts of the sound.
    pub audio: Option<AudioTrack>,
    /// How much later than the earliest picture the sound begins, an encoder's
    /// priming frames included.
    pub audio_offset: Nanos,
    /// Tracks that could not be read or are not known, for people.
    pub notes: Vec<String>,
}

/// Reads a file's facts.
pub fn inspect(path: &Path) -> Result<Inspection, Mp4Error> {
    Movie::open(path).map(|movie| inspect_movie(&movie))
}

/// The facts of a file that is read already.
pub fn inspect_movie(movie: &Movie) -> Inspection {
    let mut notes: Vec<String> =
        movie.set_aside.iter().map(|fault| format!("a track is set aside: {fault}")).collect();
    let mut known = |track: Option<&Track>, found: bool| {
        if let (Some(track), false) = (track, found) {
            let letters = track.entries.first().and_then(|entry| entry.kind());
            let letters = letters.map_or("nothing".to_owned(), |kind| format!("'{kind}'"));
            notes.push(format!("track {} is described by {letters}", track.id));
        }
    };
    let video = movie.video().and_then(video_facts);
    known(movie.video(), video.is_some());
    let audio = movie.audio().and_then(audio_facts);
    known(movie.audio(), audio.is_some());
    let range = movie.video().and_then(Track::shown_range);
    let (start, end) = range.unwrap_or_default();
    Inspection {
        size_bytes: movie.size_bytes,
        extent: movie.extent,
        fragments: movie.fragments,
        finished: movie.finished,
        video,
        video_start: MediaSpan::new(start),
        video_first: MediaSpan::new(movie.video().and_then(first_shown).unwrap_or_default()),
        video_length: MediaSpan::new(end.saturating_sub(start)),
        audio,
        audio_offset: audio_offset(movie, range),
        notes,
    }
}

fn first_shown(track: &Track) -> Option<i64> {
    track.samples.get(0).map(|sample| track.shown(&sample))
}

/// `shown`: the range of the pictures.
fn audio_offset(movie: &Movie, shown: Option<(i64, i64)>) -> Nanos {
    let begins = |track: Option<&Track>, range: Option<(i64, i64)>| {
        Some(MediaSpan::new(range?.0).to_nanos(track?.timescale))
    };
    let sound = movie.audio().and_then(Track::shown_range);
    match (begins(movie.video(), shown), begins(movie.audio(), sound)) {
        (Some(video), Some(audio)) => audio.minus(video),
        _ => Nanos::ZERO,
    }
}

fn video_facts(track: &Track) -> Option<VideoTrack> {
    let mut used: Vec<u16> = track.samples.runs().iter().map(|run| run.entry).collect();
    // nearly always one: not worth a set
    used.dedup();
    used.sort_unstable();
    used.dedup();
    let mut used: Vec<VideoDescription> =
        used.iter().filter_map(|index| track.entries.get(usize::from(*index))?.video()).collect();
    if used.is_empty() {
        used.extend(track.entries.first()?.video());
    }
    let first = used.first()?;
    let sets = ParameterSets::from_record(first.codec, &first.record);
    let format = sets.as_ref().ok().and_then(|(sets, _)| sets.format().ok());
    // as the parameter sets say, which know about cropping; else as the entry
    let (width, height) =
        format.map_or((first.width, first.height), |format| (format.width, format.height));
    let parameters = match (used.as_slice(), &sets) {
        ([_], Ok((sets, _))) => sets.hash(),
        (used, _) => parameters(used),
    };
    let keys = track.samples.runs().iter().filter(|run| run.key);
    Some(VideoTrack {
        codec: first.codec,
        width,
        height,
        timescale: track.timescale,
        samples: track.samples.len(),
        key_frames: keys.map(|run| u64::from(run.count)).sum(),
        bytes: track.samples.bytes(),
        damaged: 0,
        parameters,
    })
}

/// One number for all descriptions in use: for one, the hash of its parameter
/// sets; for several, the hash of their hashes.
fn parameters(used: &[VideoDescription]) -> u64 {
    let mut hashes: Vec<u64> = used.iter().map(VideoDescription::parameters).collect();
    hashes.sort_unstable();
    hashes.dedup();
    match hashes.as_slice() {
        [one] => *one,
        many => xxh3_64(&many.iter().flat_map(|hash| hash.to_be_bytes()).collect::<Vec<_>>()),
    }
}

impl VideoDescription {
    /// Hash of its parameter sets; of the bare record where that cannot be
    /// read.
    pub fn parameters(&self) -> u64 {
        match ParameterSets::from_record(self.codec, &self.record) {
            Ok((sets, _)) => sets.hash(),
            Err(_) => xxh3_64(&self.record),
        }
    }
}

fn audio_facts(track: &Track) -> Option<AudioTrack> {
    let described = track.entries.first()?.audio()?;
    Some(AudioTrack {
        codec: described.codec,
        sample_rate: match described.sample_rate {
            0 => track.timescale,
            rate => rate,
        },
        channels: described.channels,
        samples: track.samples.runs().iter().map(|run: &Run| u64::from(run.count)).sum(),
    })
}
