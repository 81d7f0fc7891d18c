//! Cameras that recorders were configured with.

use super::{id, int};
use crate::error::StoreError;
use crate::store::Store;
use hitless_model::{CameraId, Utc};

/// A row of `cameras`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraRow {
    /// Which camera.
    pub camera: CameraId,
    /// Whether it is to be recorded.
    pub enabled: bool,
    /// When a recorder first had it in its configuration.
    pub first_seen: Utc,
    /// When one last said so.
    pub last_seen: Utc,
}

impl Store {
    /// Every camera that was ever configured, by id.
    pub async fn cameras(&self) -> Result<Vec<CameraRow>, StoreError> {
        let sql = "SELECT camera_id, enabled, first_seen_ns, last_seen_ns FROM cameras";
        let mut cameras = self
            .select("read the cameras", sql, vec![], |row| {
                Ok(CameraRow {
                    camera: id(row, 0)?,
                    enabled: int(row, 1)? != 0,
                    first_seen: Utc::from_ns(int(row, 2)?),
                    last_seen: Utc::from_ns(int(row, 3)?),
                })
            })
            .await?;
        // Not in SQL: the order of texts depends on PostgreSQL's locale.
        cameras.sort_by(|a, b| a.camera.cmp(&b.camera));
        Ok(cameras)
    }
}
