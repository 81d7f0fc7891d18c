//! Told to stop while another recorder is there: stays until that one has every
//! camera, and ends at key frames.
//!
//! The other one is found by its lock on this machine, or by its run in the
//! database on another. Nobody there, or no time left: stops as it would alone.

use super::running::{Running, lock};
use super::writing::writer_options;
use crate::camera::Leave;
use crate::handover::peer;
use hitless_model::{InstanceId, Nanos, Run};
use hitless_schema::Store;
use hitless_schema::writer::LinkState;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tracing::{debug, info, warn};

/// A run without a heartbeat for so many intervals is gone.
const MISSED_BEATS: i64 = 3;
/// A camera ends in front of this many-th key frame from when it was proven.
const KEY_FRAMES_TO_END: u32 = 2;
/// How long the database may take to tell who else is there.
const ASK_LIMIT: Duration = Duration::from_secs(2);

/// Returns once the others have all cameras and this one's have ended, or when
/// there is nobody or no time.
pub(super) async fn wait(running: &Running) {
    let limit = running.config.handover.peer;
    if limit.is_zero() {
        return;
    }
    let peers = find(running).await;
    if peers.is_empty() {
        return;
    }
    let names: Vec<&str> = peers.iter().map(InstanceId::as_str).collect();
    let names = names.join(" and ");
    info!("{names} records too: staying until every camera is there");
    let begun = Instant::now();
    let work = async {
        peer::covered(&running.storage, peers, || running.cameras.own_since(begun)).await;
        info!("{names} has every camera after {:.1} s", begun.elapsed().as_secs_f64());
        running.cameras.tell(Leave::AtKeyFrame(KEY_FRAMES_TO_END));
        running.cameras.gone().await;
    };
    if tokio::time::timeout(limit, work).await.is_err() {
        let seconds = limit.as_secs_f64();
        warn!("{names} did not have every camera within {seconds:.1} s; stopping all the same");
    }
}

/// Other instances on this storage that live. They need not have a segment in
/// flight yet: who was started a moment ago is to have every camera, too.
async fn find(running: &Running) -> BTreeSet<InstanceId> {
    let storage = &running.storage;
    let known = storage.other_spools().unwrap_or_default();
    let others: BTreeSet<InstanceId> = known.into_iter().map(|(instance, _)| instance).collect();
    let (mut here, elsewhere): (BTreeSet<_>, BTreeSet<_>) =
        others.into_iter().partition(|instance| storage.runs_here(instance));
    let up = matches!(running.writer.status().borrow().link, LinkState::Up);
    if up && !elsewhere.is_empty() {
        match tokio::time::timeout(ASK_LIMIT, ask(running)).await {
            Ok(Ok(live)) => here.extend(elsewhere.into_iter().filter(|i| live.contains(i))),
            Ok(Err(problem)) => debug!("who else records is not known: {problem:#}"),
            Err(_) => debug!("who else records is not known: the database is slow"),
        }
    }
    here
}

async fn ask(running: &Running) -> anyhow::Result<BTreeSet<InstanceId>> {
    let store = Store::open(&writer_options(&running.config)?.url).await?;
    let live = live_elsewhere(running, &store).await;
    store.close().await;
    live
}

/// Instances with a run on another machine that lives and is not leaving.
pub(super) async fn live_elsewhere(
    running: &Running,
    store: &Store,
) -> anyhow::Result<BTreeSet<InstanceId>> {
    let beat = i64::try_from(running.config.recorder.heartbeat.as_nanos()).unwrap_or(i64::MAX);
    let since = Nanos::new(beat.saturating_mul(-MISSED_BEATS));
    let runs = store.live_runs(crate::clock::now().plus(since)).await?;
    let host = lock(&running.run).host.clone();
    let lives = |run: &Run| run.host != host && run.draining.is_none() && run.stopped.is_none();
    Ok(runs.into_iter().filter(lives).map(|run| run.instance).collect())
}
