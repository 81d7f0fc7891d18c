//! One camera that is recorded: its task, its keeper, and both again if the
//! task ends unasked.

use super::shared::Shared;
use crate::camera::stats::CameraStats;
use crate::camera::{CameraSettings, CameraTask, Leave};
use crate::keeper::{Keeper, KeeperState};
use crate::storage::{Numbers, StorageError};
use crate::strand::CameraParts;
use hitless_config::{Camera, Config};
use hitless_model::Nanos;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::error;

/// Pause before a task that ended unasked is started again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// A camera that is recorded.
pub(super) struct Recording {
    pub(super) parts: Arc<CameraParts>,
    pub(super) leave: watch::Sender<Leave>,
    pub(super) keeper: watch::Receiver<KeeperState>,
    /// Cancelled once it has left and its segments are finished.
    pub(super) gone: CancellationToken,
}

impl Recording {
    /// Goes on counting in `stats`, where the camera was recorded before.
    pub(super) fn start(
        shared: &Shared,
        config: &Config,
        camera: &Camera,
        stats: Arc<CameraStats>,
    ) -> Result<Self, StorageError> {
        let (to_keeper, messages) = mpsc::unbounded_channel();
        let parts = Arc::new(CameraParts::new(
            camera.id.clone(),
            shared.run.clone(),
            Arc::clone(&shared.storage),
            Numbers::load(&shared.storage, &camera.id)?,
            usize::try_from(config.recorder.queue_bytes).unwrap_or(usize::MAX),
            Nanos::new(i64::try_from(config.segment.as_nanos()).unwrap_or(i64::MAX)),
            config.recorder.sync.unwrap_or(Duration::ZERO),
            shared.crews.clone(),
            to_keeper,
            stats,
        ));
        let (alarms, timings) = (shared.alarms.clone(), shared.timings.clone());
        let (keeper, state) =
            Keeper::new(Arc::clone(&parts), shared.index.clone(), alarms, timings);
        let keeping = tokio::spawn(keeper.run(messages));
        let (leave, told) = watch::channel(Leave::Stay);
        let gone = CancellationToken::new();
        let task = Restarted {
            shared: shared.clone(),
            settings: CameraSettings::new(config, camera),
            parts: Arc::clone(&parts),
            leave: told,
            keeper: state.clone(),
        };
        let told_gone = gone.clone().drop_guard();
        tokio::spawn(async move {
            task.run().await;
            if let Err(ended) = keeping.await {
                error!("the keeper of a camera's segments failed: {ended}");
            }
            drop(told_gone);
        });
        Ok(Self { parts, leave, keeper: state, gone })
    }
}

/// A camera's task with what is needed to start it again.
struct Restarted {
    shared: Shared,
    settings: CameraSettings,
    parts: Arc<CameraParts>,
    leave: watch::Receiver<Leave>,
    keeper: watch::Receiver<KeeperState>,
}

impl Restarted {
    async fn run(self) {
        loop {
            let place = self.shared.ingest.place();
            let task = CameraTask {
                parts: Arc::clone(&self.parts),
                settings: self.settings.clone(),
                index: self.shared.index.clone(),
                place: place.clone(),
                leave: self.leave.clone(),
                hold: self.shared.hold.clone(),
                events: self.shared.events.clone(),
                keeper: self.keeper.clone(),
            };
            let ended = place.spawn(task.run()).await;
            if let Err(why) = &ended {
                error!(camera = %self.parts.id, "the task of camera {} failed: {why}", self.parts.id);
            }
            if ended.is_ok() {
                return;
            }
            tokio::time::sleep(RESTART_PAUSE).await;
        }
    }
}
