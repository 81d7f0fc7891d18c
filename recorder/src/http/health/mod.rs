//! `/health`: what a view of the recorder comes to, in one word and in full.

mod shape;
#[cfg(test)]
mod tests;

pub use shape::Health;

use super::VERSION;
use super::handovers;
use super::status::Status;
use super::troubles::{Part, Trouble, camera_trouble, is_running, readiness, troubles};
use crate::service::view::{CameraView, View};
use hitless_model::{CameraState, Utc};
use hitless_schema::writer::LinkState;
use shape::{
    AlarmHealth, CameraHealth, DatabaseHealth, RecordingHealth, StorageHealth, SystemHealth,
};

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
