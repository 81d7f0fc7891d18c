//! What a camera's plan is made of.

use crate::database::{Statement, Value};
use crate::error::StoreError;
use crate::read::{Changed, LONGEST, by_start};
use crate::store::Store;
use hitless_model::{CameraId, InstanceId, Nanos, Segment, SegmentNumber, Utc};

/// Segments by where their row says that they are.
const BY_ROW: &str = "WHERE camera_id = $1 AND start_ns >= $4 AND start_ns < $3
       AND (start_ns >= $2 OR start_ns + duration_ns > $2)";
/// Segments that a plan has put far from there; few.
const DISPLACED: &str = "WHERE camera_id = $1 AND name IN (
       SELECT d.name FROM displaced_segments d
       WHERE d.camera_id = $1 AND d.placed_from_ns < $3 AND d.placed_to_ns > $2
         AND d.placed_from_ns >= $4)";
const FROM_NUMBER: &str = "WHERE camera_id = $1 AND start_ns < $2
       AND instance_id = $3 AND number >= $4";

/// How the segments of a range are chosen: WHERE and values, each.
pub(crate) fn choices(camera: &CameraId, from: Utc, to: Utc) -> [(&'static str, Vec<Value>); 2] {
    let values: Vec<Value> = vec![
        camera.as_str().into(),
        from.as_ns().into(),
        to.as_ns().into(),
        from.plus(Nanos::ZERO.minus(LONGEST)).as_ns().into(),
    ];
    [(BY_ROW, values.clone()), (DISPLACED, values)]
}

impl Store {
    /// Segments that touch a range by their row, or were put there by the last
    /// plan, by start.
    pub async fn segments_for_planning(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<Vec<Segment>, StoreError> {
        let mut found = Vec::new();
        for (rest, values) in choices(camera, from, to) {
            found.extend(self.select_segments("read the segments to plan", rest, values).await?);
        }
        let mut found = by_start(found);
        found.dedup_by(|a, b| a.name == b.name);
        Ok(found)
    }

    /// What a plan that goes on has to read, by start: of each of these
    /// instances the segments from this number on, of all others those that
    /// start at `from` or later; all before `before`.
    pub async fn segments_from(
        &self,
        camera: &CameraId,
        passed: &[(InstanceId, SegmentNumber)],
        from: Utc,
        before: Option<Utc>,
    ) -> Result<Vec<Segment>, StoreError> {
        let doing = "read the segments to plan";
        let before = before.unwrap_or(Utc::from_ns(i64::MAX)).as_ns();
        let mut query = Statement::new(self.database().dialect(), "");
        query.text("WHERE camera_id = ").bind(camera.as_str());
        query.text(" AND start_ns >= ").bind(from.as_ns());
        query.text(" AND start_ns < ").bind(before);
        if !passed.is_empty() {
            let names = passed.iter().map(|(instance, _)| Value::from(instance.as_str()));
            query.text(" AND instance_id NOT IN (").list(names).text(")");
        }
        let mut found = self.select_segments(doing, &query.sql, query.values).await?;
        for (instance, number) in passed {
            let values = vec![
                camera.as_str().into(),
                before.into(),
                instance.as_str().into(),
                number.get().cast_signed().into(),
            ];
            found.extend(self.select_segments(doing, FROM_NUMBER, values).await?);
        }
        Ok(by_start(found))
    }

    /// Segments that are being recorded, by start.
    pub async fn segments_recording(
        &self,
        camera: Option<&CameraId>,
    ) -> Result<Vec<Changed<Segment>>, StoreError> {
        // Not by the camera's index: that of all that is open is small.
        let one = if camera.is_some() { "AND camera_id || '' = $1" } else { "" };
        let rest = format!("WHERE state = 'recording' {one}");
        let values = camera.iter().map(|c| c.as_str().into()).collect();
        let mut open = self.select_segments("read the open segments", &rest, values).await?;
        open.sort_by(|a, b| (a.row.start, &a.row.name).cmp(&(b.row.start, &b.row.name)));
        Ok(open)
    }
}
