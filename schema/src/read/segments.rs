//! Segments.

use super::{int, maybe_text, text};
use crate::database::{Row, Statement, Value, lots};
use crate::error::StoreError;
use crate::segment_row::{ROW, decode, packed};
use crate::store::Store;
use hitless_model::{CameraId, InstanceId, Nanos, RunId, Segment, SegmentName, SegmentNumber, Utc};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;

/// Position in the order of changes. Whoever has read everything up to one of
/// these will find all that is new above it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ChangeSeq(i64);

impl ChangeSeq {
    /// Before every change.
    pub const START: ChangeSeq = ChangeSeq(0);

    /// As stored.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The bare number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// Something and where it stands in the order of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed<T> {
    /// Its last change.
    pub seq: ChangeSeq,
    /// As it stands.
    pub row: T,
}

/// No segment is longer: one ends after twice the configured length, and
/// foreign recorders cut by the hour or day. Ranges look this far back.
pub(crate) const LONGEST: Nanos = Nanos::from_secs(24 * 3600);

/// Names in one query.
const LOT: usize = 256;

impl Store {
    /// One segment.
    pub async fn segment(&self, name: &SegmentName) -> Result<Option<Segment>, StoreError> {
        let rest = "WHERE camera_id = $1 AND name = $2";
        let values = vec![name.camera.as_str().into(), name.to_string().into()];
        let found = self.select_segments("read a segment", rest, values).await?;
        Ok(found.into_iter().next().map(|changed| changed.row))
    }

    /// The highest number that a camera and instance has used, by what the
    /// database knows; the files may know more.
    pub async fn last_number(
        &self,
        camera: &CameraId,
        instance: &InstanceId,
    ) -> Result<Option<SegmentNumber>, StoreError> {
        let found = self
            .select(
                "read the last segment number",
                "SELECT number FROM video_segments WHERE camera_id = $1 AND instance_id = $2
                 ORDER BY number DESC LIMIT 1",
                vec![camera.as_str().into(), instance.as_str().into()],
                |row| int(row, 0).map(|n| SegmentNumber::new(n.cast_unsigned())),
            )
            .await?;
        Ok(found.first().copied())
    }

    /// Segments still marked as being recorded by other runs of an instance:
    /// what a crash left.
    pub async fn left_open(
        &self,
        instance: &InstanceId,
        living: &RunId,
    ) -> Result<Vec<Segment>, StoreError> {
        let rest = "WHERE instance_id = $1 AND state = 'recording' AND run_id IS DISTINCT FROM $2";
        let values = vec![instance.as_str().into(), living.as_str().into()];
        let open = self.select_segments("read the segments left open", rest, values).await?;
        Ok(by_start(open))
    }

