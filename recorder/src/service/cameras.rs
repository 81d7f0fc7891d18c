//! The cameras being recorded: started, restarted, ended.
//!
//! A camera's task that ends unasked is started again. Each camera has one
//! keeper for as long as it has files, and its segments are finished before it
//! is forgotten.

use super::recording::Recording;
use super::shared::Shared;
use super::view::CameraView;
use crate::camera::Leave;
use crate::handover::Own;
use crate::handover::message::LastSample;
use crate::storage::StorageError;
use crate::strand::keys::RecentKeys;
use hitless_config::{Camera, Config, Overlap};
use hitless_media::Fingerprint;
use hitless_model::{CameraId, CameraState};
use hitless_schema::Change;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tracing::error;

/// A camera of the configuration.
struct Entry {
    camera: Camera,
    recording: Option<Recording>,
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

    /// Tells all cameras to leave and waits until their segments are finished.
    pub async fn stop(&self) {
        self.tell(Leave::Now);
        self.gone().await;
    }

    /// Tells all cameras when to leave.
    pub fn tell(&self, leave: Leave) {
        for recording in self.entries().iter().filter_map(|e| e.recording.as_ref()) {
            recording.leave.send_replace(leave);
        }
    }

    /// Returns once every camera has left and its segments are finished.
    pub async fn gone(&self) {
        let all: Vec<CancellationToken> = self
            .entries()
            .iter()
            .filter_map(|e| Some(e.recording.as_ref()?.gone.clone()))
            .collect();
        for gone in all {
            gone.cancelled().await;
        }
    }

    /// Takes back what was told: cameras that have not left yet go on without
    /// losing a frame, those that have are started again.
    pub fn stay(self: &Arc<Self>, config: &Config) {
        self.tell(Leave::Stay);
        let leaving: Vec<(CameraId, CancellationToken)> = self
            .entries()
            .iter()
            .filter_map(|e| Some((e.camera.id.clone(), e.recording.as_ref()?.gone.clone())))
            .collect();
        for (id, gone) in leaving {
            let (cameras, config) = (Arc::clone(self), config.clone());
            tokio::spawn(async move {
                gone.cancelled().await;
                cameras.revive(&id, &config);
            });
        }
    }

    /// Starts a camera again that left although it was to stay.
    fn revive(&self, id: &CameraId, config: &Config) {
        let mut entries = self.entries();
        let Some(entry) = entries.iter_mut().find(|e| e.camera.id == *id) else { return };
        let stays = |r: &Recording| !r.leave.borrow().is_leaving();
        let Some(before) = entry.recording.as_ref().filter(|r| stays(r)) else { return };
        let stats = Arc::clone(&before.parts.stats);
        match Recording::start(&self.shared, config, &entry.camera, stats) {
            Ok(recording) => entry.recording = Some(recording),
            Err(problem) => error!(camera = %id, "the camera cannot be started again: {problem}"),
        }
    }

    /// When the last sample of each camera came.
    pub fn last_samples(&self) -> Vec<LastSample> {
        let last = |entry: &Entry| {
            let age = entry.recording.as_ref()?.parts.stats.snapshot().last_sample_age?;
            Some(LastSample { camera: entry.camera.id.clone(), age_seconds: age })
        };
        self.entries().iter().filter_map(last).collect()
    }

    /// The predecessor has left its cameras: those that would not have two
    /// recorders at once can be had now.
    pub fn go_on_from(&self, last: &[LastSample]) {
        let entries = self.entries();
        for LastSample { camera, age_seconds } in last {
            let of = |entry: &&Entry| entry.camera.id == *camera;
            let Some(recording) = entries.iter().find(of).and_then(|e| e.recording.as_ref()) else {
                continue;
            };
            let age = Duration::try_from_secs_f64(*age_seconds).unwrap_or_default();
            if let Some(at) = Instant::now().checked_sub(age) {
                recording.parts.stats.goes_on_from(at);
            }
            recording.parts.try_again.notify_waiters();
        }
    }

    /// Cameras that may be without an overlap.
    pub fn best_effort(&self) -> Vec<CameraId> {
        let may = |entry: &&Entry| entry.camera.overlap == Overlap::BestEffort;
        self.entries().iter().filter(may).map(|entry| entry.camera.id.clone()).collect()
    }

    /// What a successor must have too.
    pub fn own(&self) -> Vec<Own> {
        self.own_with(RecentKeys::list)
    }

    /// What another recorder must have too that may have been there for long:
    /// key frames recorded since then.
    pub fn own_since(&self, then: Instant) -> Vec<Own> {
        self.own_with(|keys| keys.since(then))
    }

    fn own_with(&self, keys: impl Fn(&RecentKeys) -> Vec<Fingerprint>) -> Vec<Own> {
        let own = |entry: &Entry| {
            let recording = entry.recording.as_ref()?;
            let state = recording.parts.stats.snapshot().standing.state;
            Some(Own {
                camera: entry.camera.id.clone(),
                recording: state == CameraState::Recording
                    && recording.keeper.borrow().failure.is_none(),
                required: entry.camera.overlap == Overlap::Required,
                keys: keys(&recording.parts.keys).into_iter().map(Fingerprint::get).collect(),
            })
        };
        self.entries().iter().filter_map(own).collect()
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
            true => Some(Recording::start(&self.shared, config, &camera, Arc::default())?),
            false => None,
        };
        self.entries().push(Entry { camera, recording });
        Ok(())
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
