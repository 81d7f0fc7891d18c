//! Loads what a window needs: segments, and what is known around them.

use super::known::Known;
use crate::index::{Examined, examine, unpack_pauses};
use crate::plan::{Around, Rows};
use crate::site::Site;
use hitless_model::{
    CameraId, InstanceId, Nanos, Run, Segment, SegmentName, SegmentNumber, SegmentState, Utc,
};
use hitless_schema::StoreError;
use hitless_stitcher_core::{Carry, Pause, SegmentFacts, Settings, Stretch, horizon};
use std::cmp::Ordering;
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
}

/// How far a plan goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To the horizon.
    Horizon,
    /// To a joint in the middle of the timeline, of which the end is known.
    Rows {
        /// Rows that begin before it are needed.
        before: Utc,
        /// Where the whole timeline ends.
        horizon: Utc,
    },
}

/// Loads what a plan from `carry` on needs.
pub async fn load(
    site: &Site,
    known: &Known,
    camera: &CameraId,
    carry: &Carry,
    reach: Reach,
) -> Result<Loaded, StoreError> {
    let rows = rows(site, camera, carry, reach).await?;
    let first = rows.all().iter().map(|row| row.start).min();
    let since = carry.end.or(first).unwrap_or(known.now);
    let (store, far) = (&site.store, Utc::from_ns(i64::MAX));
    let runs = known.runs_since(back(since, LOOK_BACK));
    let mut events = store.camera_states_at(camera, since, back(since, STATES_BACK)).await?;
    events.extend(store.camera_events(camera, since, far).await?);
    let expired_since = carry.end.unwrap_or(Utc::from_ns(i64::MIN));
    let expired: Vec<Stretch> = store
        .expired_ranges(camera, expired_since, far)
        .await?
        .into_iter()
        .map(|range| Stretch { from: range.from, to: range.to })
        .collect();
    let is_expired = |row: &&Segment| row.state == SegmentState::Expired;
    let rows_expired = rows.all().iter().filter(is_expired).map(|row| row.start);
    let removed = expired.iter().map(|range| range.from).chain(rows_expired).min();
    let first = removed.into_iter().chain(first).min();
    let starting = |at: &Utc| first.is_none_or(|first| first.since(*at) > STARTING);
    // a timeline begins with the first footage, removed or not
    let begins = known.first_seen(camera).filter(starting).into_iter().chain(removed).min();
    let around = Around {
        horizon: match reach {
            Reach::Horizon => horizon_of(&runs, known, rows.all(), &site.settings),
            Reach::Rows { horizon, .. } => horizon,
        },
        runs,
        events,
        clock_steps: known.steps_since(camera, back(since, LOOK_BACK)),
        expired,
        begins,
    };
    Ok(Loaded { rows, around })
}

async fn rows(
    site: &Site,
    camera: &CameraId,
    carry: &Carry,
    reach: Reach,
) -> Result<Rows, StoreError> {
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
    let before = match reach {
        Reach::Horizon => None,
        Reach::Rows { before, .. } => Some(before),
    };
    let mut all = site.store.segments_from(camera, &passed, from, before).await?;
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
    let names = rows.all().iter().map(|row| &row.name);
    // as texts; those of different instants begin with these
    let Some(first) = names.min_by(|a, b| match a.start.cmp(&b.start) {
        Ordering::Equal => a.to_string().cmp(&b.to_string()),
        sooner => sooner,
    }) else {
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
fn horizon_of(runs: &[Run], known: &Known, rows: &[Segment], settings: &Settings) -> Utc {
    let ends = rows.iter().filter_map(|row| {
        let facts = SegmentFacts::of_row(row, 0, settings.drift_bound_ppm)?;
        let length = facts.media_length.to_nanos(facts.timescale);
        (length > Nanos::ZERO).then(|| facts.start.plus(length))
    });
    let durable = horizon(runs, ends.max(), known.now, known.patience);
    known.live.map_or(durable, |since| durable.max(since))
}

/// How long a recorder may be silent and still count as alive.
pub fn patience(site: &Site) -> Nanos {
    let beats = site.config.recorder.heartbeat.saturating_mul(HEARTBEATS);
    Nanos::new(i64::try_from(beats.as_nanos()).unwrap_or(i64::MAX)).max(PATIENCE)
}

fn back(at: Utc, by: Nanos) -> Utc {
    at.plus(Nanos::ZERO.minus(by))
}
