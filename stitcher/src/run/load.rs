//! Loads what a window needs: segments, and what is known around them.

use crate::index::{Examined, examine, unpack_pauses};
use crate::plan::{Around, Rows};
use crate::site::{Site, now};
use hitless_model::{
    CameraId, InstanceId, Nanos, Run, Segment, SegmentName, SegmentNumber, SegmentState, Utc,
};
use hitless_schema::StoreError;
use hitless_stitcher_core::{Carry, Pause, SegmentFacts, Settings, Stretch, horizon};
use std::collections::{BTreeSet, HashMap};

/// Rows that begin this much before a joint may still matter to what follows
/// it: an instance that the joint has not passed, or a clock that was set.
const LOOK_BACK: Nanos = Nanos::from_secs(2 * 86_400);
/// Causes are looked for this far before a window: how long a camera may be
/// away or switched off before nobody knows why any more.
const STATES_BACK: Nanos = Nanos::from_secs(366 * 86_400);
/// A recorder that was not heard of for so many heartbeats is gone.
const HEARTBEATS: u32 = 6;
/// But never sooner than this.
const PATIENCE: Nanos = Nanos::from_secs(20);

/// A camera whose first footage came so soon after it was configured was
/// starting, not away.
const STARTING: Nanos = Nanos::from_secs(60);

/// Segments and what is around them.
pub struct Loaded {
    /// The segments.
    pub rows: Rows,
    /// Around them.
    pub around: Around,
    /// A recorder is running.
    pub alive: bool,
}

/// Loads what a plan from `carry` to the horizon needs.
pub async fn load(site: &Site, camera: &CameraId, carry: &Carry) -> Result<Loaded, StoreError> {
    let rows = rows(site, camera, carry).await?;
    let first = rows.all().iter().map(|row| row.start).min();
    let since = carry.end.or(first).unwrap_or_else(now);
    let (store, far) = (&site.store, Utc::from_ns(i64::MAX));
    let runs = store.runs_between(back(since, LOOK_BACK), far).await?;
    let mut events = store.camera_states_at(camera, since, back(since, STATES_BACK)).await?;
    events.extend(store.camera_events(camera, since, far).await?);
    let steps = store.clock_steps(back(since, LOOK_BACK), far).await?;
    let expired = store.expired_ranges(camera, since, far).await?;
    let configured = store.cameras().await?.into_iter().find(|row| row.camera == *camera);
    let begins = configured.map(|row| row.first_seen);
    let live = live(&runs, now(), patience(site));
    let around = Around {
        horizon: horizon_of(&runs, live, rows.all(), &site.settings, patience(site)),
        runs,
        events,
        clock_steps: steps
            .into_iter()
            .filter(|step| step.camera.as_ref().is_none_or(|of| of == camera))
            .map(|step| step.step)
            .collect(),
        expired: expired.into_iter().map(|e| Stretch { from: e.from, to: e.to }).collect(),
        begins: begins.filter(|at| first.is_none_or(|first| first.since(*at) > STARTING)),
    };
    Ok(Loaded { rows, around, alive: live.is_some() })
}

async fn rows(site: &Site, camera: &CameraId, carry: &Carry) -> Result<Rows, StoreError> {
    let instances: BTreeSet<&InstanceId> = carry
        .passed
        .iter()
        .map(|passed| &passed.instance)
        .chain(carry.playing.iter().map(|playing| &playing.instance))
        .collect();
    let passed: Vec<(InstanceId, SegmentNumber)> = instances
        .into_iter()
        .filter_map(|instance| Some((instance.clone(), carry.rows_from(instance)?)))
        .collect();
    let from = carry.end.map_or(Utc::from_ns(i64::MIN), |end| back(end, LOOK_BACK));
    let mut all = site.store.segments_from(camera, &passed, from, None).await?;
    for row in all.iter_mut().filter(|row| row.state == SegmentState::Recording) {
        // an open file is read as far as it goes, for this plan alone
        if let Examined::Growing(grown) = examine(site.root(), row) {
            *row = *grown;
        }
    }
    let rows = Rows::new(all);
    let pauses = pauses(site, camera, &rows).await?;
    Ok(rows.with_pauses(pauses))
}

/// What indexing has found of segments in which the camera paused.
async fn pauses(
    site: &Site,
    camera: &CameraId,
    rows: &Rows,
) -> Result<HashMap<SegmentName, Vec<Pause>>, StoreError> {
    let Some(first) = rows.all().iter().map(|row| &row.name).min_by_key(|name| name.to_string())
    else {
        return Ok(HashMap::new());
    };
    let stored = site.store.pauses(camera, first).await?;
    let unpacked = stored.into_iter().filter_map(|(name, bytes)| {
        let row = rows.row(rows.place(&name)?);
        Some((name, unpack_pauses(&bytes, row.media_start)?))
    });
    Ok(unpacked.collect())
}

/// Since when a recorder has been running; `None`: none is.
pub fn live(runs: &[Run], now: Utc, patience: Nanos) -> Option<Utc> {
    let alive = |run: &&Run| run.stopped.is_none() && now.since(run.heartbeat) <= patience;
    runs.iter().filter(alive).map(|run| run.started).min()
}

/// What is not yet on disk cannot be from before the recorders were there.
fn horizon_of(
    runs: &[Run],
    live: Option<Utc>,
    rows: &[Segment],
    settings: &Settings,
    patience: Nanos,
) -> Utc {
    let ends = rows.iter().filter_map(|row| {
        let facts = SegmentFacts::of_row(row, 0, settings.drift_bound_ppm)?;
        let length = facts.media_length.to_nanos(facts.timescale);
        (length > Nanos::ZERO).then(|| facts.start.plus(length))
    });
    let durable = horizon(runs, ends.max(), now(), patience);
    live.map_or(durable, |since| durable.max(since))
}

/// How long a recorder may be silent and still count as alive.
pub fn patience(site: &Site) -> Nanos {
    let beats = site.config.recorder.heartbeat.saturating_mul(HEARTBEATS);
    Nanos::new(i64::try_from(beats.as_nanos()).unwrap_or(i64::MAX)).max(PATIENCE)
}

fn back(at: Utc, by: Nanos) -> Utc {
    at.plus(Nanos::ZERO.minus(by))
}
