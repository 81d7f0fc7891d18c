//! Room on the storage: an alarm when it runs short, and the policy.
//!
//! `stop` finishes the segments in flight and records nothing more until there
//! is room again; `delete-oldest` removes the oldest segments that nobody
//! protected, and stops only if there are none. A little more room than the
//! limit is wanted before recording goes on, so that it does not flap.

use super::alarms::Alarms;
use crate::camera::Hold;
use crate::retention::{self, Removed};
use crate::storage::{Space, Storage};
use hitless_config::{Disk, DiskPolicy};
use hitless_model::Cause;
use hitless_schema::Change;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tracing::{error, info, warn};

use crate::index::Index;

/// What the watch of the disk last saw.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskState {
    /// Room, if it could be asked.
    pub space: Option<Space>,
    /// The limit in bytes.
    pub min_free_bytes: u64,
}

/// Watches the room on the storage.
pub struct DiskWatch {
    /// The storage.
    pub storage: Arc<Storage>,
    /// Limits and policy.
    pub disk: Disk,
    /// The way to the database.
    pub index: Index,
    /// Held for the cameras.
    pub hold: watch::Sender<Hold>,
    /// For what a person must look at.
    pub alarms: Alarms,
    /// Shown to the view.
    pub state: watch::Sender<DiskState>,
}

impl DiskWatch {
    /// Looks for ever.
    pub async fn run(self) {
        let mut look = tokio::time::interval(self.disk.check);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            self.look().await;
        }
    }

    /// One look, and what follows from it.
    pub async fn look(&self) {
        let storage = Arc::clone(&self.storage);
        let Ok(asked) = spawn_blocking(move || space_of(&storage)).await else { return };
        let space = match asked {
            Ok(space) => space,
            Err(why) => {
                self.state.send_modify(|state| state.space = None);
                self.hold(Cause::StorageFailed, why);
                return;
            }
        };
        let limit = limit(&self.disk, space);
        self.state.send_replace(DiskState { space: Some(space), min_free_bytes: limit });
        match self.disk.policy {
            DiskPolicy::DeleteOldest if space.free_bytes < with_margin(limit) => {
                self.make_room(space, limit).await;
            }
            _ => self.judge(space, limit, ""),
        }
    }

    async fn make_room(&self, space: Space, limit: u64) {
        let wanted = with_margin(limit).saturating_sub(space.free_bytes);
        let storage = Arc::clone(&self.storage);
        let done = spawn_blocking(move || retention::remove_oldest(&storage, wanted)).await;
        let (removed, why_not) = match done {
            Ok(Ok(done)) => (done.removed, done.why_not_more),
            Ok(Err(problem)) => (Vec::new(), Some(problem.to_string())),
            Err(panic) => (Vec::new(), Some(panic.to_string())),
        };
        for Removed { name, bytes } in removed {
            info!(segment = %name, bytes, "removed the oldest segment to make room");
            self.index.tell(Change::SegmentExpired { name });
        }
        let storage = Arc::clone(&self.storage);
        let space = match spawn_blocking(move || space_of(&storage)).await {
            Ok(Ok(space)) => space,
            _ => space,
        };
        self.judge(space, limit, why_not.as_deref().unwrap_or(""));
    }

    fn judge(&self, space: Space, limit: u64, why_not_more: &str) {
        let held = self.hold.borrow().as_ref().map(|(cause, _)| *cause);
        // A little more than the limit, once it was short of it.
        let enough = if held == Some(Cause::DiskFull) { with_margin(limit) } else { limit };
        if space.free_bytes < limit {
            let mut why = format!(
                "only {} MiB are free on {}, recording stops below {} MiB",
                space.free_bytes >> 20,
                self.storage.root().display(),
                limit >> 20
            );
            if !why_not_more.is_empty() {
                why = format!("{why}; {why_not_more}");
            }
            self.hold(Cause::DiskFull, why);
        } else if held.is_some() && space.free_bytes >= enough.min(space.total_bytes) {
            match held {
                Some(Cause::DiskFull) => info!("there is room on the storage again"),
                _ => info!("the storage is there again"),
            }
            self.hold.send_replace(None);
        } else if !why_not_more.is_empty() {
            warn!("the storage runs full and nothing could be removed: {why_not_more}");
        }
    }

    fn hold(&self, cause: Cause, why: String) {
        let news = self.hold.borrow().as_ref().is_none_or(|(known, _)| *known != cause);
        if news {
            error!(%cause, "recording is held: {why}");
            self.alarms.raise(format!("recording is held: {why}"));
        }
        self.hold.send_replace(Some((cause, why)));
    }
}

/// Room on a storage that is there.
fn space_of(storage: &Storage) -> Result<Space, String> {
    storage.check_mounted().map_err(|e| e.to_string())?;
    Space::of(storage.root()).map_err(|e| e.to_string())
}

/// Where nothing is said a small disk is not held to be full for ever.
const USUAL_LIMIT: u64 = 1 << 30;

fn limit(disk: &Disk, space: Space) -> u64 {
    let percent = space.total_bytes as f64 * disk.min_free_percent / 100.0;
    let bytes = disk.min_free_bytes.unwrap_or(USUAL_LIMIT.min(space.total_bytes / 10));
    bytes.max(percent as u64)
}

/// A tenth more than the limit.
fn with_margin(limit: u64) -> u64 {
    limit.saturating_add(limit / 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hitless_config::{Config, LoadOptions};
    use std::path::Path;

    fn limit_of(section: &str, total_bytes: u64) -> u64 {
        let text = format!("storage = \"s\"\n[recorder.disk]\n{section}\n");
        let file = (Path::new("/etc/hitless/hitless.toml"), text.as_str());
        let config = Config::parse_with(Some(file), &LoadOptions::default()).expect("valid");
        limit(&config.recorder.disk, Space { free_bytes: 0, total_bytes })
    }

    #[test]
    fn a_small_disk_is_not_full_for_ever() {
        let mib = 1 << 20;
        assert_eq!(limit_of("", 100_000 * mib), 1 << 30);
        assert_eq!(limit_of("", 200 * mib), 20 * mib);
        assert_eq!(limit_of("min_free_percent = 50", 200 * mib), 100 * mib);
        // what is asked for is done
        assert_eq!(limit_of("min_free_bytes = \"1GiB\"", 200 * mib), 1 << 30);
    }
}
