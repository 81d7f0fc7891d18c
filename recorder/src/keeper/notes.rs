//! The `.meta` file beside a segment, as the recorder writes it.

use super::{Note, SegmentHeader};
use crate::storage::StorageError;
use hitless_media::sidecar::{Clock, Closed, Opened, Record, Recovered, SampleRange, Writer};
use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{ClockMap, RunId, Segment, Utc};
use std::path::Path;

/// Begins the file; it must not exist.
pub(super) fn create(path: &Path, header: &SegmentHeader) -> Result<(), StorageError> {
    let mut file = Writer::create(path)?;
    file.write(&Record::Opened(Opened {
        run: header.run.clone(),
        strand: header.strand,
        rtp_start: header.media_start,
        timescale: VIDEO_TIMESCALE,
        reorder_depth: header.reorder_depth,
        frame: header.frame,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }))?;
    match header.clock {
        Some(map) => Ok(file.write(&clock(map))?),
        None => Ok(()),
    }
}

/// Adds what became known.
pub(super) fn append(path: &Path, note: &Note) -> Result<(), StorageError> {
    let record = match note {
        Note::Clock(map) => clock(*map),
        Note::Damaged(number) => Record::Damaged(SampleRange { first: *number, count: 1 }),
    };
    Ok(Writer::resume(path)?.write(&record)?)
}

/// Adds that the segment is closed, with the clock as it was known at the end.
pub(super) fn close(path: &Path, segment: &Segment, at: Utc) -> Result<(), StorageError> {
    let mut file = Writer::resume(path)?;
    if let Some(map) = segment.clock {
        file.write(&clock(map))?;
    }
    file.write(&Record::Closed(Closed {
        samples: segment.video.as_ref().map_or(0, |v| v.samples),
        size_bytes: segment.size_bytes,
        media_end: segment.media_start.plus(segment.media_length),
        at,
        cause: None,
    }))?;
    Ok(())
}

/// Adds that a later run found the segment open and looked after it.
pub(crate) fn recovered(
    path: &Path,
    by: &RunId,
    note: String,
    at: Utc,
) -> Result<(), StorageError> {
    let record = Record::Recovered(Recovered { by: by.clone(), at, note });
    Ok(Writer::resume(path)?.write(&record)?)
}

fn clock(map: ClockMap) -> Record {
    Record::Clock(Clock { point: map.point, drift_ppb: map.drift_ppb })
}
