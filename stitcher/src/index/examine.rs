//! What a row should say, by its files.
//!
//! The files are the truth: a row that says something else is replaced by what
//! they say, a file that cannot be read is quarantined with its reason, and a
//! file that is gone is missing. A segment that a recorder still writes is
//! never judged, only read as far as it goes.

use super::contents::Contents;
use super::files::Files;
use super::in_file::{InFile, read_segment};
use super::place::Place;
use hitless_media::storage::RebuildError;
use hitless_model::{Segment, SegmentState};
use std::io::ErrorKind;
use std::path::Path;

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Examined {
    /// It says what its files say, which are these samples.
    Agrees(Option<Box<Contents>>),
    /// Its files say this.
    Differs(Box<Segment>),
    /// It is being written: what there is of it now, not to be stored.
    Growing(Box<Segment>),
    /// Its file is gone.
    Gone,
    /// The system would not let us read it; it may another time.
    Unreadable(String),
}

/// Holds a row against its files.
pub fn examine(root: &Path, row: &Segment) -> Examined {
    examine_files(root, row, &Files::open(root.join(row.name.relative_path())))
}

/// The same, where they are open already.
pub fn examine_files(root: &Path, row: &Segment, files: &Files) -> Examined {
    if row.state == SegmentState::Expired {
        return Examined::Agrees(None);
    }
    match read_segment(root, &row.name, files, Place::of(row)) {
        Ok(found) => compare(row, found),
        Err(RebuildError::Mp4(hitless_media::mp4::Mp4Error::Io { source, .. }))
            if source.kind() == ErrorKind::NotFound =>
        {
            gone(row)
        }
        Err(problem) => Examined::Unreadable(problem.to_string()),
    }
}

fn gone(row: &Segment) -> Examined {
    match row.state {
        // not there yet, or known to be missing
        SegmentState::Recording | SegmentState::Missing => Examined::Agrees(None),
        _ => Examined::Gone,
    }
}

fn compare(row: &Segment, InFile { row: mut found, contents }: InFile) -> Examined {
    found.overlap = row.overlap;
    if row.state == SegmentState::Recording {
        found.state = SegmentState::Recording;
        return Examined::Growing(Box::new(found));
    }
    // notes are words for people; recovery may have worded it otherwise
    if row.note.is_some() && found.note.is_some() {
        found.note.clone_from(&row.note);
    }
    match *row == found {
        true => Examined::Agrees(contents.map(Box::new)),
        false => Examined::Differs(Box::new(found)),
    }
}
