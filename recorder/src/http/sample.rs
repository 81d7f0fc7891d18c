//! Views for tests.

use crate::camera::state::Standing;
use crate::camera::stats::CameraSnapshot;
use crate::handover::message::{Handed, History};
use crate::keeper::{Failure, KeeperState};
use crate::service::view::{CameraView, HandoverView, ProcessView, StorageView, View};
use crate::storage::Space;
use hitless_model::{CameraId, CameraState, Cause, InstanceId, Nanos, RunId, Utc};
use hitless_schema::ErrorKind;
use hitless_schema::spool::Depth;
use hitless_schema::writer::{LinkState, WriterStatus};
use std::time::Duration;

pub(super) const GIB: u64 = 1 << 30;

pub(super) fn now() -> Utc {
    Utc::parse("2026-08-11T03:07:47.123456Z").expect("an instant")
}

/// One that succeeded, and one that failed since.
fn handovers() -> HandoverView {
    let last = Handed {
        from: "green".to_owned(),
        to: "blue".to_owned(),
        at_ns: now().as_ns(),
        start_seconds: 0.1,
        prove_seconds: 2.0,
        finish_seconds: 2.5,
        overlap_seconds: 3.0,
        exact: 1,
        cameras: 4,
        overlapped: 3,
        unproven: vec![CameraId::new("front-door").expect("a camera")],
    };
    let last_failure = Some("it refuses the configuration".to_owned());
    let (succeeded, failed, seconds_total) = (1, 1, 4.6);
    let history = History { succeeded, failed, seconds_total, last: Some(last), last_failure };
    HandoverView { history, running: false }
}

/// Two cameras that record, and nothing wrong.
pub(super) fn view() -> View {
    View {
        instance: InstanceId::new("blue").expect("an instance"),
        run: RunId::new("run-1").expect("a run"),
        at: now(),
        uptime: Duration::from_millis(61_500),
        ready_since: Some(now().plus(Nanos::from_secs(-60))),
        draining: false,
        cameras: vec![camera("CAMERA_1"), camera("front-door")],
        database: WriterStatus {
            link: LinkState::Up,
            spool: Depth::default(),
            dropped: 0,
            refused: 0,
            committed: 40,
            commits: 20,
            commit_time: Duration::from_millis(50),
            last_commit: Some(Duration::from_millis(2)),
        },
        storage: StorageView {
            path: "/srv/recordings".into(),
            space: Some(Space { free_bytes: 60 * GIB, total_bytes: 100 * GIB }),
            min_free_bytes: 2 * GIB,
            held: None,
        },
        process: ProcessView {
            pid: 4711,
            memory_bytes: 42 << 20,
            threads: 12,
            open_files: 34,
            cpu_seconds: 1.5,
        },
        handovers: handovers(),
        alarms: Vec::new(),
    }
}

pub(super) fn camera(id: &str) -> CameraView {
    CameraView {
        id: CameraId::new(id).expect("a camera"),
        enabled: true,
        optional: false,
        snapshot: Some(CameraSnapshot {
            samples: 1500,
            bytes: 250_000,
            key_frames: 30,
            damaged: 2,
            lost_packets: 3,
            dropped: 4,
            sessions: 5,
            gaps: 0,
            gap_seconds: 0.0,
            segments: 6,
            standing: standing(CameraState::Recording, None, ""),
            last_sample_age: Some(0.04),
            first_sample_age: Some(60.0),
            last_segment: Some("CAMERA_1_20260811T030700.000000Z_blue_000006.mp4".to_owned()),
            reader: Some("retina"),
        }),
        keeper: KeeperState { failure: None, open: 1 },
        in_flight_bytes: 1024,
    }
}

fn standing(state: CameraState, cause: Option<Cause>, detail: &str) -> Standing {
    Standing { state, cause, detail: detail.to_owned() }
}

/// Puts a camera into a state.
pub(super) fn put(camera: &mut CameraView, state: CameraState, cause: Option<Cause>, detail: &str) {
    camera.snapshot.as_mut().expect("it is enabled").standing = standing(state, cause, detail);
}

/// A camera that does not answer.
pub(super) fn down(camera: &mut CameraView) {
    put(camera, CameraState::BackingOff, Some(Cause::CameraAway), "connection refused");
}

/// A camera whose files cannot be written.
pub(super) fn unwritable(camera: &mut CameraView) {
    let detail = "read-only file system".to_owned();
    camera.keeper.failure = Some(Failure { detail, cause: Cause::StorageFailed });
}

/// A database that does not answer.
pub(super) fn away(view: &mut View) {
    view.database.link = LinkState::Away {
        since: now().plus(Nanos::from_secs(-30)),
        kind: ErrorKind::Unreachable,
        reason: "connection refused".to_owned(),
    };
    view.database.spool = Depth { records: 12, bytes: 3400 };
}

/// An alarm so many seconds ago.
pub(super) fn alarm(view: &mut View, seconds_ago: i64) {
    let at = view.at.plus(Nanos::from_secs(-seconds_ago));
    view.alarms.push((at, "the protections cannot be read".to_owned()));
}
