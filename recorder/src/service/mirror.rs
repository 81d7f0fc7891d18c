//! Brings protections from the database into their file under the storage.
//!
//! Retention reads the file alone, since the database may be away when room is
//! needed. Nothing is ever taken out of the file here.

use super::running::Running;
use hitless_schema::{DatabaseUrl, ProtectionMirror, Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tracing::{debug, error, info};

/// How soon a protection asked for in the database alone counts.
const LOOK: Duration = Duration::from_secs(5);

/// Looks for ever.
pub(super) async fn run(running: Arc<Running>, url: DatabaseUrl) {
    running.database_tried().await;
    let root = running.config.storage.clone();
    let mut store = None;
    let mut told = None;
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        if let Err(problem) = once(&mut store, &mut told, &url, &root).await {
            // The writer tells of a database that is away.
            debug!("protections were not read: {problem}");
            store = None;
        }
    }
}

async fn once(
    store: &mut Option<Store>,
    told: &mut Option<String>,
    url: &DatabaseUrl,
    root: &std::path::Path,
) -> Result<(), StoreError> {
    let open = match store {
        Some(open) => open,
        None => store.insert(Store::open(url).await?),
    };
    let protections = open.protections().await?;
    let mirror = ProtectionMirror::of(root);
    match spawn_blocking(move || mirror.add(&protections)).await {
        Ok(Ok(true)) => info!("protections were added to their file under the storage"),
        Ok(Ok(false)) => *told = None,
        Ok(Err(problem)) => {
            let problem = problem.to_string();
            if told.as_ref() != Some(&problem) {
                error!("{problem}; until then nothing is removed to make room");
            }
            *told = Some(problem);
        }
        Err(panic) => error!("mirroring the protections failed: {panic}"),
    }
    Ok(())
}
