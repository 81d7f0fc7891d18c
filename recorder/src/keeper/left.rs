//! Segments whose pipeline or storage failed, recovered as after a crash.
//!
//! At once if the storage answers; else they stay behind and are tried again
//! until it does, at the latest at the next start.

use super::Keeper;
use crate::recovery;
use hitless_model::{Segment, SegmentName};
use std::sync::Arc;
use tracing::{debug, error, info};

/// What a look after a segment found.
enum Looked {
    NotThere,
    At(Option<Box<Segment>>),
}

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
        let work = move || match storage.path_of(&name).try_exists() {
            // It was made: where it is gone, it may come back.
            Ok(false) => Ok(Looked::NotThere),
            _ => recovery::recover(&storage, &name, &run)
                .map(|found| Looked::At(found.map(Box::new))),
        };
        match self.blocking(work).await {
            Ok(Ok(Looked::At(Some(segment)))) => {
                info!(%camera, segment = %left, state = %segment.state, "segment recovered");
                self.index.tell_segment(*segment);
            }
            Ok(Ok(Looked::At(None))) => {}
            Ok(Ok(Looked::NotThere)) => {
                debug!(%camera, segment = %left, "the file is not there; tried again");
                self.left.insert(left);
            }
            Ok(Err(problem)) => {
                debug!(%camera, segment = %left, "{problem}; tried again");
                self.left.insert(left);
            }
            Err(panic) => error!(%camera, "recovery failed: {panic}"),
        }
    }
}
