//! Loads what a window needs: segments with their tables, and what is known
//! around them.

use crate::index::{Examined, examine, packed};
use crate::plan::{Around, Known, Rows};
use crate::site::{Site, now};
use hitless_model::{CameraId, Nanos, SegmentState, Utc};
use hitless_schema::StoreError;
use hitless_stitcher_core::{Carry, SegmentFacts, Settings, Stretch, horizon};
use std::collections::HashMap;

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

/// Segments and what is around them.
pub struct Loaded {
    /// The segments.
    pub rows: Rows,
    /// Around them.
    pub around: Around,
}

/// Loads what a plan from `carry` to the horizon needs.
pub async fn load(
    site: &Site,
    camera: &CameraId,
    carry: &Carry,
    settings: &Settings,
) -> Result<Loaded, StoreError> {
    let (first, last) = (Utc::from_ns(i64::MIN), Utc::from_ns(i64::MAX));
    let from = carry.end.map_or(first, |end| back(end, LOOK_BACK));
    let rows = rows(site, camera, from, last).await?;
    let begins = rows.all().iter().map(|known| known.row.start).min();
    let since = carry.end.or(begins).unwrap_or_else(now);
    let around = around(site, camera, &rows, since, settings).await?;
    Ok(Loaded { rows, around })
}

async fn rows(site: &Site, camera: &CameraId, from: Utc, to: Utc) -> Result<Rows, StoreError> {
    let segments = site.store.segments_for_planning(camera, from, to).await?;
    let indexes = site.store.indexes_between(camera, from, to).await?;
    let mut tables: HashMap<_, _> = indexes
        .into_iter()
        .filter(|stored| stored.version == packed::VERSION)
        .map(|stored| (stored.segment, stored.contents))
        .collect();
    let known = |row: hitless_model::Segment| {
        let blob = tables.remove(&row.name);
        let table = blob.and_then(|blob: Vec<u8>| packed::unpack(&blob, row.media_start));
        // an open file is read as far as it goes, for this plan alone
        let row = match row.state {
            SegmentState::Recording => match examine(site.root(), &row) {
                Examined::Growing(grown) => *grown,
                _ => row,
            },
            _ => row,
        };
        Known { row, table }
    };
    Ok(Rows::new(segments.into_iter().map(known).collect()))
}

async fn around(
    site: &Site,
    camera: &CameraId,
    rows: &Rows,
    since: Utc,
    settings: &Settings,
) -> Result<Around, StoreError> {
    let (store, far) = (&site.store, Utc::from_ns(i64::MAX));
    let runs = store.runs_between(back(since, LOOK_BACK), far).await?;
    let mut events = store.camera_states_at(camera, since, back(since, STATES_BACK)).await?;
    events.extend(store.camera_events(camera, since, far).await?);
    let steps = store.clock_steps(back(since, LOOK_BACK), far).await?;
    let expired = store.expired_ranges(camera, since, far).await?;
    let cameras = store.cameras().await?;
    let last = rows.all().iter().filter_map(|known| {
        let facts = SegmentFacts::of_row(&known.row, 0, settings.drift_bound_ppm)?;
        let length = facts.media_length.to_nanos(facts.timescale);
        (length > Nanos::ZERO).then(|| facts.start.plus(length))
    });
    let horizon = horizon(&runs, last.max(), now(), patience(site));
    Ok(Around {
        runs,
        events,
        clock_steps: steps
            .into_iter()
            .filter(|step| step.camera.as_ref().is_none_or(|of| of == camera))
            .map(|step| step.step)
            .collect(),
        expired: expired.into_iter().map(|e| Stretch { from: e.from, to: e.to }).collect(),
        begins: cameras.into_iter().find(|row| row.camera == *camera).map(|row| row.first_seen),
        horizon,
    })
}

/// How long a recorder may be silent and still count as alive.
pub fn patience(site: &Site) -> Nanos {
    let beats = site.config.recorder.heartbeat.saturating_mul(HEARTBEATS);
    Nanos::new(i64::try_from(beats.as_nanos()).unwrap_or(i64::MAX)).max(PATIENCE)
}

fn back(at: Utc, by: Nanos) -> Utc {
    at.plus(Nanos::ZERO.minus(by))
}
