//! A row of the index from a segment's two files and its name alone.
//!
//! What recovery, indexing and `rescan` share. The row never says that a
//! segment is being written: only the run that writes it knows that.

use crate::mp4::{Extent, Inspection, Movie, Mp4Error, inspect, inspect_movie};
use crate::sidecar::{Sidecar, SidecarError};
use hitless_model::{
    ClockMap, ClockPoint, ClockSource, MediaSpan, MediaTime, NameError, Nanos, OverlapStatus,
    Segment, SegmentName, SegmentState, Utc,
};
use std::path::{Path, PathBuf};

/// How far the time in a name may be off, where nothing else is known: a
/// recorder that had not heard the camera's clock put its own there.
pub const FILE_NAME_ERROR: Nanos = Nanos::from_secs(1);

/// Why no row could be made.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// It is not named like a segment.
    #[error("{path}: {source}", path = path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// What is wrong with its name.
        source: NameError,
    },
    /// The system would not let us read it. A file that is broken is no error
    /// but a row that says so.
    #[error(transparent)]
    Mp4(Mp4Error),
    /// The same of its `.meta` file.
    #[error(transparent)]
    Sidecar(#[from] SidecarError),
}

/// The row of a segment; `path` is below `root`, or whole.
pub fn segment_from_files(root: &Path, path: &Path) -> Result<Segment, RebuildError> {
    let path = root.join(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = SegmentName::parse(&name)
        .map_err(|source| RebuildError::Name { path: path.clone(), source })?;
    let sidecar = Sidecar::read(&path)?;
    match inspect(&path) {
        Ok(facts) => Ok(Row { name, sidecar, notes: facts.notes.clone() }.of(&facts)),
        Err(error @ Mp4Error::Io { .. }) => Err(RebuildError::Mp4(error)),
        Err(error) => Ok(Row { name, sidecar, notes: vec![reason(&error)] }.corrupt(size(&path))),
    }
}

/// The row of a segment whose files are read already.
pub fn segment_of(name: SegmentName, sidecar: Option<Sidecar>, movie: &Movie) -> Segment {
    let facts = inspect_movie(movie);
    Row { name, sidecar, notes: facts.notes.clone() }.of(&facts)
}

/// Without the path, which the row has.
fn reason(error: &Mp4Error) -> String {
    match error {
        Mp4Error::NoMovie { size, .. } => format!("no moov within {size} bytes"),
        Mp4Error::Broken { fault, .. } => fault.to_string(),
        Mp4Error::Io { source, .. } => source.to_string(),
    }
}

fn size(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}

struct Row {
    name: SegmentName,
    sidecar: Option<Sidecar>,
    notes: Vec<String>,
}

impl Row {
    fn of(mut self, facts: &Inspection) -> Segment {
        let timescale = facts.video.as_ref().map_or(1, |video| video.timescale);
        let sidecar = self.sidecar.take().unwrap_or_default();
        let opened = sidecar.opened.as_ref();
        let strand_timescale = opened.map_or(timescale, |opened| opened.timescale);
        let ticks = |span: MediaSpan| rescaled(span, timescale, strand_timescale);
        // The first line tells of the first sample; leading pictures are
        // shown before it.
        let lead = facts.video_first.ticks().saturating_sub(facts.video_start.ticks());
        let media_start = sidecar
            .rtp_start()
            .map(|start| start.plus(ticks(MediaSpan::new(lead.saturating_neg()))))
            .unwrap_or_default();
        let media_length = ticks(facts.video_length);
        let clock =
            sidecar.clock_map().unwrap_or_else(|| self.by_name(media_start, strand_timescale));
        let start = clock.to_utc(media_start);
        let mut video = facts.video.clone();
        if let Some(video) = &mut video {
            video.damaged = sidecar.damaged_of(video.samples);
            // that of the row's times, whatever the file counts in
            video.timescale = strand_timescale;
        }
        let state = self.state(facts, &sidecar);
        Segment {
            run: opened.map(|opened| opened.run.clone()),
            strand: opened.map_or(0, |opened| opened.strand),
            size_bytes: facts.size_bytes,
            state,
            overlap: OverlapStatus::Pending,
            start,
            duration: clock.to_utc(media_start.plus(media_length)).since(start),
            media_start,
            media_length,
            clock: Some(clock),
            video,
            audio: facts.audio.clone(),
            note: self.note(),
            name: self.name,
        }
    }

    /// Nothing but what name and `.meta` file say.
    fn corrupt(mut self, size_bytes: u64) -> Segment {
        let sidecar = self.sidecar.take().unwrap_or_default();
        let media_start = sidecar.rtp_start().unwrap_or_default();
        let clock = sidecar.clock_map();
        let opened = sidecar.opened.as_ref();
        Segment {
            run: opened.map(|opened| opened.run.clone()),
            strand: opened.map_or(0, |opened| opened.strand),
            size_bytes,
            state: SegmentState::Corrupt,
            overlap: OverlapStatus::Pending,
            start: clock.map_or(self.name.start, |clock| clock.to_utc(media_start)),
            duration: Nanos::ZERO,
            media_start,
            media_length: MediaSpan::default(),
            clock,
            video: None,
            audio: None,
            note: self.note(),
            name: self.name,
        }
    }

    /// A finished file is whole and has one table for all of it. One that a kill
    /// caught between its end and the last line of its `.meta` file is
    /// finished too.
    fn state(&mut self, facts: &Inspection, sidecar: &Sidecar) -> SegmentState {
        if let Some(found) = sidecar.recovered.as_ref().filter(|found| !found.note.is_empty()) {
            self.notes.push(found.note.clone());
        }
        if facts.video.as_ref().is_none_or(|video| video.samples == 0) {
            self.notes.push("no pictures that can be read".to_owned());
            return SegmentState::Corrupt;
        }
        let samples = facts.video.as_ref().map_or(0, |video| video.samples);
        if let Some(closed) = sidecar.closed.filter(|closed| closed.samples != samples) {
            self.notes.push(format!("closed with {} pictures, has {samples}", closed.samples));
        }
        match facts.extent {
            Extent::CutShort { at } => {
                self.notes.push(format!("cut short at byte {at}"));
                SegmentState::Recovered
            }
            Extent::Whole if !facts.finished => {
                self.notes.push(format!("never finished: {} fragments", facts.fragments));
                SegmentState::Recovered
            }
            Extent::Whole => SegmentState::Complete,
        }
    }

    fn by_name(&self, media: MediaTime, timescale: u32) -> ClockMap {
        let utc: Utc = self.name.start;
        let source = ClockSource::FileName;
        ClockMap::through(ClockPoint { media, utc, source, error: FILE_NAME_ERROR }, timescale)
    }

    fn note(&self) -> Option<String> {
        (!self.notes.is_empty()).then(|| self.notes.join("; "))
    }
}

/// Recorders write both at 90 kHz; a stranger's file may differ.
fn rescaled(span: MediaSpan, from: u32, to: u32) -> MediaSpan {
    if from == to { span } else { MediaSpan::from_nanos(span.to_nanos(from), to) }
}
