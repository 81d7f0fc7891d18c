//! How the recorder stands in one line, for the service manager.

use super::health::{Status, health};
use super::troubles::camera_trouble;
use crate::service::view::View;
use hitless_schema::writer::LinkState;

/// So many cameras are named; the rest is counted.
const NAMED: usize = 3;
/// A line longer than this is cut.
const LONGEST: usize = 400;

/// One line that a person understands, without control characters.
pub fn status_line(view: &View) -> String {
    let health = health(view);
    let mut parts = Vec::new();
    if view.draining {
        parts.push("leaving".to_owned());
    }
    let recording = &health.recording;
    parts.push(match recording.enabled_cameras {
        0 => "no camera is enabled".to_owned(),
        enabled => format!("recording {} of {enabled} cameras", recording.running_cameras),
    });
    parts.extend(cameras(view));
    if let LinkState::Away { reason, .. } = &view.database.link {
        let waiting = view.database.spool.records;
        parts.push(format!("database away ({reason}), {waiting} changes wait"));
    }
    if let Some(why) = &view.storage.held {
        parts.push(format!("recording is held: {why}"));
    }
    parts.push(space(view));
    let word = match health.status {
        Status::Healthy => "",
        Status::Degraded => "degraded: ",
        Status::Unhealthy => "UNHEALTHY: ",
    };
    one_line(&format!("{word}{}", parts.join("; ")))
}

fn cameras(view: &View) -> Option<String> {
    let down: Vec<_> = view
        .cameras
        .iter()
        .filter_map(|camera| Some((camera, camera_trouble(camera, view.draining)?)))
        .collect();
    if down.is_empty() {
        return None;
    }
    let named: Vec<_> =
        down.iter().take(NAMED).map(|(camera, why)| format!("{} {why}", camera.id)).collect();
    Some(match down.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    })
}

fn space(view: &View) -> String {
    match view.storage.space {
        None => "free space unknown".to_owned(),
        Some(space) if space.free_bytes < view.storage.min_free_bytes => {
            format!("disk low, {} free", size(space.free_bytes))
        }
        Some(space) => format!("{} free", size(space.free_bytes)),
    }
}

fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = "bytes";
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, larger);
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{value:.1} {unit}") }
}

fn one_line(text: &str) -> String {
    let mut line: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}
