//! What happened to cameras and clocks.

use super::segments::{ChangeSeq, Changed};
use super::{id, int, maybe_text, text};
use crate::database::Row;
use crate::error::StoreError;
use crate::store::Store;
use hitless_model::{CameraEvent, CameraId, CameraState, Cause, ClockStep, Nanos, Utc};

const BETWEEN: &str = "SELECT camera_id, instance_id, run_id, at_ns, state, cause, detail
     FROM camera_events WHERE camera_id = $1 AND at_ns >= $2 AND at_ns < $3
     ORDER BY at_ns, run_id, stamp";
const BEFORE: &str = "SELECT camera_id, instance_id, run_id, at_ns, state, cause, detail
     FROM camera_events e WHERE camera_id = $1 AND at_ns < $2 AND at_ns >= $3
       AND NOT EXISTS (SELECT 1 FROM camera_events later
         WHERE later.camera_id = e.camera_id AND later.run_id = e.run_id
           AND later.at_ns < $2 AND later.stamp > e.stamp)
     ORDER BY at_ns, run_id, stamp";
const SINCE: &str = "SELECT camera_id, instance_id, run_id, at_ns, state, cause, detail, change_seq
     FROM camera_events WHERE change_seq > $1 ORDER BY change_seq LIMIT $2";

impl Store {
    /// Events of a camera in a range, by time.
    pub async fn camera_events(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<Vec<CameraEvent>, StoreError> {
        let values = vec![camera.as_str().into(), from.as_ns().into(), to.as_ns().into()];
        self.select("read the events of a camera", BETWEEN, values, read).await
    }

    /// The last event of each run before an instant: the states in which a
    /// range begins. Looks back to `horizon` and no further.
    pub async fn camera_states_at(
        &self,
        camera: &CameraId,
        at: Utc,
        horizon: Utc,
    ) -> Result<Vec<CameraEvent>, StoreError> {
        let values = vec![camera.as_str().into(), at.as_ns().into(), horizon.as_ns().into()];
        self.select("read the state of a camera", BEFORE, values, read).await
    }

    /// The first `most` events written after `seen`, in the order of changes.
    pub async fn camera_events_since(
        &self,
        seen: ChangeSeq,
        most: u32,
    ) -> Result<Vec<Changed<CameraEvent>>, StoreError> {
        let values = vec![seen.get().into(), i64::from(most).into()];
        self.select("read the new camera events", SINCE, values, |row| {
            Ok(Changed { seq: ChangeSeq::new(int(row, 7)?), row: read(row)? })
        })
        .await
    }

    /// Steps of clocks noticed in a range, by time.
    pub async fn clock_steps(&self, from: Utc, to: Utc) -> Result<Vec<ClockStep>, StoreError> {
        let sql = "SELECT instance_id, run_id, camera_id, at_ns, step_ns FROM clock_events
             WHERE at_ns >= $1 AND at_ns < $2 ORDER BY at_ns, run_id, stamp";
        let values = vec![from.as_ns().into(), to.as_ns().into()];
        self.select("read the clock steps", sql, values, |row| {
            Ok(ClockStep {
                instance: id(row, 0)?,
                run: id(row, 1)?,
                camera: maybe_text(row, 2)?
                    .map(CameraId::new)
                    .transpose()
                    .map_err(|e| e.to_string())?,
                at: Utc::from_ns(int(row, 3)?),
                step: Nanos::new(int(row, 4)?),
            })
        })
        .await
    }
}

fn read(row: &Row) -> Result<CameraEvent, String> {
    let state = text(row, 4)?;
    let cause = maybe_text(row, 5)?;
    Ok(CameraEvent {
        camera: id(row, 0)?,
        instance: id(row, 1)?,
        run: id(row, 2)?,
        at: Utc::from_ns(int(row, 3)?),
        state: CameraState::parse(state).ok_or_else(|| format!("unknown state \"{state}\""))?,
        // A cause that a newer program knows is unknown to this one.
        cause: cause.map(|c| Cause::parse(c).unwrap_or(Cause::Unknown)),
        detail: text(row, 6)?.to_owned(),
    })
}
