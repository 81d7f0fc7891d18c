//! The answer of `/health` as values: the names are promises to operators and
//! scripts.

use crate::http::handovers::HandoverHealth;
use crate::http::status::Status;
use serde::Serialize;
use std::collections::BTreeMap;

/// The whole answer. Instants are RFC 3339 with microseconds, durations are
/// seconds unless the name says otherwise.
#[derive(Debug, Clone, Serialize)]
pub struct Health {
    /// Of this shape.
    pub schema_version: u32,
    /// The worst of all parts.
    pub status: Status,
    /// Whether `/ready` would say yes.
    pub ready: bool,
    /// What is not right, one sentence each.
    pub reasons: Vec<String>,
    /// The recorder is leaving.
    pub draining: bool,
    /// The cameras in figures.
    pub recording: RecordingHealth,
    /// Each camera.
    pub cameras: BTreeMap<String, CameraHealth>,
    /// The database and its spool.
    pub database: DatabaseHealth,
    /// Where the footage goes.
    pub storage: StorageHealth,
    /// The process.
    pub system: SystemHealth,
    /// Handovers, past and running.
    pub handover: HandoverHealth,
    /// What a person must look at, newest last.
    pub alarms: Vec<AlarmHealth>,
    /// Seconds since the process began.
    pub uptime: f64,
    /// The recorder's tag.
    pub instance_id: String,
    /// This life of it.
    pub run_id: String,
    /// When it was ready.
    pub ready_since: Option<String>,
    /// When this was true.
    pub timestamp: String,
    /// How long the answer took to make.
    pub response_time_ms: f64,
    /// The version of the program.
    pub version: &'static str,
}

/// The cameras in figures.
#[derive(Debug, Clone, Serialize)]
pub struct RecordingHealth {
    /// Of all cameras together.
    pub status: Status,
    /// In the configuration.
    pub total_cameras: usize,
    /// To be recorded.
    pub enabled_cameras: usize,
    /// Being recorded.
    pub running_cameras: usize,
    /// Their ids, in the order of the configuration.
    pub camera_list: Vec<String>,
}

/// One camera.
#[derive(Debug, Clone, Serialize)]
pub struct CameraHealth {
    /// It is to be recorded.
    pub enabled: bool,
    /// Its absence makes nothing unready.
    pub optional: bool,
    /// Its footage is being written.
    pub running: bool,
    /// What the recorder does with it.
    pub state: &'static str,
    /// Why footage is missing, if it is.
    pub cause: Option<&'static str>,
    /// Why it is not recorded, as a sentence.
    pub reason: Option<String>,
    /// Which maker of sessions reads it.
    pub reader: Option<&'static str>,
    /// Seconds since the last sample.
    pub last_sample_age: Option<f64>,
    /// The last segment closed.
    pub last_segment: Option<String>,
    /// Segments created and not closed yet.
    pub open_segments: usize,
    /// Video samples recorded.
    pub samples: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many were key frames.
    pub key_frames: u64,
    /// How many were damaged by loss.
    pub damaged_samples: u64,
    /// RTP packets that never came.
    pub lost_packets: u64,
    /// Samples dropped because the storage could not follow.
    pub dropped_samples: u64,
    /// Sessions after the first.
    pub reconnects: u64,
    /// Segments closed.
    pub segments: u64,
    /// Bytes that wait for the storage.
    pub in_flight_bytes: u64,
}

/// The database and its spool.
#[derive(Debug, Clone, Serialize)]
pub struct DatabaseHealth {
    /// Of the database.
    pub status: Status,
    /// `up`, `away` or `untried`.
    pub link: &'static str,
    /// Since when it is away.
    pub away_since: Option<String>,
    /// Why it is away.
    pub reason: Option<String>,
    /// Changes that wait on disk.
    pub spool_records: u64,
    /// Their bytes.
    pub spool_bytes: u64,
    /// Changes lost for good: `stitcher rescan` finds them again.
    pub dropped_changes: u64,
    /// Changes that the database refused.
    pub refused_changes: u64,
    /// How long the last transaction took.
    pub last_commit_seconds: Option<f64>,
}

/// Where the footage goes.
#[derive(Debug, Clone, Serialize)]
pub struct StorageHealth {
    /// Of the storage.
    pub status: Status,
    /// Its root.
    pub path: String,
    /// Free for the recorder.
    pub free_bytes: Option<u64>,
    /// In all.
    pub total_bytes: Option<u64>,
    /// Free, of all.
    pub free_percent: Option<f64>,
    /// Under this the policy for a full disk takes effect.
    pub min_free_bytes: u64,
    /// Why recording is held, if it is.
    pub held: Option<String>,
}

/// The process.
#[derive(Debug, Clone, Serialize)]
pub struct SystemHealth {
    /// Its id.
    pub pid: u32,
    /// The version of the program.
    pub version: &'static str,
    /// Resident memory in MiB.
    pub memory_mb: f64,
    /// Threads.
    pub threads: u64,
    /// Open files.
    pub open_files: u64,
    /// CPU used so far.
    pub cpu_seconds: f64,
}

/// Something that a person must look at.
#[derive(Debug, Clone, Serialize)]
pub struct AlarmHealth {
    /// When it was told.
    pub at: String,
    /// As a sentence.
    pub message: String,
}
