//! What a crash left: segments that were open when their recorder died.
//!
//! Each is read for what it holds, made durable, and told to the database as
//! recovered; one that cannot be read is told as corrupt, with the reason, and
//! left where it is. Nothing is ever deleted here.

use crate::index::Index;
use crate::storage::{Storage, StorageError, sync_file_and_folder};
use hitless_model::{Segment, SegmentName, SegmentState};
use std::sync::Arc;
use tokio::task::spawn_blocking;
use tracing::{error, info, warn};

/// Recovers all that was left open.
pub async fn run(storage: Arc<Storage>, left: Vec<SegmentName>, index: Index) {
    if left.is_empty() {
        return;
    }
    warn!(segments = left.len(), "the last run was killed; recovering what it left open");
    for name in left {
        let (storage, shown) = (Arc::clone(&storage), name.clone());
        match spawn_blocking(move || recover(&storage, &name)).await {
            Ok(Ok(segment)) => tell(&index, segment),
            Ok(Err(problem)) => error!(segment = %shown, "{problem}; tried again at the next start"),
            Err(panic) => error!(segment = %shown, "recovery failed: {panic}"),
        }
    }
}

fn tell(index: &Index, segment: Segment) {
    let (name, seconds) = (&segment.name, segment.duration.as_secs_f64());
    match segment.state {
        SegmentState::Corrupt => {
            let why = segment.note.as_deref().unwrap_or_default();
            error!(segment = %name, "nothing of the segment can be read: {why}; the file is kept");
        }
        _ => info!(segment = %name, seconds, "segment recovered"),
    }
    index.tell_segment(segment);
}

/// Recovers one segment. Reads the disk.
pub fn recover(storage: &Storage, name: &SegmentName) -> Result<Segment, StorageError> {
    let path = storage.path_of(name);
    let segment = read(&path, name);
    if path.exists() {
        sync_file_and_folder(&path)?;
    }
    storage.closed(name)?;
    Ok(segment)
}

fn read(path: &std::path::Path, name: &SegmentName) -> Segment {
    use hitless_model::{MediaSpan, MediaTime, Nanos, OverlapStatus};
    let mut row = Segment {
        name: name.clone(),
        run: None,
        strand: 0,
        size_bytes: 0,
        state: SegmentState::Corrupt,
        overlap: OverlapStatus::Pending,
        start: name.start,
        duration: Nanos::ZERO,
        media_start: MediaTime::new(0),
        media_length: MediaSpan::new(0),
        clock: None,
        video: None,
        audio: None,
        note: None,
    };
    match hitless_media::mp4::inspect(path) {
        Ok(found) => {
            row.state = SegmentState::Recovered;
            row.size_bytes = found.size_bytes;
            row.media_length = found.video_length;
            row.duration = found.video_length.to_nanos(90_000);
            row.video = found.video;
            row.audio = found.audio;
        }
        Err(e) => row.note = Some(e.to_string()),
    }
    row
}
