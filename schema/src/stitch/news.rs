//! What has changed of a camera, and where its plan has to be made anew.

use crate::database::{Row, Statement, Value, lots};
use crate::error::StoreError;
use crate::read::{ChangeSeq, by_start, int, maybe_int, text};
use crate::store::Store;
use hitless_model::{CameraId, Nanos, Segment, TimeRange, Utc};
use sqlx::AssertSqlSafe;
use std::collections::HashMap;

/// Names in one query.
const LOT: usize = 256;
const CHANGED_ROWS: &str = "SELECT start_ns, duration_ns, clock_error_ns, placed_from_ns,
       placed_to_ns FROM video_segments WHERE camera_id = $1 AND change_seq > $2";
const CHANGED_INDEXES: &str = "SELECT v.start_ns, v.duration_ns, v.clock_error_ns,
       v.placed_from_ns, v.placed_to_ns FROM segment_indexes i
     JOIN video_segments v ON v.camera_id = i.camera_id AND v.name = i.name
     WHERE i.camera_id = $1 AND i.change_seq > $2";
const CHANGED_EVENTS: &str =
    "SELECT at_ns FROM camera_events WHERE camera_id = $1 AND change_seq > $2";

const WITH_NEWS: &str = "WHERE camera_id = $1 AND change_seq > $2";
/// The plus keeps SQLite from the index of changes: nearly all are older.
const WITH_READ_NEWS: &str = "WHERE camera_id = $1 AND +change_seq <= $2 AND name IN (
       SELECT i.name FROM segment_indexes i WHERE i.camera_id = $1 AND i.change_seq > $2)";

/// A segment that has changed, or of which something else was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The row as it stands.
    pub segment: Segment,
    /// Where the last plan put it; `None`: not planned yet.
    pub placed: Option<TimeRange>,
}

impl Store {
    /// Segments of a camera that changed after `seen`, or of which something
    /// new was read since, by start; with where the last plan put each.
    pub async fn segments_with_news(
        &self,
        camera: &CameraId,
        seen: ChangeSeq,
    ) -> Result<Vec<News>, StoreError> {
        let doing = "read the changed segments";
        let mut found = Vec::new();
        for rest in [WITH_NEWS, WITH_READ_NEWS] {
            let values = vec![camera.as_str().into(), seen.get().into()];
            found.extend(self.select_segments(doing, rest, values).await?);
        }
        let mut placed = HashMap::new();
        for lot in lots(&found, LOT) {
            let select = "SELECT name, placed_from_ns, placed_to_ns FROM video_segments
                 WHERE placed_from_ns IS NOT NULL AND camera_id = ";
            let mut query = Statement::new(self.database().dialect(), select);
            query.bind(camera.as_str()).text(" AND name IN (");
            query.list(lot.iter().map(|c| Value::from(c.row.name.to_string()))).text(")");
            let read = |row: &Row| {
                let (from, to) = (Utc::from_ns(int(row, 1)?), Utc::from_ns(int(row, 2)?));
                Ok((text(row, 0)?.to_owned(), TimeRange { from, to }))
            };
            placed.extend(self.select(doing, AssertSqlSafe(query.sql), query.values, read).await?);
        }
        let news = |segment: Segment| {
            let placed = placed.get(&segment.name.to_string()).copied();
            News { segment, placed }
        };
        Ok(by_start(found).into_iter().map(news).collect())
    }

    /// Where rows, indexes or events of a camera changed after `seen`: where
    /// they are now, widened by the error of their clocks, and where the last
    /// plan had put them. In order; ranges that touch are one.
    pub async fn touched_since(
        &self,
        camera: &CameraId,
        seen: ChangeSeq,
    ) -> Result<Vec<TimeRange>, StoreError> {
        let values = || vec![camera.as_str().into(), seen.get().into()];
        let doing = "read what has changed";
        let mut ranges = Vec::new();
        for sql in [CHANGED_ROWS, CHANGED_INDEXES] {
            let found = self.select(doing, sql, values(), read_touched).await?;
            ranges.extend(found.into_iter().flatten().flatten());
        }
        let instant = |row: &Row| int(row, 0).map(Utc::from_ns);
        for at in self.select(doing, CHANGED_EVENTS, values(), instant).await? {
            ranges.push(TimeRange { from: at, to: at.plus(Nanos::new(1)) });
        }
        Ok(joined(ranges))
    }
}

fn read_touched(row: &Row) -> Result<[Option<TimeRange>; 2], String> {
    let start = Utc::from_ns(int(row, 0)?);
    let end = start.plus(Nanos::new(int(row, 1)?.max(1)));
    let error = Nanos::new(maybe_int(row, 2)?.unwrap_or_default());
    let now = TimeRange { from: start.plus(Nanos::ZERO.minus(error)), to: end.plus(error) };
    let placed = match (maybe_int(row, 3)?, maybe_int(row, 4)?) {
        (Some(from), Some(to)) => {
            Some(TimeRange { from: Utc::from_ns(from), to: Utc::from_ns(to) })
        }
        _ => None,
    };
    Ok([Some(now), placed])
}

fn joined(mut ranges: Vec<TimeRange>) -> Vec<TimeRange> {
    ranges.sort();
    let mut joined: Vec<TimeRange> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.from <= last.to => last.to = last.to.max(range.to),
            _ => joined.push(range),
        }
    }
    joined
}
