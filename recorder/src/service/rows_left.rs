//! Rows that say "recording" of runs that are gone.
//!
//! What a crash left open is known from the list beside the segments. A recorder
//! killed once more, after it had looked at a segment and before the database
//! had it, leaves a row that nobody would correct; so once the database answers
//! it is asked for such rows, and their segments are looked at again. So does one
//! that was killed before it had told of a segment that it had closed.

use super::running::Running;
use super::writing::writer_options;
use hitless_model::{InstanceId, SegmentName};
use hitless_schema::Store;
use std::sync::Arc;
use std::time::Duration;
use tracing::debug;

/// How soon a database that was away is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// Looks after this instance's rows, and returns when that is done.
pub(super) async fn run(running: Arc<Running>) {
    running.database_tried().await;
    while let Err(problem) = once(&running).await {
        debug!("rows of earlier runs are not looked after yet: {problem:#}");
        tokio::time::sleep(RETRY).await;
    }
}

async fn once(running: &Running) -> anyhow::Result<()> {
    let store = Store::open(&writer_options(&running.config)?.url).await?;
    let names = of(running, &store, running.storage.instance()).await;
    store.close().await;
    let mut names = names?;
    // Those are looked after since the start.
    names.retain(|name| !running.left.contains(name));
    running.recovery().of(names).await;
    Ok(())
}

/// Segments that rows name as being recorded by a run of an instance that is not
/// this one.
pub(super) async fn of(
    running: &Running,
    store: &Store,
    instance: &InstanceId,
) -> anyhow::Result<Vec<SegmentName>> {
    let rows = store.left_open(instance, &running.run_id()).await?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}
