//! What is not right, by one set of rules.
//!
//! Readiness, health and the status line are three readings of the same list,
//! so they cannot contradict each other.
//!
//! | trouble | health | ready |
//! |---|---|---|
//! | a camera that is enabled and not optional does not record | degraded | no |
//! | no enabled camera records | unhealthy | |
//! | recording is held | unhealthy | no |
//! | the storage fails for every enabled camera | unhealthy | |
//! | free space is under the limit, or cannot be asked for | degraded | no |
//! | the database is away, or was not tried yet | degraded | yes |
//! | the database is away and changes were lost: the spool is full | degraded | no |
//! | an alarm in the last minute | degraded | no |
//! | the recorder is leaving | degraded | no |

#[cfg(test)]
mod tests;

use super::status::Status;
use crate::service::view::{CameraView, StorageView, View};
use hitless_model::{CameraState, Nanos};
use hitless_schema::writer::{LinkState, WriterStatus};

/// How long an alarm keeps the recorder from being ready.
const ALARM_HOLDS: Nanos = Nanos::from_secs(60);

/// What a trouble is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Recording,
    Database,
    Storage,
    Service,
}

/// What a trouble means for the readiness probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    Ready,
    Unready,
}

/// One thing that is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) part: Part,
    pub(super) status: Status,
    pub(super) probe: Probe,
    pub(super) text: String,
}

/// Whether every camera that must be recorded is, and will go on to be; else
/// why not, one sentence each.
pub fn readiness(view: &View) -> Result<(), Vec<String>> {
    let reasons: Vec<_> = troubles(view)
        .into_iter()
        .filter(|trouble| trouble.probe == Probe::Unready)
        .map(|trouble| trouble.text)
        .collect();
    if reasons.is_empty() { Ok(()) } else { Err(reasons) }
}

/// Everything that is not right, the gravest of each part first.
pub(super) fn troubles(view: &View) -> Vec<Trouble> {
    let mut all = Vec::new();
    if view.draining {
        all.push(degraded(Part::Service, Probe::Unready, "the recorder is leaving"));
    }
    storage(&mut all, view);
    cameras(&mut all, view);
    all.extend(database(&view.database));
    all.extend(recent_alarms(view).map(|text| {
        degraded(Part::Service, Probe::Unready, format!("alarm in the last minute: {text}"))
    }));
    all
}

/// Why an enabled camera is not being recorded; `None` while it is, while it is
/// disabled, and while it leaves on request.
pub(super) fn camera_trouble(camera: &CameraView, draining: bool) -> Option<String> {
    if !camera.enabled {
        return None;
    }
    if let Some(failure) = &camera.keeper.failure {
        return Some(format!("the storage failed: {}", failure.detail));
    }
    let Some(snapshot) = &camera.snapshot else {
        return (!draining).then(|| "not started".to_owned());
    };
    let standing = &snapshot.standing;
    let word = match standing.state {
        CameraState::Recording => return None,
        CameraState::Draining | CameraState::Stopped if draining => return None,
        CameraState::AwaitingKeyFrame => "awaiting a key frame",
        CameraState::BackingOff => "backing off",
        other => other.as_str(),
    };
    Some(match (standing.detail.as_str(), standing.cause) {
        ("", None) => word.to_owned(),
        ("", Some(cause)) => format!("{word} ({cause})"),
        (detail, _) => format!("{word}: {detail}"),
    })
}

/// Whether footage of a camera is being written now.
pub(super) fn is_running(camera: &CameraView) -> bool {
    camera.enabled
        && camera.keeper.failure.is_none()
        && camera.snapshot.as_ref().is_some_and(|s| s.standing.state == CameraState::Recording)
}

fn cameras(all: &mut Vec<Trouble>, view: &View) {
    let enabled = || view.cameras.iter().filter(|camera| camera.enabled);
    if enabled().next().is_none() {
        return;
    }
    if !view.draining && !enabled().any(is_running) {
        let text = "no enabled camera records";
        all.push(unhealthy(Part::Recording, Probe::Ready, text));
    }
    for camera in enabled().filter(|camera| !camera.optional) {
        if let Some(why) = camera_trouble(camera, view.draining) {
            let text = format!("camera {} is not recorded: {why}", camera.id);
            all.push(degraded(Part::Recording, Probe::Unready, text));
        }
    }
}

fn storage(all: &mut Vec<Trouble>, view: &View) {
    let storage = &view.storage;
    if let Some(why) = &storage.held {
        let text = format!("recording is held: {why}");
        all.push(unhealthy(Part::Storage, Probe::Unready, text));
    }
    let mut enabled = view.cameras.iter().filter(|camera| camera.enabled).peekable();
    if enabled.peek().is_some() && enabled.all(|camera| camera.keeper.failure.is_some()) {
        let text = "the storage fails for every camera";
        all.push(unhealthy(Part::Storage, Probe::Ready, text));
    }
    all.extend(space(storage));
}

fn space(storage: &StorageView) -> Option<Trouble> {
    let text = match storage.space {
        None => format!("the free space of {} cannot be asked for", storage.path.display()),
        Some(space) if space.free_bytes < storage.min_free_bytes => format!(
            "{} is nearly full: {} bytes free, {} are the limit",
            storage.path.display(),
            space.free_bytes,
            storage.min_free_bytes
        ),
        Some(_) => return None,
    };
    Some(degraded(Part::Storage, Probe::Unready, text))
}

fn database(database: &WriterStatus) -> Option<Trouble> {
    let waiting = database.spool.records;
    let (probe, text) = match &database.link {
        LinkState::Up => return None,
        LinkState::Untried => (Probe::Ready, "the database was not tried yet".to_owned()),
        LinkState::Away { since, reason, .. } if database.dropped > 0 => (
            Probe::Unready,
            format!(
                "the database is away since {since} and {} changes did not fit into the spool: \
                 {reason}",
                database.dropped
            ),
        ),
        LinkState::Away { since, reason, .. } => (
            Probe::Ready,
            format!("the database is away since {since}, {waiting} changes wait: {reason}"),
        ),
    };
    Some(degraded(Part::Database, probe, text))
}

fn recent_alarms(view: &View) -> impl Iterator<Item = &str> {
    view.alarms
        .iter()
        .filter(|(told, _)| view.at.since(*told).abs() < ALARM_HOLDS)
        .map(|(_, text)| text.as_str())
}

fn degraded(part: Part, probe: Probe, text: impl Into<String>) -> Trouble {
    Trouble { part, status: Status::Degraded, probe, text: text.into() }
}

fn unhealthy(part: Part, probe: Probe, text: impl Into<String>) -> Trouble {
    Trouble { part, status: Status::Unhealthy, probe, text: text.into() }
}
