//! What recorders that are gone left behind: segments in flight and changes
//! that never reached the database.
//!
//! An instance counts as gone while its lock is free, and the lock is held
//! while its things are looked after. What the database cannot take now is
//! tried again.

use super::running::Running;
use super::writing::writer_options;
use super::{peers, rows_left};
use hitless_model::InstanceId;
use hitless_schema::Store;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tracing::{debug, error, info};

/// How soon a database that was away is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// Looks after everything there is, and returns when nothing is left. Looks twice:
/// who is gone lets go of its lock a moment later.
pub(super) async fn run(running: Arc<Running>) {
    running.database_tried().await;
    let mut looks = 0;
    loop {
        let done = {
            let _alone = running.departed.lock().await;
            once(&running).await
        };
        match done {
            Ok(()) if looks > 0 => return,
            Ok(()) => looks += 1,
            Err(problem) => debug!("what others left is not in the database yet: {problem:#}"),
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn once(running: &Arc<Running>) -> anyhow::Result<()> {
    let storage = Arc::clone(&running.storage);
    let (others, left) = spawn_blocking({
        let storage = Arc::clone(&storage);
        move || (storage.other_spools(), storage.left_open())
    })
    .await?;
    let mut left = left?;
    // This run's own are in flight; earlier ones of it were seen to at the start.
    left.retain(|name| name.instance != *storage.instance());
    running.recovery().of(left).await;
    let mut store = None;
    for (instance, folder) in others? {
        let Some(_lock) = storage.hold_departed(&instance) else { continue };
        let there = replay(running, &mut store, &instance, folder).await?;
        if let Some(store) = &store {
            look_at_rows(running, store, &instance).await?;
        }
        if !there {
            error!(%instance, "the changes that recorder {instance} left cannot be read");
        }
    }
    Ok(())
}

/// What it had closed, or never looked at, and could not tell.
async fn look_at_rows(
    running: &Running,
    store: &Store,
    instance: &InstanceId,
) -> anyhow::Result<()> {
    let names = rows_left::of(running, store, instance).await?;
    // Its lock says nothing of another machine.
    if !names.is_empty() && !peers::live_elsewhere(running, store).await?.contains(instance) {
        running.recovery().of(names).await;
    }
    Ok(())
}

async fn replay(
    running: &Running,
    store: &mut Option<Store>,
    instance: &InstanceId,
    folder: PathBuf,
) -> anyhow::Result<bool> {
    let store = match store {
        Some(store) => store,
        None => store.insert(Store::open(&writer_options(&running.config)?.url).await?),
    };
    match store.replay_spool(&folder).await {
        Ok(0) => Ok(true),
        Ok(changes) => {
            info!(%instance, changes, "told the database what recorder {instance} could not");
            Ok(true)
        }
        Err(hitless_schema::ReplayError::Store(problem)) => Err(problem.into()),
        Err(hitless_schema::ReplayError::Spool(problem)) => {
            debug!("{problem}");
            Ok(false)
        }
    }
}
