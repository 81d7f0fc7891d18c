//! What is known of all cameras together, read once in a run.

use super::load::{live, patience};
use crate::site::{Site, now};
use hitless_model::{CameraId, ClockStep, Nanos, Run, Utc};
use hitless_schema::StoreError;
use std::collections::HashMap;

/// Recorders, clocks, configuration.
#[derive(Debug, Clone, Default)]
pub struct Known {
    runs: Vec<Run>,
    steps: Vec<ClockStep>,
    first_seen: HashMap<CameraId, Utc>,
    /// When it was read.
    pub now: Utc,
    /// How long a recorder may be silent.
    pub patience: Nanos,
    /// Since when a recorder has been running; `None`: none is.
    pub live: Option<Utc>,
}

impl Known {
    /// Reads it.
    pub async fn read(site: &Site) -> Result<Self, StoreError> {
        let (ever, far) = (Utc::from_ns(i64::MIN), Utc::from_ns(i64::MAX));
        let runs = site.store.runs_between(ever, far).await?;
        let cameras = site.store.cameras().await?.into_iter();
        let (now, patience) = (now(), patience(site));
        Ok(Self {
            live: live(&runs, now, patience),
            runs,
            steps: site.store.clock_steps(ever, far).await?,
            first_seen: cameras.map(|row| (row.camera, row.first_seen)).collect(),
            now,
            patience,
        })
    }

    /// Recorders that ran at an instant or later.
    pub fn runs_since(&self, since: Utc) -> Vec<Run> {
        let ended = |run: &&Run| run.stopped.unwrap_or(run.heartbeat) >= since;
        self.runs.iter().filter(ended).cloned().collect()
    }

    /// Where clocks of a camera or its recorders were set since then.
    pub fn steps_since(&self, camera: &CameraId, since: Utc) -> Vec<ClockStep> {
        let of = |step: &&ClockStep| step.camera.as_ref().is_none_or(|of| of == camera);
        let late = self.steps.iter().filter(|step| step.at >= since);
        late.filter(of).cloned().collect()
    }

    /// Since when a camera has been configured.
    pub fn first_seen(&self, camera: &CameraId) -> Option<Utc> {
        self.first_seen.get(camera).copied()
    }
}
