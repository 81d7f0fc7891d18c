//! Segments that cannot be played.

use super::{int, text};
use crate::error::StoreError;
use crate::store::Store;
use hitless_model::{CameraId, SegmentState, Utc};

impl Store {
    /// Segments of a camera that begin in a range and are corrupt or missing:
    /// when, and which of both, by start.
    pub async fn unplayable(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<Vec<(Utc, SegmentState)>, StoreError> {
        let sql = "SELECT start_ns, state FROM video_segments
             WHERE camera_id = $1 AND start_ns >= $2 AND start_ns < $3
               AND state IN ('corrupt', 'missing') ORDER BY start_ns, state";
        let values = vec![camera.as_str().into(), from.as_ns().into(), to.as_ns().into()];
        self.select("read the segments that cannot be played", sql, values, |row| {
            let state = text(row, 1)?;
            let known = SegmentState::parse(state).ok_or_else(|| format!("the state {state}"))?;
            Ok((Utc::from_ns(int(row, 0)?), known))
        })
        .await
    }
}
