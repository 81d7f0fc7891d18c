//! How the recorder stands in one line, for the service manager.

use super::health::health;
use super::status::Status;
use super::troubles::camera_trouble;
use crate::camera::counted;
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
        enabled => format!("recording {} of {}", recording.running_cameras, counted(enabled)),
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

#[cfg(test)]
mod tests {
    use super::super::sample::{away, camera, down, put, view};
    use super::*;
    use hitless_model::CameraState;

    /// What is changed, and the line that follows.
    type Case = (fn(&mut View), &'static str);

    #[test]
    fn lines() {
        let cases: &[Case] = &[
            (|_| {}, "recording 2 of 2 cameras; 60.0 GiB free"),
            (|v| v.cameras.clear(), "no camera is enabled; 60.0 GiB free"),
            (
                |v| down(&mut v.cameras[1]),
                "degraded: recording 1 of 2 cameras; front-door backing off: connection refused; \
                 60.0 GiB free",
            ),
            (
                away,
                "degraded: recording 2 of 2 cameras; database away (connection refused), 12 \
                 changes wait; 60.0 GiB free",
            ),
            (
                |v| v.storage.space.as_mut().expect("asked").free_bytes = 1000,
                "degraded: recording 2 of 2 cameras; disk low, 1000 bytes free",
            ),
            (
                |v| v.storage.held = Some("disk full".to_owned()),
                "UNHEALTHY: recording 2 of 2 cameras; recording is held: disk full; 60.0 GiB free",
            ),
            (
                |v| {
                    v.draining = true;
                    v.storage.space = None;
                    for camera in &mut v.cameras {
                        put(camera, CameraState::Draining, None, "");
                    }
                },
                "degraded: leaving; recording 0 of 2 cameras; free space unknown",
            ),
        ];
        for (change, line) in cases {
            let mut view = view();
            change(&mut view);
            assert_eq!(status_line(&view), *line);
        }
    }

    #[test]
    fn many_cameras_are_counted() {
        let mut view = view();
        view.cameras = (0..100).map(|n| camera(&format!("c{n}"))).collect();
        view.cameras.iter_mut().for_each(down);
        let line = status_line(&view);
        assert!(line.contains("c2 backing off: connection refused and 97 more;"), "{line}");
    }

    /// A line break would end the assignment in the notification.
    #[test]
    fn it_is_one_line_of_bounded_length() {
        let mut view = view();
        put(&mut view.cameras[0], CameraState::Stalled, None, &"é\nREADY=1\r\u{1b}".repeat(100));
        let line = status_line(&view);
        assert!(!line.contains(char::is_control), "{line:?}");
        assert_eq!(line.chars().count(), LONGEST + 1);
    }
}
