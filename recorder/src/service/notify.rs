//! Tells the service manager: ready, alive, how it stands, stopping.
//!
//! Without a service manager (no `NOTIFY_SOCKET`) all of this does nothing.

use super::view::View;
use crate::http::status_line;
use sd_notify::NotifyState;
use std::sync::Arc;
use std::time::Duration;
use tracing::debug;

/// How often the status line is renewed without a watchdog.
const RENEW: Duration = Duration::from_secs(10);

pub(super) fn ready(view: &View) {
    send(&[NotifyState::Ready, NotifyState::Status(&status_line(view))]);
}

pub(super) fn stopping() {
    send(&[NotifyState::Stopping]);
}

/// Renews the status line, and feeds the watchdog if there is one.
pub(super) async fn run(view: Arc<dyn Fn() -> View + Send + Sync>) {
    let every = sd_notify::watchdog_enabled().map_or(RENEW, |limit| limit / 3);
    let mut renew = tokio::time::interval(every);
    loop {
        renew.tick().await;
        send(&[NotifyState::Watchdog, NotifyState::Status(&status_line(&view()))]);
    }
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(problem) = sd_notify::notify(states) {
        debug!("the service manager was not told: {problem}");
    }
}
