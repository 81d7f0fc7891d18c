//! What remains of footage that retention removed.
//!
//! First the row stays and its state becomes `expired`, which is a change that
//! the stitcher notices. Once it has, the row is folded into a range per
//! camera, so that a timeline can still tell expired footage from a gap while
//! the table does not grow for ever. The row with the highest number of a
//! camera and instance always stays: numbers never restart.

use crate::apply::reserve;
use crate::database::{Transaction, Value};
use crate::error::StoreError;
use crate::read::{ChangeSeq, int, text};
use crate::stitch::forget;
use crate::store::Store;
use hitless_model::{CameraId, Nanos, SegmentName, Utc};

/// Recorded once, removed by now: from `from` until before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpiredRange {
    /// Start of the first segment removed.
    pub from: Utc,
    /// End of the last one.
    pub to: Utc,
}

struct Folded {
    name: String,
    range: ExpiredRange,
}

impl Store {
    /// Folds expired rows that changed at `seen` or before into ranges; ranges
    /// less than `join` apart become one. How many rows went.
    pub async fn fold_expired(&self, seen: ChangeSeq, join: Nanos) -> Result<u64, StoreError> {
        let cameras = self
            .select(
                "read the cameras with expired footage",
                "SELECT DISTINCT camera_id FROM video_segments
                 WHERE state = 'expired' AND change_seq <= $1",
                vec![seen.get().into()],
                |row| text(row, 0).map(str::to_owned),
            )
            .await?;
        let mut gone = 0;
        for camera in cameras {
            gone += self.fold_camera(&camera, seen, join).await?;
        }
        Ok(gone)
    }

    /// Ranges of a camera that touch a range, by time.
    pub async fn expired_ranges(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<Vec<ExpiredRange>, StoreError> {
        let sql = "SELECT from_ns, to_ns FROM expired_ranges
             WHERE camera_id = $1 AND from_ns < $3 AND to_ns > $2 ORDER BY from_ns";
        let values = vec![camera.as_str().into(), from.as_ns().into(), to.as_ns().into()];
        self.select("read the expired ranges", sql, values, |row| {
            Ok(ExpiredRange { from: Utc::from_ns(int(row, 0)?), to: Utc::from_ns(int(row, 1)?) })
        })
        .await
    }

    /// Deletes events of cameras and clocks from before an instant. How many.
    pub async fn prune_events(&self, before: Utc) -> Result<u64, StoreError> {
        let mut transaction = self.database().begin("remove old events").await?;
        let mut gone = 0;
        for sql in [
            "DELETE FROM camera_events WHERE at_ns < $1",
            "DELETE FROM clock_events WHERE at_ns < $1",
        ] {
            gone += transaction.execute(sql, vec![before.as_ns().into()]).await?;
        }
        transaction.commit().await?;
        Ok(gone)
    }

    /// Deletes what old plans left that no report of later days needs:
    /// alignments, findings and joints of timelines from before an instant, and
    /// runs of the stitcher that began before it. The last joint before it
    /// stays, so that planning can go on. How many rows.
    pub async fn prune_plans(&self, before: Utc) -> Result<u64, StoreError> {
        let mut transaction = self.database().begin("remove old plans").await?;
        let mut gone = 0;
        for sql in [
            "DELETE FROM strand_alignments WHERE to_ns < $1",
            "DELETE FROM stitch_findings WHERE at_ns < $1",
            "DELETE FROM stitch_carries WHERE at_ns < (SELECT MAX(last.at_ns)
               FROM stitch_carries last
               WHERE last.camera_id = stitch_carries.camera_id AND last.at_ns < $1)",
            "DELETE FROM stitch_runs WHERE started_ns < $1",
        ] {
            gone += transaction.execute(sql, vec![before.as_ns().into()]).await?;
        }
        transaction.commit().await?;
        Ok(gone)
    }

