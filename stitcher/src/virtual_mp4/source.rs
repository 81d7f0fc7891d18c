//! A piece's file, its tables read, and the facts of the piece in it.

use super::axis::{rescale, ticks};
use super::error::VirtualError;
use super::piece::Piece;
use crate::regular;
use hitless_media::mp4::{Movie, Mp4Error, ReadAt, Run, Sample, Track};
use hitless_model::time::VIDEO_TIMESCALE;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::iter::Flatten;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{IntoIter, sync_channel};
use std::thread::Scope;

/// A picture that is shown for so many usual ones stood still.
const STOOD_STILL: i64 = 3;

/// Files that are read before they are asked for, and handed over at once:
/// waking the other thread for each costs as much as a file.
const AHEAD: usize = 3;
/// The same where calls of the system count more than memory.
const AHEAD_TO_SHARE: usize = 6;

/// Whether originals stay open behind their tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Originals {
    /// They are closed: nobody knows whether their bytes will be asked for.
    Closed,
    /// The first ones stay open: their bytes are copied next.
    Open,
    /// The same, and where they are going blocks are shared: reading their
    /// tables is all there is to do.
    Shared,
}

/// Originals that stay open at most; a process may have 1,024 files.
const MOST_OPEN: usize = 256;

/// A file and its tables.
type Read = (PathBuf, Result<(Movie, Known), Mp4Error>);

/// The file read last: neighbouring pieces are often of one.
#[derive(Debug)]
pub(super) struct Sources {
    last: Option<(PathBuf, Movie)>,
    ahead: Option<Flatten<IntoIter<Vec<Read>>>>,
    originals: Originals,
    open: HashMap<Arc<Path>, File>,
}

impl Sources {
    pub(super) fn new(originals: Originals) -> Self {
        Self { last: None, ahead: None, originals, open: HashMap::new() }
    }

    pub(super) fn open(&mut self, path: &Path) -> Result<&Movie, VirtualError> {
        let known = self.last.take_if(|(of, _)| of == path);
        let movie = match known {
            Some((_, movie)) => movie,
            None => self.read(path)?,
        };
        // The one before goes only now: memory that is given back to the system
        // is asked for again with the next file.
        Ok(&self.last.insert((path.to_owned(), movie)).1)
    }

    /// The originals that are still open.
    pub(super) fn into_open(self) -> HashMap<Arc<Path>, File> {
        self.open
    }

    fn read(&mut self, path: &Path) -> Result<Movie, VirtualError> {
        let mut ahead = self.ahead.iter_mut().flatten();
        let read = match ahead.find(|(of, _)| of == path) {
            Some((_, read)) => read,
            None => open(path),
        };
        let (movie, known) = read?;
        if self.originals != Originals::Closed && self.open.len() < MOST_OPEN {
            self.open.insert(path.into(), known.file);
        }
        Ok(movie)
    }

    /// Reads the files of these pieces on another thread, in their order: a
    /// day's header is half reading and half putting together.
    pub(super) fn read_ahead<'s>(&mut self, scope: &'s Scope<'s, '_>, pieces: &'s [Piece]) {
        let (read, ahead) = sync_channel(1);
        self.ahead = Some(ahead.into_iter().flatten());
        let mut paths: Vec<&Path> = pieces.iter().map(|piece| piece.path.as_path()).collect();
        paths.dedup();
        let at_once = if self.originals == Originals::Shared { AHEAD_TO_SHARE } else { AHEAD };
        scope.spawn(move || {
            for paths in paths.chunks(at_once) {
                let movies = paths.iter().map(|path| (path.to_path_buf(), open(path)));
                if read.send(movies.collect()).is_err() {
                    // Nobody needs more.
                    return;
                }
            }
        });
    }
}

/// A file and its tables.
fn open(path: &Path) -> Result<(Movie, Known), Mp4Error> {
    let (file, bytes) =
        regular::open(path).map_err(|source| Mp4Error::Io { path: path.to_owned(), source })?;
    let known = Known { file, bytes };
    Ok((Movie::read(&known, path)?, known))
}

/// A file whose size is known: it is asked for once.
#[derive(Debug)]
struct Known {
    file: File,
    bytes: u64,
}

impl ReadAt for Known {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        FileExt::read_at(&self.file, buffer, at)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.bytes)
    }
}

