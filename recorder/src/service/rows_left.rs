//! Rows that say "recording" of runs that are gone.
//!
//! What a crash left open is known from the list beside the segments. A recorder
//! killed once more, after it had looked at a segment and before the database
//! had it, leaves a row that nobody would correct; so once the database answers
//! it is asked for such rows, and their segments are looked at again.

use super::running::Running;
use super::start::writer_options;
use hitless_model::SegmentName;
use hitless_schema::Store;
use std::sync::Arc;
use std::time::Duration;
use tracing::debug;

/// How soon a database that was away is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// Looks after this instance's rows, and returns when that is done.
pub(super) async fn run(running: Arc<Running>) {
    while let Err(problem) = once(&running).await {
        debug!("rows of earlier runs are not looked after yet: {problem:#}");
        tokio::time::sleep(RETRY).await;
    }
}

async fn once(running: &Running) -> anyhow::Result<()> {
    let store = Store::open(&writer_options(&running.config)?.url).await?;
    let rows = store.left_open(running.storage.instance(), &running.run_id()).await;
    store.close().await;
    let mut names: Vec<SegmentName> = rows?.into_iter().map(|row| row.name).collect();
    // Those are looked after since the start.
    names.retain(|name| !running.left.contains(name));
    running.recovery().of(names).await;
    Ok(())
}