    async fn fold_camera(
        &self,
        camera: &str,
        seen: ChangeSeq,
        join: Nanos,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.database().begin("fold expired footage").await?;
        // For the lock on the counter: two who fold at once would each see
        // the ranges without the other's.
        reserve(&mut transaction, 1).await?;
        let folded = read_folded(&mut transaction, camera, seen).await?;
        for one in &folded {
            let values: Vec<Value> = vec![camera.into(), one.name.as_str().into()];
            for sql in [
                "DELETE FROM video_segments WHERE camera_id = $1 AND name = $2",
                "DELETE FROM segment_indexes WHERE camera_id = $1 AND name = $2",
                "DELETE FROM displaced_segments WHERE camera_id = $1 AND name = $2",
            ] {
                transaction.execute(sql, values.clone()).await?;
            }
        }
        let names = folded.iter().map(|one| SegmentName::parse(&one.name));
        let names: Vec<_> = names
            .collect::<Result<_, _>>()
            .map_err(|e| transaction.corrupt(&format!("a segment's name: {e}")))?;
        if let Some(first) = names.first() {
            forget(&mut transaction, &first.camera.clone(), &names).await?;
        }
        let mut ranges = read_ranges(&mut transaction, camera).await?;
        ranges.extend(folded.iter().map(|f| f.range));
        transaction
            .execute("DELETE FROM expired_ranges WHERE camera_id = $1", vec![camera.into()])
            .await?;
        for range in union(ranges, join) {
            let values: Vec<Value> =
                vec![camera.into(), range.from.as_ns().into(), range.to.as_ns().into()];
            let sql = "INSERT INTO expired_ranges (camera_id, from_ns, to_ns) VALUES ($1, $2, $3)";
            transaction.execute(sql, values).await?;
        }
        transaction.commit().await?;
        Ok(folded.len() as u64)
    }
}

async fn read_folded(
    transaction: &mut Transaction,
    camera: &str,
    seen: ChangeSeq,
) -> Result<Vec<Folded>, StoreError> {
    let sql = "SELECT name, start_ns, duration_ns FROM video_segments s
         WHERE camera_id = $1 AND state = 'expired' AND change_seq <= $2
           AND EXISTS (SELECT 1 FROM video_segments later
             WHERE later.camera_id = s.camera_id AND later.instance_id = s.instance_id
               AND later.number > s.number)";
    let rows = transaction.fetch(sql, vec![camera.into(), seen.get().into()]).await?;
    let read = |row| {
        let from = Utc::from_ns(int(row, 1)?);
        let range = ExpiredRange { from, to: from.plus(Nanos::new(int(row, 2)?)) };
        Ok::<_, String>(Folded { name: text(row, 0)?.to_owned(), range })
    };
    rows.iter().map(|row| read(row).map_err(|e| transaction.corrupt(&e))).collect()
}

async fn read_ranges(
    transaction: &mut Transaction,
    camera: &str,
) -> Result<Vec<ExpiredRange>, StoreError> {
    let sql = "SELECT from_ns, to_ns FROM expired_ranges WHERE camera_id = $1";
    let rows = transaction.fetch(sql, vec![camera.into()]).await?;
    let read = |row| {
        let (from, to) = (int(row, 0)?, int(row, 1)?);
        Ok::<_, String>(ExpiredRange { from: Utc::from_ns(from), to: Utc::from_ns(to) })
    };
    rows.iter().map(|row| read(row).map_err(|e| transaction.corrupt(&e))).collect()
}

/// The ranges in order, those less than `join` apart as one; empty ones gone.
fn union(mut ranges: Vec<ExpiredRange>, join: Nanos) -> Vec<ExpiredRange> {
    ranges.retain(|r| r.from < r.to);
    ranges.sort();
    let mut joined: Vec<ExpiredRange> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.from.since(last.to) <= join => last.to = last.to.max(range.to),
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// An instant is in the union exactly if it is in one of the ranges,
        /// and neighbours never touch.
        #[test]
        fn a_union_holds_what_its_parts_hold(
            parts in proptest::collection::vec((0_i64..200, 0_i64..20), 0..20),
        ) {
            let range = |(from, length): &(i64, i64)| ExpiredRange {
                from: Utc::from_ns(*from), to: Utc::from_ns(from + length),
            };
            let parts: Vec<_> = parts.iter().map(range).collect();
            let whole = union(parts.clone(), Nanos::ZERO);
            let holds = |ranges: &[ExpiredRange], at| {
                ranges.iter().any(|r| r.from.as_ns() <= at && at < r.to.as_ns())
            };
            for at in 0..230 {
                prop_assert_eq!(holds(&parts, at), holds(&whole, at), "at {}", at);
            }
            prop_assert!(whole.windows(2).all(|w| w[0].to < w[1].from));
        }
    }
}
