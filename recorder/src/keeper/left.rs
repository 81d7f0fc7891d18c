//! Segments whose pipeline or storage failed, recovered as after a crash.
//!
//! At once if the storage answers; else they stay behind and are tried again
//! until it does, at the latest at the next start.

use super::Keeper;
use crate::recovery;
use hitless_model::SegmentName;
use std::sync::Arc;
use tokio::task::spawn_blocking;
use tracing::{debug, error, info};

impl Keeper {
    /// Recovers what a failed pipeline left open.
    pub(super) async fn recover(&mut self, pipeline: u64) {
        let left: Vec<SegmentName> = self
            .open
            .iter()
            .filter(|(_, open)| open.pipeline == pipeline)
            .map(|(name, _)| name.clone())
            .collect();
        for name in left {
            self.open.remove(&name);
            self.recover_one(name).await;
        }
    }

    /// Looks once more after what a failing storage left behind.
    pub(super) async fn recover_left(&mut self) {
        for name in std::mem::take(&mut self.left) {
            self.recover_one(name).await;
        }
    }

    async fn recover_one(&mut self, name: SegmentName) {
        let (storage, run) = (Arc::clone(&self.parts.storage), self.parts.run.clone());
        let (camera, left) = (&self.parts.id, name.clone());
        match spawn_blocking(move || recovery::recover(&storage, &name, &run)).await {
            Ok(Ok(Some(segment))) => {
                info!(%camera, segment = %left, state = %segment.state, "segment recovered");
                self.index.tell_segment(segment);
            }
            Ok(Ok(None)) => {}
            Ok(Err(problem)) => {
                debug!(%camera, segment = %left, "{problem}; tried again");
                self.left.insert(left);
            }
            Err(panic) => error!(%camera, "recovery failed: {panic}"),
        }
    }
}
