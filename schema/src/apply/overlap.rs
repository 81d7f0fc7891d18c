//! The stitcher's word on segments. It is no change: a run that finds nothing
//! new to plan must not give the next one work.

use crate::error::StoreError;
use crate::store::Store;
use hitless_model::{OverlapStatus, SegmentName};
use std::collections::BTreeMap;

impl Store {
    /// Writes what the stitcher made of segments; all or none.
    pub async fn set_overlap_status(
        &self,
        judged: &[(SegmentName, OverlapStatus)],
    ) -> Result<(), StoreError> {
        let by_name: BTreeMap<_, _> = judged.iter().map(|(name, status)| (name, status)).collect();
        let mut transaction = self.database().begin("write overlap statuses").await?;
        for (name, status) in by_name {
            let values =
                vec![name.camera.as_str().into(), name.to_string().into(), status.as_str().into()];
            transaction
                .execute(
                    "UPDATE video_segments SET overlap_status = $3
                     WHERE camera_id = $1 AND name = $2 AND overlap_status <> $3",
                    values,
                )
                .await?;
        }
        transaction.commit().await
    }
}
