//! The row of a file.

use hitless_media::storage::{FILE_NAME_ERROR, RebuildError, segment_from_files};
use hitless_model::{ClockSource, Nanos, Segment, SegmentName};
use std::path::Path;

/// The clock of a name alone is believed this far where another recorder wrote
/// it: names are rounded, and hosts run without a time server.
const FOREIGN_ERROR: Nanos = Nanos::from_secs(10);

/// The row of a segment's files. The time in the name of a file that no
/// recorder of ours wrote is a clock of low trust.
pub fn row_of_file(root: &Path, name: &SegmentName) -> Result<Segment, RebuildError> {
    let mut row = segment_from_files(root, Path::new(&name.relative_path()))?;
    if let Some(clock) = row.clock.as_mut().filter(|_| row.run.is_none()) {
        let by_name = clock.point.source == ClockSource::FileName;
        if by_name && clock.point.error <= FILE_NAME_ERROR {
            clock.point.error = FOREIGN_ERROR;
        }
    }
    Ok(row)
}
