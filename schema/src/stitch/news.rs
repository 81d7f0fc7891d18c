//! What has changed of a camera, and where its plan has to be made anew.

use super::judged_hours::hour_of_name;
use crate::database::Row;
use crate::error::StoreError;
use crate::read::{ChangeSeq, by_start, int, maybe_int, text, word};
use crate::store::Store;
use hitless_model::{CameraId, Nanos, OverlapStatus, Segment, SegmentName, TimeRange, Utc};
use std::collections::{BTreeSet, HashMap, HashSet};

const CHANGED_ROWS: &str = "SELECT name, start_ns, duration_ns, clock_error_ns, overlap_status
     FROM video_segments WHERE camera_id = $1 AND change_seq > $2";
const CHANGED_INDEXES: &str = "SELECT v.name, v.start_ns, v.duration_ns, v.clock_error_ns,
       v.overlap_status FROM segment_indexes i
     JOIN video_segments v ON v.camera_id = i.camera_id AND v.name = i.name
     WHERE i.camera_id = $1 AND i.change_seq > $2";
const CHANGED_EVENTS: &str =
    "SELECT at_ns FROM camera_events WHERE camera_id = $1 AND change_seq > $2";

const WITH_NEWS: &str = "WHERE camera_id = $1 AND change_seq > $2";
/// The plus keeps SQLite from the index of changes: nearly all are older.
const WITH_READ_NEWS: &str = "WHERE camera_id = $1 AND +change_seq <= $2 AND name IN (
       SELECT i.name FROM segment_indexes i WHERE i.camera_id = $1 AND i.change_seq > $2)";

/// What an event says holds until its run notes another, or ends.
const HELD: &str = "SELECT e.at_ns, COALESCE(
       (SELECT n.at_ns FROM camera_events n WHERE n.camera_id = e.camera_id
          AND n.at_ns > e.at_ns AND n.run_id || '' = e.run_id ORDER BY n.at_ns LIMIT 1),
       (SELECT COALESCE(r.stopped_ns, r.heartbeat_ns) FROM recorder_runs r
         WHERE r.run_id = e.run_id))
     FROM camera_events e WHERE e.camera_id = $1 AND e.change_seq > $2";

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
        let names = found.iter().map(|changed| &changed.row);
        let names = names.filter(|row| row.overlap != OverlapStatus::Pending).map(|row| &row.name);
        let placed = self.placed(camera, &names.collect::<Vec<_>>()).await?;
        let news = |segment: Segment| {
            let placed = placed.get(&segment.name).copied();
            News { segment, placed }
        };
        Ok(by_start(found).into_iter().map(news).collect())
    }

    /// Where what events of a camera say holds, of those written after `seen`:
    /// up to the next one of the same run, or to its end; without end where
    /// the run is not known.
    pub async fn events_with_news(
        &self,
        camera: &CameraId,
        seen: ChangeSeq,
    ) -> Result<Vec<TimeRange>, StoreError> {
        let values = vec![camera.as_str().into(), seen.get().into()];
        let read = |row: &Row| {
            let from = Utc::from_ns(int(row, 0)?);
            let to = maybe_int(row, 1)?.map_or(Utc::from_ns(i64::MAX), Utc::from_ns);
            Ok(TimeRange { from, to: to.max(from.plus(Nanos::new(1))) })
        };
        self.select("read the new events", HELD, values, read).await
    }

    /// Where the last plan put these segments.
    async fn placed(
        &self,
        camera: &CameraId,
        names: &[&SegmentName],
    ) -> Result<HashMap<SegmentName, TimeRange>, StoreError> {
        let hours: BTreeSet<Utc> = names.iter().map(|name| hour_of_name(name)).collect();
        let mut placed = HashMap::new();
        // Old and new ones may be years apart: hour by hour.
        for hour in hours {
            for stored in self.judged_hours(camera, hour, hour).await?.into_values() {
                let all = stored.verdicts.into_iter();
                placed.extend(all.map(|(name, verdict)| (name, verdict.placed)));
            }
        }
        let asked: HashSet<&SegmentName> = names.iter().copied().collect();
        placed.retain(|name, _| asked.contains(name));
        Ok(placed)
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
        let mut touched = Vec::new();
        for sql in [CHANGED_ROWS, CHANGED_INDEXES] {
            touched.extend(self.select(doing, sql, values(), read_touched).await?);
        }
        let mut ranges: Vec<TimeRange> = touched.iter().map(|touched| touched.now).collect();
        let names = touched.iter().filter(|t| t.was_planned).map(|t| &t.name);
        ranges.extend(self.placed(camera, &names.collect::<Vec<_>>()).await?.into_values());
        let instant = |row: &Row| int(row, 0).map(Utc::from_ns);
        for at in self.select(doing, CHANGED_EVENTS, values(), instant).await? {
            ranges.push(TimeRange { from: at, to: at.plus(Nanos::new(1)) });
        }
        Ok(joined(ranges))
    }
}

/// A row that has changed.
struct Touched {
    name: SegmentName,
    now: TimeRange,
    was_planned: bool,
}

/// Of `name, start_ns, duration_ns, clock_error_ns, overlap_status`.
fn read_touched(row: &Row) -> Result<Touched, String> {
    let start = Utc::from_ns(int(row, 1)?);
    let end = start.plus(Nanos::new(int(row, 2)?.max(1)));
    let error = Nanos::new(maybe_int(row, 3)?.unwrap_or_default());
    Ok(Touched {
        name: SegmentName::parse(text(row, 0)?).map_err(|e| e.to_string())?,
        now: TimeRange { from: start.plus(Nanos::ZERO.minus(error)), to: end.plus(error) },
        was_planned: word(row, 4, OverlapStatus::parse)? != OverlapStatus::Pending,
    })
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
