//! What a crash left: segments that were open when their recorder died.
//!
//! Each is read for what it holds, noted as recovered, made durable, and told
//! to the database; one that cannot be read is told as corrupt, with the
//! reason, and left where it is. Nothing is ever deleted here.

use crate::http::Timings;
use crate::index::Index;
use crate::keeper::note_recovered;
use crate::storage::{Storage, StorageError, sync_file_and_folder};
use hitless_media::storage::{RebuildError, segment_from_files};
use hitless_model::{RunId, Segment, SegmentName, SegmentState};
use std::sync::Arc;
use std::time::Instant;
use tokio::task::spawn_blocking;
use tracing::{error, info, warn};

/// Why a segment could not be recovered; it stays on the list of open ones.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Its files could not be read.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// Its files could not be synced or noted.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Who recovers.
pub struct Recovery {
    /// Where the segments are.
    pub storage: Arc<Storage>,
    /// Which life of the recorder this is.
    pub run: RunId,
    /// Told how each stands.
    pub index: Index,
    /// Told how long it took.
    pub timings: Timings,
}

impl Recovery {
    /// Recovers all that was left open.
    pub async fn of(self, left: Vec<SegmentName>) {
        if left.is_empty() {
            return;
        }
        warn!(segments = left.len(), "the last run was killed; recovering what it left open");
        for name in left {
            let (storage, run, shown) = (Arc::clone(&self.storage), self.run.clone(), name.clone());
            let begun = Instant::now();
            match spawn_blocking(move || recover(&storage, &name, &run)).await {
                Ok(Ok(Some(segment))) => {
                    tell(&self.index, segment);
                    self.timings.recovered(begun.elapsed());
                }
                Ok(Ok(None)) => {}
                Ok(Err(problem)) => {
                    error!(segment = %shown, "{problem}; tried again at the next start")
                }
                Err(panic) => error!(segment = %shown, "recovery failed: {panic}"),
            }
        }
    }
}

fn tell(index: &Index, segment: Segment) {
    let (name, seconds) = (&segment.name, segment.duration.as_secs_f64());
    match segment.state {
        SegmentState::Corrupt => {
            let why = segment.note.as_deref().unwrap_or_default();
            warn!(segment = %name, "nothing of the segment can be read: {why}; the file is kept");
        }
        state => info!(segment = %name, seconds, %state, "segment recovered"),
    }
    index.tell_segment(segment);
}

/// Recovers one segment; nothing if its file was never made. Reads the disk.
pub fn recover(
    storage: &Storage,
    name: &SegmentName,
    by: &RunId,
) -> Result<Option<Segment>, RecoveryError> {
    // Nothing can be said of a segment while its storage is not there.
    storage.check_mounted()?;
    let path = storage.path_of(name);
    if !path.exists() {
        storage.closed(name)?;
        return Ok(None);
    }
    let segment = segment_from_files(storage.root(), &path)?;
    if segment.state != SegmentState::Complete {
        let note = segment.note.clone().unwrap_or_default();
        note_recovered(&path, by, note, crate::clock::now())?;
    }
    sync_file_and_folder(&path.with_extension("meta"))?;
    sync_file_and_folder(&path)?;
    storage.closed(name)?;
    Ok(Some(segment))
}
