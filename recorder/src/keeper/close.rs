//! From a file that GStreamer has closed to a durable segment and its row.

use super::SegmentHeader;
use super::notes;
use super::state::Open;
use crate::storage::{Storage, StorageError, sync_file_and_folder};
use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{MediaSpan, Nanos, OverlapStatus, Segment, SegmentState};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

/// A segment that is being closed. Blocks while it runs.
pub(super) struct Closing {
    pub(super) storage: Arc<Storage>,
    pub(super) open: Open,
}

impl Closing {
    /// File, `.meta` file and folder are durable before the segment leaves the
    /// list of open ones.
    pub(super) fn run(self) -> Result<Segment, StorageError> {
        let path = &self.open.path;
        let size =
            std::fs::metadata(path).map_err(|e| StorageError::io("cannot look at", path, e))?.len();
        let segment = closed_row(&self.open, size);
        notes::close(path, &segment, crate::clock::now())?;
        sync_file_and_folder(&path.with_extension("meta"))?;
        sync_file_and_folder(path)?;
        self.storage.closed(&self.open.header.name)?;
        Ok(segment)
    }
}

/// The row of a segment whose file was just created.
pub(super) fn opened_row(header: &SegmentHeader) -> Segment {
    Segment {
        name: header.name.clone(),
        run: Some(header.run.clone()),
        strand: header.strand,
        size_bytes: 0,
        state: SegmentState::Recording,
        overlap: OverlapStatus::Pending,
        start: header.name.start,
        duration: Nanos::ZERO,
        media_start: header.media_start,
        media_length: MediaSpan::new(0),
        clock: header.clock,
        video: None,
        audio: None,
        note: None,
    }
}

fn closed_row(open: &Open, size: u64) -> Segment {
    let mut row = opened_row(&open.header);
    row.state = SegmentState::Complete;
    row.size_bytes = size;
    if let Some((tally, clock)) = &open.ended {
        row.clock = clock.or(row.clock);
        row.media_length = tally.length();
        row.duration = tally.length().to_nanos(VIDEO_TIMESCALE);
        row.video = Some(tally.video_track().clone());
        row.audio = tally.audio_track().cloned();
    }
    if let Some(map) = row.clock {
        row.start = map.to_utc(row.media_start);
    }
    row
}

/// Makes durable what was written of open files so far.
pub(super) fn sync_data(paths: &[PathBuf]) -> Result<(), StorageError> {
    for path in paths {
        for file in [path.clone(), path.with_extension("meta")] {
            File::open(&file)
                .and_then(|f| f.sync_data())
                .map_err(|e| StorageError::io("cannot sync", &file, e))?;
        }
    }
    Ok(())
}
