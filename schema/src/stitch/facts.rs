//! What a camera's plan is made of.

use crate::database::{Row, Statement, Value, lots};
use crate::error::StoreError;
use crate::read::{Changed, LONGEST, by_start, text};
use crate::store::Store;
use crate::timeline::hours::hour_of;
use hitless_model::{
    CameraId, InstanceId, Nanos, Segment, SegmentName, SegmentNumber, TimeRange, Utc,
};
use std::collections::{BTreeSet, HashSet};

const DOING: &str = "read the segments to plan";
/// Names in one query.
const LOT: usize = 256;
const DISPLACED: &str = "SELECT name FROM displaced_segments
     WHERE camera_id = $1 AND placed_from_ns < $3 AND placed_to_ns > $2";
const FROM_NUMBER: &str = "WHERE camera_id = $1 AND start_ns < $2
       AND instance_id = $3 AND number >= $4";

/// Hops from one to the next by the index of numbers.
const INSTANCES: &str = "WITH RECURSIVE hop(id) AS (
       SELECT MIN(instance_id) FROM video_segments WHERE camera_id = $1
       UNION ALL
       SELECT (SELECT MIN(v.instance_id) FROM video_segments v
           WHERE v.camera_id = $1 AND v.instance_id > hop.id)
         FROM hop WHERE hop.id IS NOT NULL)
     SELECT id FROM hop WHERE id IS NOT NULL";

impl Store {
    /// Segments that touch a range by their row, or were put there by the last
    /// plan, by start.
    pub async fn segments_for_planning(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<Vec<Segment>, StoreError> {
        let mut found = self.segments_between(camera, from, to).await?;
        let known: HashSet<&SegmentName> = found.iter().map(|segment| &segment.name).collect();
        let placed = self.placed_within(camera, TimeRange { from, to }).await?;
        let others: Vec<_> = placed.into_iter().filter(|name| !known.contains(name)).collect();
        for lot in lots(&others, LOT) {
            let mut query = Statement::new(self.database().dialect(), "WHERE camera_id = ");
            query.bind(camera.as_str()).text(" AND name IN (");
            query.list(lot.iter().map(|name| name.to_string().into())).text(")");
            let rows = self.select_segments(DOING, &query.sql, query.values).await?;
            found.extend(rows.into_iter().map(|changed| changed.row));
        }
        found.sort_by(|a, b| (a.start, &a.name).cmp(&(b.start, &b.name)));
        Ok(found)
    }

    /// Segments that the last plan put within a range.
    async fn placed_within(
        &self,
        camera: &CameraId,
        range: TimeRange,
    ) -> Result<BTreeSet<SegmentName>, StoreError> {
        let earliest = range.from.plus(Nanos::ZERO.minus(LONGEST));
        let hours = self.judged_hours(camera, hour_of(earliest), range.to).await?;
        let mut names: BTreeSet<SegmentName> = hours
            .into_values()
            .flat_map(|hour| hour.verdicts)
            .filter(|(_, verdict)| verdict.placed.overlaps(range))
            .map(|(name, _)| name)
            .collect();
        let (from, to) = (range.from.as_ns(), range.to.as_ns());
        let values = vec![camera.as_str().into(), from.into(), to.into()];
        let read = |row: &Row| SegmentName::parse(text(row, 0)?).map_err(|e| e.to_string());
        names.extend(self.select(DOING, DISPLACED, values, read).await?);
        Ok(names)
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
        let mut found = Vec::new();
        let others =
            if passed.is_empty() { None } else { Some(self.others(camera, passed).await?) };
        if others.as_ref().is_none_or(|others| !others.is_empty()) {
            let query = self.of_others(camera, from, before, others);
            found.extend(self.select_segments(DOING, &query.sql, query.values).await?);
        }
        let before = before.unwrap_or(Utc::from_ns(i64::MAX)).as_ns();
        for (instance, number) in passed {
            let values = vec![
                camera.as_str().into(),
                before.into(),
                instance.as_str().into(),
                number.get().cast_signed().into(),
            ];
            found.extend(self.select_segments(DOING, FROM_NUMBER, values).await?);
        }
        Ok(by_start(found))
    }

    /// Instances of a camera that are none of these.
    async fn others(
        &self,
        camera: &CameraId,
        passed: &[(InstanceId, SegmentNumber)],
    ) -> Result<Vec<String>, StoreError> {
        let read = |row: &Row| text(row, 0).map(str::to_owned);
        let mut others = self.select(DOING, INSTANCES, vec![camera.as_str().into()], read).await?;
        others.retain(|other| !passed.iter().any(|(known, _)| known.as_str() == other));
        Ok(others)
    }

    /// Rows of some instances, or of all, by where they start. Without bounds
    /// rows are read as they lie.
    fn of_others(
        &self,
        camera: &CameraId,
        from: Utc,
        before: Option<Utc>,
        others: Option<Vec<String>>,
    ) -> Statement {
        let mut query = Statement::new(self.database().dialect(), "");
        query.text("WHERE camera_id = ").bind(camera.as_str());
        if from > Utc::from_ns(i64::MIN) {
            query.text(" AND start_ns >= ").bind(from.as_ns());
        }
        if let Some(before) = before {
            query.text(" AND start_ns < ").bind(before.as_ns());
        }
        if let Some(others) = others {
            let names = others.iter().map(|instance| Value::from(instance.as_str()));
            query.text(" AND instance_id IN (").list(names).text(")");
        }
        query
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
