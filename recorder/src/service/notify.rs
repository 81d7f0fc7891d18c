//! Tells the service manager: ready, alive, how it stands, stopping.
//!
//! Without a service manager (no `NOTIFY_SOCKET`) all of this does nothing.

use super::view::View;
use crate::camera::counted;
use crate::http::{Event, status_line};
use hitless_model::CameraState;
use sd_notify::NotifyState;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tracing::debug;

/// How often the status line is renewed without a watchdog.
const RENEW: Duration = Duration::from_secs(10);

/// Least time between two status lines.
const RENEW_LEAST: Duration = Duration::from_secs(1);

pub(super) fn ready(view: &View) {
    // What cameras do in their first moment would only alarm people.
    let starting =
        format!("starting {}", counted(view.cameras.iter().filter(|c| c.enabled).count()));
    let running = view
        .cameras
        .iter()
        .any(|c| c.snapshot.as_ref().is_some_and(|s| s.standing.state == CameraState::Recording));
    let status = if running { status_line(view) } else { starting };
    send(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// Names the successor's process as the one that is to be watched. What this
/// one says after that is not listened to.
pub(super) fn main_process(pid: u32) {
    send(&[NotifyState::MainPid(pid)]);
}

pub(super) fn stopping() {
    send(&[NotifyState::Stopping]);
}

/// Renews the status line, at once when something changes, and feeds the
/// watchdog if there is one.
pub(super) async fn run(
    view: Arc<dyn Fn() -> View + Send + Sync>,
    mut events: broadcast::Receiver<Event>,
) {
    let every = sd_notify::watchdog_enabled().map_or(RENEW, |limit| limit / 3);
    let mut renew = tokio::time::interval(every);
    renew.tick().await;
    loop {
        tokio::select! {
            _ = renew.tick() => {}
            event = events.recv() => {
                if matches!(event, Err(RecvError::Closed)) {
                    return;
                }
                tokio::time::sleep(RENEW_LEAST).await;
                events = events.resubscribe();
            }
        }
        send(&[NotifyState::Watchdog, NotifyState::Status(&status_line(&view()))]);
    }
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(problem) = sd_notify::notify(states) {
        debug!("the service manager was not told: {problem}");
    }
}
