//! The table of rules, case by case.

use super::*;
use crate::http::health::health;
use crate::http::sample::{alarm, away, camera, down, now, put, unwritable, view};
use Status::{Degraded, Healthy, Unhealthy};
use hitless_model::Cause;

/// What is changed, the status that follows, and why it is not ready.
type Case = (&'static str, fn(&mut View), Status, &'static [&'static str]);

fn check(cases: &[Case]) {
    for (name, change, status, reasons) in cases {
        let mut view = view();
        change(&mut view);
        let found = health(&view);
        assert_eq!(found.status, *status, "{name}: {:?}", found.reasons);
        assert_eq!(found.reasons.is_empty(), *status == Healthy, "{name}");
        let unready = readiness(&view).err().unwrap_or_default();
        assert_eq!(found.ready, unready.is_empty(), "{name}");
        assert_eq!(unready.len(), reasons.len(), "{name}: {unready:?}");
        for (found, part) in unready.iter().zip(*reasons) {
            assert!(found.contains(part), "{name}: {found:?} does not say {part:?}");
        }
    }
}

#[test]
fn cameras() {
    check(&[
        ("all well", |_| {}, Healthy, &[]),
        ("no camera at all", |v| v.cameras.clear(), Healthy, &[]),
        (
            "one down",
            |v| down(&mut v.cameras[1]),
            Degraded,
            &["camera front-door is not recorded: backing off: connection refused"],
        ),
        (
            "all down",
            |v| v.cameras.iter_mut().for_each(down),
            Unhealthy,
            &["CAMERA_1", "front-door"],
        ),
        (
            "an optional one down",
            |v| {
                down(&mut v.cameras[1]);
                v.cameras[1].optional = true;
            },
            Healthy,
            &[],
        ),
        (
            "all optional and down",
            |v| {
                for camera in &mut v.cameras {
                    down(camera);
                    camera.optional = true;
                }
            },
            Unhealthy,
            &[],
        ),
        (
            "one disabled",
            |v| {
                v.cameras[1].enabled = false;
                v.cameras[1].snapshot = None;
            },
            Healthy,
            &[],
        ),
        ("not started", |v| v.cameras[0].snapshot = None, Degraded, &["CAMERA_1 is not"]),
        (
            "awaiting its first key frame",
            |v| put(&mut v.cameras[0], CameraState::AwaitingKeyFrame, None, ""),
            Degraded,
            &["awaiting a key frame"],
        ),
        (
            "stalled, cause without a sentence",
            |v| put(&mut v.cameras[0], CameraState::Stalled, Some(Cause::CameraAway), ""),
            Degraded,
            &["stalled (camera_away)"],
        ),
        (
            "recording, but its files fail",
            |v| unwritable(&mut v.cameras[0]),
            Degraded,
            &["the storage failed: read-only file system"],
        ),
    ]);
}

#[test]
fn storage() {
    check(&[
        (
            "held",
            |v| v.storage.held = Some("disk full".to_owned()),
            Unhealthy,
            &["recording is held: disk full"],
        ),
        (
            "fails for every camera",
            |v| v.cameras.iter_mut().for_each(unwritable),
            Unhealthy,
            &["CAMERA_1", "front-door"],
        ),
        (
            "nearly full",
            |v| v.storage.space.as_mut().expect("asked").free_bytes -= 59 << 30,
            Degraded,
            &["is nearly full: 1073741824 bytes free, 2147483648 are the limit"],
        ),
        (
            "exactly at the limit",
            |v| v.storage.space.as_mut().expect("asked").free_bytes = 2 << 30,
            Healthy,
            &[],
        ),
        ("silent", |v| v.storage.space = None, Degraded, &["cannot be asked for"]),
    ]);
}

#[test]
fn database_and_service() {
    check(&[
        ("database away", away, Degraded, &[]),
        ("untried", |v| v.database.link = LinkState::Untried, Degraded, &[]),
        ("caught up after losses", |v| v.database.dropped = 7, Healthy, &[]),
        (
            "spool full",
            |v| {
                away(v);
                v.database.dropped = 7;
            },
            Degraded,
            &["7 changes did not fit"],
        ),
        ("alarm now", |v| alarm(v, 0), Degraded, &["alarm in the last minute: the prot"]),
        ("alarm a while ago", |v| alarm(v, 59), Degraded, &["alarm"]),
        ("alarm a minute ago", |v| alarm(v, 60), Healthy, &[]),
        ("alarm before the clock stepped back", |v| alarm(v, -86_400), Healthy, &[]),
        ("leaving", |v| v.draining = true, Degraded, &["leaving"]),
        (
            "leaving, cameras done",
            |v| {
                v.draining = true;
                put(&mut v.cameras[0], CameraState::Draining, None, "");
                put(&mut v.cameras[1], CameraState::Stopped, None, "");
            },
            Degraded,
            &["leaving"],
        ),
    ]);
}

#[test]
fn a_camera_that_stops_unasked_is_a_trouble() {
    let mut stopped = camera("CAMERA_1");
    put(&mut stopped, CameraState::Stopped, None, "");
    assert_eq!(camera_trouble(&stopped, false).as_deref(), Some("stopped"));
    assert_eq!(camera_trouble(&stopped, true), None);
}

#[test]
fn each_part_has_its_own_status() {
    let mut view = view();
    away(&mut view);
    view.storage.held = Some("disk full".to_owned());
    view.alarms.push((now(), "x".to_owned()));
    let found = health(&view);
    let parts = (found.recording.status, found.database.status, found.storage.status);
    assert_eq!(parts, (Healthy, Degraded, Unhealthy));
}