fn sample(run: &Run, index: u64) -> Sample {
    Sample {
        number: run.first + index,
        offset: run.offset + index * u64::from(run.size),
        size: run.size,
        decode: run.decode.saturating_add_unsigned(index * u64::from(run.duration)),
        duration: run.duration,
        composition: run.composition,
        entry: run.entry,
        key: run.key,
    }
}

/// The last picture of a piece, in ticks of the clip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastPicture {
    /// When it is shown, from the piece's beginning on.
    pub(super) shown: i64,
    /// How long its file shows it.
    pub(super) stands: i64,
}

impl LastPicture {
    /// How long it is shown. Where a camera fell silent the file lets it stand
    /// until the next one came; what it shows beyond the end of the piece is no
    /// footage.
    pub(super) fn frame(self, piece: &Piece) -> i64 {
        let wall = ticks(piece.end, piece.start);
        let steps = i64::try_from(piece.samples).unwrap_or(i64::MAX) - 1;
        let usual = if steps > 0 { self.shown / steps } else { wall };
        if self.stands > usual.saturating_mul(STOOD_STILL) {
            self.stands.min((wall - self.shown).max(1))
        } else {
            self.stands
        }
    }
}

/// A piece within its file. Ticks are the clip's (90 kHz).
#[derive(Debug)]
pub(super) struct Inside<'a> {
    pub(super) piece: &'a Piece,
    pub(super) movie: &'a Movie,
    pub(super) video: &'a Track,
    /// When its earliest picture is shown, in ticks of the file's track.
    pub(super) anchor: i64,
    /// From there to the end of the last one.
    pub(super) length: i64,
    /// How long the last one is shown.
    pub(super) frame: i64,
    /// When the last one comes on the screen, and how long the file shows it.
    pub(super) last: LastPicture,
    /// Its pictures are shown in the order in which they are decoded.
    pub(super) in_order: bool,
}

impl<'a> Inside<'a> {
    pub(super) fn new(piece: &'a Piece, movie: &'a Movie) -> Result<Self, VirtualError> {
        let path = || piece.path.clone();
        let video = movie.video().ok_or_else(|| VirtualError::NoPictures { path: path() })?;
        let wanted = piece.first_sample.saturating_add(piece.samples);
        let there = video.samples.len();
        if wanted > there || piece.samples == 0 {
            return Err(VirtualError::TooFewSamples { path: path(), there, wanted });
        }
        let (anchor, last) = (i64::MAX, LastPicture::default());
        let mut inside =
            Self { piece, movie, video, anchor, length: 0, frame: 1, last, in_order: true };
        let (mut latest, mut length) = (i64::MIN, 1);
        for sample in inside.samples(piece.first_sample..wanted) {
            let shown = video.shown(&sample);
            inside.anchor = inside.anchor.min(shown);
            if shown > latest {
                (latest, length) = (shown, i64::from(sample.duration));
            } else {
                inside.in_order = false;
            }
        }
        let stands = rescale(length, video.timescale, VIDEO_TIMESCALE).max(1);
        inside.last = LastPicture { shown: inside.ticks(latest), stands };
        inside.frame = inside.last.frame(piece);
        inside.length = inside.last.shown + inside.frame;
        Ok(inside)
    }

    /// Ticks from the piece's beginning to a time of the file's track.
    pub(super) fn ticks(&self, shown: i64) -> i64 {
        rescale(shown.saturating_sub(self.anchor), self.video.timescale, VIDEO_TIMESCALE)
    }

    /// When a sample is shown, from the piece's beginning on.
    pub(super) fn shown(&self, sample: &Sample) -> i64 {
        self.ticks(self.video.shown(sample))
    }

    pub(super) fn samples(
        &self,
        range: std::ops::Range<u64>,
    ) -> impl DoubleEndedIterator<Item = Sample> + use<'a> {
        // Along the runs: looking up each number took most of a day's header.
        let runs = self.video.samples.runs();
        let begin = runs.partition_point(|run| run.first + u64::from(run.count) <= range.start);
        let end = runs.partition_point(|run| run.first < range.end);
        runs[begin..end.max(begin)].iter().flat_map(move |run| {
            let skip = range.start.saturating_sub(run.first);
            let take = range.end.saturating_sub(run.first).min(run.count.into());
            (skip..take).map(|index| sample(run, index))
        })
    }

    pub(super) fn range(&self) -> std::ops::Range<u64> {
        self.piece.first_sample..self.piece.first_sample + self.piece.samples
    }
}
