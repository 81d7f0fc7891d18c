//! A segment as its files tell it, each read once.

use super::contents::Contents;
use super::files::Files;
use super::place::Place;
use crate::virtual_mp4::Outline;
use hitless_media::mp4::Mp4Error;
use hitless_media::storage::{FILE_NAME_ERROR, RebuildError, segment_from_files, segment_of};
use hitless_model::{ClockSource, Nanos, Segment, SegmentName};
use std::path::Path;

/// The clock of a name alone is believed this far where another recorder wrote
/// it: names are rounded, and hosts run without a time server.
const FOREIGN_ERROR: Nanos = Nanos::from_secs(10);
/// A name of ours has microseconds and tells when the first sample was there, by
/// the camera's clock or the host's: as good as what a strand knows before the
/// first report.
const OWN_ERROR: Nanos = Nanos::from_millis(500);

/// What the files of a segment say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFile {
    /// The row that they make.
    pub row: Segment,
    /// Its samples; `None` where it cannot be played.
    pub contents: Option<Contents>,
}

/// Reads a segment; without a `.meta` file it lies at `place`. A file that is
/// broken is no error but a row that says so.
pub fn read_segment(
    root: &Path,
    name: &SegmentName,
    files: &Files,
    place: Place,
) -> Result<InFile, RebuildError> {
    let path = files.path();
    let sidecar = files.sidecar()?;
    let movie = match files.movie() {
        Ok(movie) => movie,
        Err(error @ Mp4Error::Io { .. }) => return Err(RebuildError::Mp4(error)),
        Err(_) => {
            let row = segment_from_files(root, Path::new(&name.relative_path()))?;
            return Ok(InFile { row: trusted(row, path), contents: None });
        }
    };
    let mut row = trusted(segment_of(name.clone(), sidecar.clone(), &movie), path);
    if row.run.is_none() {
        place.put(&mut row);
    }
    let mut contents = Contents::of(&movie, &sidecar.unwrap_or_default(), row.media_start);
    if let Some(contents) = &mut contents {
        take_over(&mut row, contents);
        contents.outline = Outline::of(&movie);
    }
    Ok(InFile { row, contents: contents.filter(|contents| !contents.samples.is_empty()) })
}

/// The row of a segment's files alone.
pub fn row_of_file(root: &Path, name: &SegmentName) -> Result<Segment, RebuildError> {
    let files = Files::open(root.join(name.relative_path()));
    read_segment(root, name, &files, Place::alone(name)).map(|found| found.row)
}

/// What only the samples tell: what follows a loss.
fn take_over(row: &mut Segment, contents: &Contents) {
    if let Some(video) = &mut row.video {
        video.damaged = contents.samples.iter().filter(|sample| sample.damaged).count() as u64;
    }
}

/// How far the time in a name is believed where nothing else is known. Files of
/// other recorders are links under names that we gave them.
fn trusted(mut row: Segment, path: &Path) -> Segment {
    if let Some(clock) = row.clock.as_mut().filter(|_| row.run.is_none()) {
        let by_name = clock.point.source == ClockSource::FileName;
        if by_name && clock.point.error <= FILE_NAME_ERROR {
            clock.point.error = if path.is_symlink() { FOREIGN_ERROR } else { OWN_ERROR };
        }
    }
    row
}
