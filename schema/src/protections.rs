//! Ranges that retention must not touch.

use crate::error::StoreError;
use crate::read::{id, int, text};
use crate::store::Store;
use hitless_model::{CameraId, Utc};
use serde::{Deserialize, Serialize};

/// A row of `protections`: nothing recorded by the camera from `from` until
/// before `to` is deleted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Protection {
    /// Which camera.
    pub camera: CameraId,
    /// The first protected instant.
    pub from: Utc,
    /// The first one that is not any more.
    pub to: Utc,
    /// Why, for people.
    pub reason: String,
    /// When it was asked for.
    pub created: Utc,
}

impl Store {
    /// Protects a range; asked for again, it only takes the new reason.
    pub async fn protect(&self, protection: &Protection) -> Result<(), StoreError> {
        let mut transaction = self.database().begin("protect a range").await?;
        let values = vec![
            protection.camera.as_str().into(),
            protection.from.as_ns().into(),
            protection.to.as_ns().into(),
            protection.reason.as_str().into(),
            protection.created.as_ns().into(),
        ];
        transaction
            .execute(
                "INSERT INTO protections (camera_id, from_ns, to_ns, reason, created_ns)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (camera_id, from_ns, to_ns) DO UPDATE SET reason = excluded.reason",
                values,
            )
            .await?;
        transaction.commit().await
    }

    /// Lifts exactly this protection; others that overlap it stay. Whether
    /// there was one.
    pub async fn unprotect(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database().begin("lift a protection").await?;
        let values = vec![camera.as_str().into(), from.as_ns().into(), to.as_ns().into()];
        let removed = transaction
            .execute(
                "DELETE FROM protections WHERE camera_id = $1 AND from_ns = $2 AND to_ns = $3",
                values,
            )
            .await?;
        transaction.commit().await?;
        Ok(removed > 0)
    }

    /// Every protection, by camera and start.
    pub async fn protections(&self) -> Result<Vec<Protection>, StoreError> {
        let sql = "SELECT camera_id, from_ns, to_ns, reason, created_ns FROM protections";
        let mut all = self
            .select("read the protections", sql, vec![], |row| {
                Ok(Protection {
                    camera: id(row, 0)?,
                    from: Utc::from_ns(int(row, 1)?),
                    to: Utc::from_ns(int(row, 2)?),
                    reason: text(row, 3)?.to_owned(),
                    created: Utc::from_ns(int(row, 4)?),
                })
            })
            .await?;
        all.sort();
        Ok(all)
    }

    /// Whether any instant from `from` until before `to` is protected.
    pub async fn is_protected(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT from_ns FROM protections
             WHERE camera_id = $1 AND from_ns < $3 AND to_ns > $2 LIMIT 1";
        let values = vec![camera.as_str().into(), from.as_ns().into(), to.as_ns().into()];
        let found = self.select("read the protections", sql, values, |row| int(row, 0)).await?;
        Ok(!found.is_empty())
    }
}
