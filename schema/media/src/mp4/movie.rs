//! What a file holds, as the reader gives it.

use super::boxes::BoxKind;
use super::entry::SampleEntry;
use super::error::{Fault, Mp4Error};
use super::samples::{Sample, Samples};
use super::source::ReadAt;
use super::walk;
use std::fs::File;
use std::io;
use std::path::Path;

/// What kind of media a track holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrackKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Anything else, with its handler's four letters.
    Other(BoxKind),
}

/// An entry of a track's edit list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    /// Length in ticks of the movie; 0 means the rest in a fragmented file.
    pub length: u64,
    /// Where in the media it begins, in ticks of the track; `None`: nothing is
    /// shown for its length.
    pub media: Option<u64>,
}

/// Whether all of a file is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// It is.
    Whole,
    /// What begins at this byte is not: the file was cut, or is still written.
    CutShort {
        /// The first such byte.
        at: u64,
    },
}

/// One track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Its id in the file.
    pub id: u32,
    /// What it holds.
    pub kind: TrackKind,
    /// Ticks per second; never 0.
    pub timescale: u32,
    /// How to decode its samples, as raw bytes.
    pub entries: Vec<SampleEntry>,
    /// Its edit list.
    pub edits: Vec<Edit>,
    /// Its samples.
    pub samples: Samples,
    /// From composition time to time in the movie, in ticks of the track.
    pub shift: i64,
}

impl Track {
    /// When a sample is shown in the movie, in ticks of the track.
    pub fn shown(&self, sample: &Sample) -> i64 {
        sample.composed().saturating_add(self.shift)
    }

    /// From the earliest sample shown to the end of the latest one, in the
    /// movie and in ticks of the track; `None` without samples.
    pub fn shown_range(&self) -> Option<(i64, i64)> {
        let runs = self.samples.runs();
        let first = runs.first()?;
        let (mut begin, mut end, mut last) = (i64::MAX, i64::MIN, i64::MIN);
        let mut shortest: Option<u32> = None;
        for run in runs {
            let late = i64::from(run.composition).saturating_add(self.shift);
            let to = run.end();
            begin = begin.min(run.decode.saturating_add(late));
            end = end.max(to.saturating_add(late));
            last = last.max(to.saturating_sub(i64::from(run.duration)).saturating_add(late));
            if run.duration > 0 {
                shortest = Some(shortest.map_or(run.duration, |d| d.min(run.duration)));
            }
        }
        // Durations are of decoding: where pictures are out of order, a late
        // one of them may last through a pause of the camera that lies before
        // it, and so seem to end after the track.
        let decoded = self.samples.end().saturating_sub(first.decode);
        let shown = last.saturating_add(shortest.map_or(0, i64::from));
        Some((begin, end.min(begin.saturating_add(decoded).max(shown))))
    }
}

/// A file's tracks and how whole it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movie {
    /// Ticks per second of edit lengths.
    pub timescale: u32,
    /// Tracks that could be read.
    pub tracks: Vec<Track>,
    /// Tracks that could not, and why.
    pub set_aside: Vec<Fault>,
    /// Fragments whose samples are in the tracks beside those of the tables;
    /// 0 in an ordinary progressive file.
    pub fragments: u32,
    /// An ordinary progressive file: one table for everything and no
    /// fragments, nor a promise of any.
    pub finished: bool,
    /// Whether all of the file is there.
    pub extent: Extent,
    /// Bytes of the file when it was read.
    pub size_bytes: u64,
}

impl Movie {
    /// Reads a file. A pipe is none: whoever opens it waits for ever.
    pub fn open(path: &Path) -> Result<Self, Mp4Error> {
        let opened = match path.metadata() {
            Ok(found) if found.is_file() => File::open(path),
            Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no file")),
            Err(source) => Err(source),
        };
        let file = opened.map_err(|source| Mp4Error::Io { path: path.to_owned(), source })?;
        Self::read(&file, path)
    }

    /// Reads from any source; `path` is for errors alone.
    pub fn read<S: ReadAt + ?Sized>(source: &S, path: &Path) -> Result<Self, Mp4Error> {
        walk::read(source, path)
    }

    /// The first track with pictures.
    pub fn video(&self) -> Option<&Track> {
        self.tracks.iter().find(|track| track.kind == TrackKind::Video)
    }

    /// The first track with sound.
    pub fn audio(&self) -> Option<&Track> {
        self.tracks.iter().find(|track| track.kind == TrackKind::Audio)
    }
}