    /// Segments of a camera that touch a range, by start. Half open; a segment
    /// of no length counts by its start.
    pub async fn segments_between(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<Vec<Segment>, StoreError> {
        let rest = "WHERE camera_id = $1 AND start_ns >= $2 AND start_ns < $3
               AND (start_ns >= $4 OR start_ns + duration_ns > $4)";
        let values = vec![
            camera.as_str().into(),
            from.plus(Nanos::ZERO.minus(LONGEST)).as_ns().into(),
            to.as_ns().into(),
            from.as_ns().into(),
        ];
        let doing = "read the segments of a camera";
        Ok(by_start(self.select_segments(doing, rest, values).await?))
    }

    /// The names between two, both included, of segments of a camera whose
    /// file is not missing. In a database that orders texts in its own way some
    /// may be left out.
    pub async fn names_between(
        &self,
        camera: &CameraId,
        first: &SegmentName,
        last: &SegmentName,
    ) -> Result<Vec<SegmentName>, StoreError> {
        let sql = format!(
            "SELECT string_agg(name, '{ROW}') FROM video_segments
             WHERE camera_id = $1 AND name >= $2 AND name <= $3 AND state <> 'missing'"
        );
        let (first, last) = (first.to_string(), last.to_string());
        let values = vec![camera.as_str().into(), first.into(), last.into()];
        let read = |row: &Row| {
            let names = maybe_text(row, 0)?.unwrap_or_default().split(ROW);
            let names = names.filter(|name| !name.is_empty());
            names.map(|name| SegmentName::parse(name).map_err(|e| e.to_string())).collect()
        };
        let found: Vec<Vec<SegmentName>> =
            self.select("read the names of segments", AssertSqlSafe(sql), values, read).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Those of some names of a camera's segments that have a row whose file is
    /// not missing.
    pub async fn names_known(
        &self,
        camera: &CameraId,
        names: &[SegmentName],
    ) -> Result<Vec<SegmentName>, StoreError> {
        let mut known = Vec::with_capacity(names.len());
        for lot in lots(names, LOT) {
            let select = "SELECT name FROM video_segments WHERE camera_id = ";
            let mut query = Statement::new(self.database().dialect(), select);
            query.bind(camera.as_str()).text(" AND state <> 'missing' AND name IN (");
            query.list(lot.iter().map(|name| name.to_string().into())).text(")");
            let read = |row: &Row| SegmentName::parse(text(row, 0)?).map_err(|e| e.to_string());
            let (sql, values) = (AssertSqlSafe(query.sql), query.values);
            known.extend(self.select("look segments up", sql, values, read).await?);
        }
        Ok(known)
    }

    /// Where the order of changes stands now.
    pub async fn change_head(&self) -> Result<ChangeSeq, StoreError> {
        let found = self
            .select(
                "read the change counter",
                "SELECT value FROM change_counter WHERE id = 1",
                vec![],
                |row| int(row, 0).map(ChangeSeq),
            )
            .await?;
        Ok(found.first().copied().unwrap_or(ChangeSeq::START))
    }

    /// The first `most` segments changed after `seen`, in the order of their
    /// last change. Go on from the last one until none comes.
    pub async fn segments_changed_since(
        &self,
        seen: ChangeSeq,
        most: u32,
    ) -> Result<Vec<Changed<Segment>>, StoreError> {
        let rest = "WHERE change_seq > $1 ORDER BY change_seq LIMIT $2";
        let values = vec![seen.get().into(), i64::from(most).into()];
        let mut changed = self.select_segments("read the changed segments", rest, values).await?;
        changed.sort_by_key(|changed| changed.seq);
        Ok(changed)
    }

    /// The oldest finished segments that no protection touches, all cameras
    /// together or one: what retention may remove first. A segment whose clock
    /// is uncertain is protected as far as it may reach.
    pub async fn oldest_unprotected(
        &self,
        camera: Option<&CameraId>,
        before: Utc,
        most: u32,
    ) -> Result<Vec<Segment>, StoreError> {
        let one = if camera.is_some() { "AND camera_id = $3" } else { "" };
        let rest = format!(
            "WHERE start_ns < $1 AND state IN ('complete', 'recovered', 'corrupt') {one}
               AND NOT EXISTS (SELECT 1 FROM protections p
                 WHERE p.camera_id = video_segments.camera_id
                   AND p.from_ns <= start_ns + duration_ns + COALESCE(clock_error_ns, 0)
                   AND p.to_ns > start_ns - COALESCE(clock_error_ns, 0))
             ORDER BY start_ns LIMIT $2"
        );
        let mut values = vec![before.as_ns().into(), i64::from(most).into()];
        values.extend(camera.map(|c| c.as_str().into()));
        Ok(by_start(self.select_segments("read the oldest segments", &rest, values).await?))
    }

    pub(crate) async fn select_segments(
        &self,
        doing: &'static str,
        rest: &str,
        values: Vec<Value>,
    ) -> Result<Vec<Changed<Segment>>, StoreError> {
        let read = |row: &Row| decode(maybe_text(row, 0)?.unwrap_or_default());
        let found = self.select(doing, AssertSqlSafe(packed(rest)), values, read).await?;
        let changed = |(seq, row)| Changed { seq: ChangeSeq(seq), row };
        Ok(found.into_iter().flatten().map(changed).collect())
    }
}

/// Sorted here, because the order of texts depends on PostgreSQL's locale.
pub(crate) fn by_start(segments: Vec<Changed<Segment>>) -> Vec<Segment> {
    let mut segments: Vec<_> = segments.into_iter().map(|changed| changed.row).collect();
    segments.sort_by(|a, b| (a.start, &a.name).cmp(&(b.start, &b.name)));
    segments
}
