//! Who works on which camera.
//!
//! A lease is a courtesy that spares work: instants of two hosts are compared,
//! and their clocks may differ. That nothing is overwritten is up to the
//! generation of the state, not to the lease.

use super::work::{StitchState, read_state};
use crate::database::Row;
use crate::error::StoreError;
use crate::read::id;
use crate::store::Store;
use hitless_model::{CameraId, Nanos, RunId, Utc};
use std::collections::BTreeSet;

const CLAIM: &str = "INSERT INTO stitch_cameras
       (camera_id, generation, planned_seq, planned_until_ns, holder, leased_until_ns)
     VALUES ($1, 0, 0, NULL, $2, $4)
     ON CONFLICT (camera_id) DO UPDATE SET
       holder = excluded.holder, leased_until_ns = excluded.leased_until_ns
     WHERE stitch_cameras.holder IS NULL OR stitch_cameras.holder = excluded.holder
       OR stitch_cameras.leased_until_ns <= $3
     RETURNING camera_id, generation, planned_seq, planned_until_ns, holder, leased_until_ns,
       indexed_seq";
const RELEASE: &str = "UPDATE stitch_cameras SET holder = NULL, leased_until_ns = NULL
     WHERE holder = $1 AND camera_id = $2";

impl Store {
    /// Takes those of the cameras that nobody holds, or nobody any more, with
    /// how far each is. Those of another living run are left out.
    pub async fn claim_cameras(
        &self,
        holder: &RunId,
        cameras: &[CameraId],
        now: Utc,
        lease: Nanos,
    ) -> Result<Vec<(CameraId, StitchState)>, StoreError> {
        let mut transaction = self.database().begin_unhurried("claim cameras").await?;
        let mut held = Vec::new();
        for camera in cameras.iter().collect::<BTreeSet<_>>() {
            let values = vec![
                camera.as_str().into(),
                holder.as_str().into(),
                now.as_ns().into(),
                now.plus(lease).as_ns().into(),
            ];
            let found = transaction.select(CLAIM, values, read_state).await?;
            held.extend(found.into_iter().map(|state| (camera.clone(), state)));
        }
        transaction.commit().await?;
        Ok(held)
    }

    /// A sign of life. What the run still holds, by id.
    pub async fn renew_leases(
        &self,
        holder: &RunId,
        now: Utc,
        lease: Nanos,
    ) -> Result<Vec<CameraId>, StoreError> {
        let sql = "UPDATE stitch_cameras SET leased_until_ns = $2
             WHERE holder = $1 RETURNING camera_id";
        let mut transaction = self.database().begin_unhurried("renew leases").await?;
        let values = vec![holder.as_str().into(), now.plus(lease).as_ns().into()];
        let mut held = transaction.select(sql, values, |row: &Row| id(row, 0)).await?;
        transaction.commit().await?;
        held.sort();
        Ok(held)
    }

    /// Lets go of these cameras, as far as the run holds them.
    pub async fn release_cameras(
        &self,
        holder: &RunId,
        cameras: &[CameraId],
    ) -> Result<(), StoreError> {
        let mut transaction = self.database().begin_unhurried("release cameras").await?;
        for camera in cameras.iter().collect::<BTreeSet<_>>() {
            let values = vec![holder.as_str().into(), camera.as_str().into()];
            transaction.execute(RELEASE, values).await?;
        }
        transaction.commit().await
    }

    /// Lets go of every camera that the run holds.
    pub async fn release_all(&self, holder: &RunId) -> Result<(), StoreError> {
        let sql = "UPDATE stitch_cameras SET holder = NULL, leased_until_ns = NULL
             WHERE holder = $1";
        let mut transaction = self.database().begin_unhurried("release cameras").await?;
        transaction.execute(sql, vec![holder.as_str().into()]).await?;
        transaction.commit().await
    }
}
