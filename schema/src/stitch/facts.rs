//! What a camera's plan is made of, and where it has to be made anew.

use crate::database::{Row, Value};
use crate::error::StoreError;
use crate::read::{ChangeSeq, Changed, LONGEST, by_start, int, maybe_int};
use crate::store::Store;
use hitless_model::{CameraId, Nanos, Segment, TimeRange, Utc};

/// Segments by where their row says that they are.
const BY_ROW: &str = "WHERE camera_id = $1 AND start_ns >= $4 AND start_ns < $3
       AND (start_ns >= $2 OR start_ns + duration_ns > $2)";
/// Segments that a plan has put far from there; few, and with an index of
/// their own.
const DISPLACED: &str = "WHERE camera_id = $1 AND placed_from_ns < $3 AND placed_to_ns > $2
       AND placed_from_ns >= $4
       AND (placed_from_ns - start_ns > 60000000000 OR start_ns - placed_from_ns > 60000000000)";
const CHANGED_ROWS: &str = "SELECT start_ns, duration_ns, clock_error_ns, placed_from_ns,
       placed_to_ns FROM video_segments WHERE camera_id = $1 AND change_seq > $2";
const CHANGED_INDEXES: &str = "SELECT v.start_ns, v.duration_ns, v.clock_error_ns,
       v.placed_from_ns, v.placed_to_ns FROM segment_indexes i
     JOIN video_segments v ON v.camera_id = i.camera_id AND v.name = i.name
     WHERE i.camera_id = $1 AND i.change_seq > $2";
const CHANGED_EVENTS: &str =
    "SELECT at_ns FROM camera_events WHERE camera_id = $1 AND change_seq > $2";

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

    /// Segments that are being recorded, by start.
    pub async fn segments_recording(
        &self,
        camera: Option<&CameraId>,
    ) -> Result<Vec<Changed<Segment>>, StoreError> {
        // The instances come from the index of what is open, which is small.
        let one = if camera.is_some() { "AND camera_id = $1" } else { "" };
        let rest = format!("WHERE state = 'recording' {one}");
        let values = camera.iter().map(|c| c.as_str().into()).collect();
        let mut open = self.select_segments("read the open segments", &rest, values).await?;
        open.sort_by(|a, b| (a.row.start, &a.row.name).cmp(&(b.row.start, &b.row.name)));
        Ok(open)
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
