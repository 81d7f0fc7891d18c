//! `/health` as values: the names are promises to operators and scripts.

use super::VERSION;
use super::handovers::{self, HandoverHealth};
use super::troubles::{Part, Trouble, camera_trouble, is_running, readiness, troubles};
use crate::service::view::{CameraView, View};
use hitless_model::{CameraState, Utc};
use hitless_schema::writer::LinkState;
use serde::Serialize;
use std::collections::BTreeMap;

/// In one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All is well.
    Healthy,
    /// Recording goes on, but something is not right.
    Degraded,
    /// Nothing is recorded, or the storage cannot be used.
    Unhealthy,
}

impl Status {
    /// Every value, best first.
    pub const ALL: [Self; 3] = [Self::Healthy, Self::Degraded, Self::Unhealthy];

    /// As written in JSON and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

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

/// The health that a view tells of; `response_time_ms` is left at zero for
/// whoever answers.
pub fn health(view: &View) -> Health {
    let troubles = troubles(view);
    Health {
        schema_version: 1,
        status: worst(troubles.iter()),
        ready: readiness(view).is_ok(),
        recording: recording(view, of(&troubles, Part::Recording)),
        cameras: view.cameras.iter().map(|c| (c.id.to_string(), camera(c, view))).collect(),
        database: database(view, of(&troubles, Part::Database)),
        storage: storage(view, of(&troubles, Part::Storage)),
        reasons: troubles.into_iter().map(|trouble| trouble.text).collect(),
        draining: view.draining,
        system: system(view),
        handover: handovers::health(view),
        alarms: view
            .alarms
            .iter()
            .map(|(at, message)| AlarmHealth { at: at.to_string(), message: message.clone() })
            .collect(),
        uptime: view.uptime.as_secs_f64(),
        instance_id: view.instance.to_string(),
        run_id: view.run.to_string(),
        ready_since: view.ready_since.as_ref().map(Utc::to_string),
        timestamp: view.at.to_string(),
        response_time_ms: 0.0,
        version: VERSION,
    }
}

/// The state of a camera; a camera without counters is disabled or not begun.
pub(super) fn state_of(camera: &CameraView) -> CameraState {
    match &camera.snapshot {
        _ if !camera.enabled => CameraState::Disabled,
        None => CameraState::Stopped,
        Some(snapshot) => snapshot.standing.state,
    }
}

fn worst<'a>(troubles: impl Iterator<Item = &'a Trouble>) -> Status {
    troubles.map(|trouble| trouble.status).max().unwrap_or(Status::Healthy)
}

fn of(troubles: &[Trouble], part: Part) -> Status {
    worst(troubles.iter().filter(|trouble| trouble.part == part))
}

fn recording(view: &View, status: Status) -> RecordingHealth {
    RecordingHealth {
        status,
        total_cameras: view.cameras.len(),
        enabled_cameras: view.cameras.iter().filter(|camera| camera.enabled).count(),
        running_cameras: view.cameras.iter().filter(|camera| is_running(camera)).count(),
        camera_list: view.cameras.iter().map(|camera| camera.id.to_string()).collect(),
    }
}

fn camera(camera: &CameraView, view: &View) -> CameraHealth {
    let snapshot = camera.snapshot.as_ref();
    let count = |of: fn(&crate::camera::stats::CameraSnapshot) -> u64| snapshot.map_or(0, of);
    let failed = camera.keeper.failure.as_ref().map(|failure| failure.cause);
    CameraHealth {
        enabled: camera.enabled,
        optional: camera.optional,
        running: is_running(camera),
        state: state_of(camera).as_str(),
        cause: failed.or(snapshot.and_then(|s| s.standing.cause)).map(|cause| cause.as_str()),
        reason: camera_trouble(camera, view.draining),
        reader: snapshot.and_then(|s| s.reader),
        last_sample_age: snapshot.and_then(|s| s.last_sample_age),
        last_segment: snapshot.and_then(|s| s.last_segment.clone()),
        open_segments: camera.keeper.open,
        samples: count(|s| s.samples),
        bytes: count(|s| s.bytes),
        key_frames: count(|s| s.key_frames),
        damaged_samples: count(|s| s.damaged),
        lost_packets: count(|s| s.lost_packets),
        dropped_samples: count(|s| s.dropped),
        reconnects: count(|s| s.sessions.saturating_sub(1)),
        segments: count(|s| s.segments),
        in_flight_bytes: camera.in_flight_bytes,
    }
}

fn database(view: &View, status: Status) -> DatabaseHealth {
    let database = &view.database;
    let (link, away_since, reason) = match &database.link {
        LinkState::Untried => ("untried", None, None),
        LinkState::Up => ("up", None, None),
        LinkState::Away { since, reason, .. } => {
            ("away", Some(since.to_string()), Some(reason.clone()))
        }
    };
    DatabaseHealth {
        status,
        link,
        away_since,
        reason,
        spool_records: database.spool.records,
        spool_bytes: database.spool.bytes,
        dropped_changes: database.dropped,
        refused_changes: database.refused,
        last_commit_seconds: database.last_commit.map(|took| took.as_secs_f64()),
    }
}

