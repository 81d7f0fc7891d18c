//! How the recorder stands at one moment, as plain values.
//!
//! Health, readiness, metrics and the status line of the service manager are
//! all made from this and nothing else.

use crate::camera::stats::CameraSnapshot;
use crate::handover::message::History;
use crate::keeper::KeeperState;
use crate::storage::Space;
use hitless_model::{CameraId, InstanceId, RunId, Utc};
use hitless_schema::writer::WriterStatus;
use std::path::PathBuf;
use std::time::Duration;

/// Everything there is to know, now.
#[derive(Debug, Clone)]
pub struct View {
    /// The recorder's tag.
    pub instance: InstanceId,
    /// This life of it.
    pub run: RunId,
    /// When this view was taken, on the host's clock.
    pub at: Utc,
    /// How long the process runs.
    pub uptime: Duration,
    /// When it was ready.
    pub ready_since: Option<Utc>,
    /// It is leaving.
    pub draining: bool,
    /// All cameras of the configuration, in its order.
    pub cameras: Vec<CameraView>,
    /// The database and its spool.
    pub database: WriterStatus,
    /// The storage.
    pub storage: StorageView,
    /// The process.
    pub process: ProcessView,
    /// Handovers, past and running.
    pub handovers: HandoverView,
    /// What a person must look at, newest last, with when it was told.
    pub alarms: Vec<(Utc, String)>,
}

/// Handovers through all processes of this recorder.
#[derive(Debug, Clone, Default)]
pub struct HandoverView {
    /// Those that are over.
    pub history: History,
    /// One is running.
    pub running: bool,
}

/// One camera.
#[derive(Debug, Clone)]
pub struct CameraView {
    /// Its id.
    pub id: CameraId,
    /// It is to be recorded.
    pub enabled: bool,
    /// Its absence makes nothing unready.
    pub optional: bool,
    /// Counters and state; `None` while disabled.
    pub snapshot: Option<CameraSnapshot>,
    /// Its files.
    pub keeper: KeeperState,
    /// Bytes that wait for the storage.
    pub in_flight_bytes: u64,
}

/// The storage.
#[derive(Debug, Clone)]
pub struct StorageView {
    /// Its root.
    pub path: PathBuf,
    /// Room, if it could be asked.
    pub space: Option<Space>,
    /// Below this nothing more is recorded, or the oldest is removed.
    pub min_free_bytes: u64,
    /// Why recording is held, if it is.
    pub held: Option<String>,
}

/// The process.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessView {
    /// Its id.
    pub pid: u32,
    /// Resident memory.
    pub memory_bytes: u64,
    /// Threads.
    pub threads: u64,
    /// Open files.
    pub open_files: u64,
    /// CPU used so far.
    pub cpu_seconds: f64,
}
