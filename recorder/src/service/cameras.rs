//! The cameras being recorded: started, restarted, stopped, reloaded.
//!
//! A camera's task that ends unasked is started again; a camera whose settings
//! did not change is not touched by a reload. Each camera has one keeper for
//! as long as it has files, and its segments are finished before it is
//! forgotten.

use super::alarms::Alarms;
use super::view::CameraView;
use crate::camera::stats::CameraStats;
use crate::camera::{CameraSettings, CameraTask, Hold};
use crate::http;
use crate::index::Index;
use crate::ingest::Ingest;
use crate::keeper::{Keeper, KeeperState};
use crate::storage::{Numbers, Storage, StorageError};
use crate::strand::CameraParts;
use hitless_config::{Camera, CameraChanges, Config};
use hitless_model::{Nanos, RunId};
use hitless_schema::Change;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;
use tracing::{error, info};

/// Pause before a task that ended unasked is started again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// What all cameras share.
#[derive(Clone)]
pub struct Shared {
    /// Which life of the recorder.
    pub run: RunId,
    /// Where files go.
    pub storage: Arc<Storage>,
    /// The way to the database.
    pub index: Index,
    /// The reading threads.
    pub ingest: Arc<Ingest>,
    /// Set while nothing may be recorded.
    pub hold: watch::Receiver<Hold>,
    /// For what a person must look at.
    pub alarms: Alarms,
    /// For clients that follow along.
    pub events: broadcast::Sender<http::Event>,
}

/// A camera of the configuration.
struct Entry {
    camera: Camera,
    recording: Option<Recording>,
}

/// A camera that is recorded.
struct Recording {
    parts: Arc<CameraParts>,
    leave: watch::Sender<bool>,
    keeper: watch::Receiver<KeeperState>,
    done: JoinHandle<()>,
}

/// All cameras of the configuration.
pub struct Cameras {
    shared: Shared,
    entries: Mutex<Vec<Entry>>,
}

impl Cameras {
    /// Starts every enabled camera.
    pub fn start(shared: Shared, config: &Config) -> Result<Self, StorageError> {
        let cameras = Self { shared, entries: Mutex::new(Vec::new()) };
        for camera in &config.cameras {
            cameras.add(config, camera.clone())?;
        }
        Ok(cameras)
    }

    /// Follows a changed configuration; only changed cameras are touched.
    pub async fn reload(&self, old: &Config, new: &Config) -> Result<(), StorageError> {
        let changes = CameraChanges::between(&old.cameras, &new.cameras);
        let gone = changes.removed.iter().chain(changes.changed.iter().map(|c| &c.id));
        let mut leaving = Vec::new();
        for id in gone {
            let mut entries = self.entries();
            if let Some(at) = entries.iter().position(|e| e.camera.id == *id) {
                leaving.extend(entries.remove(at).recording);
            }
        }
        for recording in leaving {
            recording.stop().await;
        }
        for camera in changes.added.into_iter().chain(changes.changed) {
            info!(camera = %camera.id, "the configuration of camera {} changed", camera.id);
            self.add(new, camera)?;
        }
        Ok(())
    }

    /// Tells all cameras to leave and waits until their segments are finished.
    pub async fn stop(&self) {
        let recordings: Vec<Recording> =
            self.entries().iter_mut().filter_map(|e| e.recording.take()).collect();
        for recording in &recordings {
            recording.leave.send_replace(true);
        }
        for recording in recordings {
            recording.stop().await;
        }
    }

    /// How all cameras stand.
    pub fn view(&self) -> Vec<CameraView> {
        let view = |entry: &Entry| CameraView {
            id: entry.camera.id.clone(),
            enabled: entry.camera.enabled,
            optional: entry.camera.optional,
            snapshot: entry.recording.as_ref().map(|r| r.parts.stats.snapshot()),
            keeper: entry.recording.as_ref().map(|r| r.keeper.borrow().clone()).unwrap_or_default(),
            in_flight_bytes: entry
                .recording
                .as_ref()
                .map_or(0, |r| r.parts.in_flight.bytes() as u64),
        };
        self.entries().iter().map(view).collect()
    }

    fn add(&self, config: &Config, camera: Camera) -> Result<(), StorageError> {
        self.shared.index.tell(Change::CameraSeen {
            camera: camera.id.clone(),
            enabled: camera.enabled,
            at: crate::clock::now(),
        });
        let recording = match camera.enabled {
            true => Some(Recording::start(&self.shared, config, &camera)?),
            false => None,
        };
        self.entries().push(Entry { camera, recording });
        Ok(())
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recording {
    fn start(shared: &Shared, config: &Config, camera: &Camera) -> Result<Self, StorageError> {
        let (to_keeper, messages) = mpsc::unbounded_channel();
        let parts = Arc::new(CameraParts::new(
            camera.id.clone(),
            shared.run.clone(),
            Arc::clone(&shared.storage),
            Numbers::load(&shared.storage, &camera.id)?,
            usize::try_from(config.recorder.queue_bytes).unwrap_or(usize::MAX),
            Nanos::new(i64::try_from(config.segment.as_nanos()).unwrap_or(i64::MAX)),
            config.recorder.sync.unwrap_or(Duration::ZERO),
            to_keeper,
            Arc::new(CameraStats::default()),
        ));
        let (keeper, state) =
            Keeper::new(Arc::clone(&parts), shared.index.clone(), shared.alarms.clone());
        let keeping = tokio::spawn(keeper.run(messages));
        let (leave, told) = watch::channel(false);
        let task = Restarted {
            shared: shared.clone(),
            settings: CameraSettings::new(config, camera),
            parts: Arc::clone(&parts),
            leave: told,
            keeper: state.clone(),
        };
        let done = tokio::spawn(async move {
            task.run().await;
            if let Err(ended) = keeping.await {
                error!("the keeper of a camera's segments failed: {ended}");
            }
        });
        Ok(Self { parts, leave, keeper: state, done })
    }

    async fn stop(self) {
        self.leave.send_replace(true);
        // Its own failure was logged where it happened.
        let _ = self.done.await;
    }
}

/// A camera's task with what is needed to start it again.
struct Restarted {
    shared: Shared,
    settings: CameraSettings,
    parts: Arc<CameraParts>,
    leave: watch::Receiver<bool>,
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
            if ended.is_ok() && *self.leave.borrow() {
                return;
            }
            tokio::time::sleep(RESTART_PAUSE).await;
        }
    }
}
