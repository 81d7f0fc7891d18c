//! The names that others rely on.

use super::*;
use crate::http::sample::{alarm, away, down, unwritable, view};
use serde_json::{Value, json};

fn printed(view: &View) -> Value {
    serde_json::to_value(health(view)).expect("it can be printed")
}

/// The names that `docs/health.md` promises; the page is read, so that a
/// name which is missing there or here is found.
#[test]
fn every_documented_key_is_there() {
    let page = include_str!("../../../../docs/health.md");
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