fn storage(view: &View, status: Status) -> StorageHealth {
    let storage = &view.storage;
    StorageHealth {
        status,
        path: storage.path.display().to_string(),
        free_bytes: storage.space.map(|space| space.free_bytes),
        total_bytes: storage.space.map(|space| space.total_bytes),
        free_percent: storage
            .space
            .filter(|space| space.total_bytes > 0)
            .map(|space| rounded(100.0 * space.free_bytes as f64 / space.total_bytes as f64)),
        min_free_bytes: storage.min_free_bytes,
        held: storage.held.clone(),
    }
}

fn system(view: &View) -> SystemHealth {
    SystemHealth {
        pid: view.process.pid,
        version: VERSION,
        memory_mb: rounded(view.process.memory_bytes as f64 / 1_048_576.0),
        threads: view.process.threads,
        open_files: view.process.open_files,
        cpu_seconds: view.process.cpu_seconds,
    }
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::super::sample::{alarm, away, down, unwritable, view};
    use super::*;
    use serde_json::{Value, json};

    fn printed(view: &View) -> Value {
        serde_json::to_value(health(view)).expect("it can be printed")
    }

    /// The names that `docs/health.md` promises; the page is read, so that a
    /// name which is missing there or here is found.
    #[test]
    fn every_documented_key_is_there() {
        let page = include_str!("../../../docs/health.md");
        let documented: Vec<_> = page
            .lines()
            .skip_while(|line| *line != "## `/health`")
            .skip(1)
            .take_while(|line| !line.starts_with("## "))
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
            .map(|(key, _)| key)
            .collect();
        assert!(documented.len() > 40, "{documented:?}");
        let mut found = Vec::new();
        let mut view = view();
        alarm(&mut view, 0);
        keys(&printed(&view), "", &mut found);
        for key in &found {
            assert!(documented.contains(&key.as_str()), "{key} is not documented");
        }
        for key in documented {
            assert!(found.iter().any(|f| f == key), "{key} is documented and not there");
        }
    }

    /// Paths of all leaves, with the ids of cameras and places in lists put
    /// as they are on the page.
    fn keys(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let key = if at == "cameras" { "{id}" } else { key };
                    let below = if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
                    keys(value, &below, found);
                }
            }
            Value::Array(list) if list.iter().any(Value::is_object) => {
                list.iter().for_each(|value| keys(value, at, found));
            }
            _ => found.push(at.to_owned()),
        }
    }

    /// The shape that other programs were told to expect.
    #[test]
    fn the_names_of_the_contract() {
        let mut view = view();
        away(&mut view);
        let health = printed(&view);
        for (pointer, value) in [
            ("/status", json!("degraded")),
            ("/recording/status", json!("healthy")),
            ("/recording/total_cameras", json!(2)),
            ("/recording/enabled_cameras", json!(2)),
            ("/recording/running_cameras", json!(2)),
            ("/recording/camera_list", json!(["CAMERA_1", "front-door"])),
            ("/cameras/CAMERA_1/state", json!("recording")),
            ("/database/status", json!("degraded")),
            ("/storage/status", json!("healthy")),
            ("/storage/path", json!("/srv/recordings")),
            ("/storage/free_percent", json!(60.0)),
            ("/system/memory_mb", json!(42.0)),
            ("/system/pid", json!(4711)),
            ("/system/version", json!(VERSION)),
            ("/uptime", json!(61.5)),
            ("/instance_id", json!("blue")),
            ("/run_id", json!("run-1")),
            ("/ready_since", json!("2026-08-11T03:06:47.123456Z")),
            ("/timestamp", json!("2026-08-11T03:07:47.123456Z")),
            ("/response_time_ms", json!(0.0)),
            ("/version", json!(VERSION)),
        ] {
            assert_eq!(health.pointer(pointer), Some(&value), "{pointer}");
        }
    }

    #[test]
    fn a_camera_says_what_is_missing() {
        let mut view = view();
        down(&mut view.cameras[0]);
        unwritable(&mut view.cameras[1]);
        let health = printed(&view);
        assert_eq!(health["cameras"]["CAMERA_1"]["cause"], "camera_away");
        assert_eq!(health["cameras"]["CAMERA_1"]["reason"], "backing off: connection refused");
        assert_eq!(health["cameras"]["front-door"]["cause"], "storage_failed");
        assert_eq!(health["cameras"]["front-door"]["running"], false);
        assert_eq!(health["recording"]["running_cameras"], 0);
    }

    #[test]
    fn an_empty_file_system_has_no_percentage() {
        let mut view = view();
        view.storage.space = Some(crate::storage::Space::default());
        assert_eq!(printed(&view)["storage"]["free_percent"], Value::Null);
    }
}
