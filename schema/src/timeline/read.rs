//! Reading a timeline.

use super::entry::Entry;
use super::hours::{HourRow, hour_of};
use super::rows::{
    AlignmentRow, CarryRow, FindingRow, GapRow, read_alignment, read_finding, read_gap,
};
use crate::database::{Row, Value};
use crate::error::StoreError;
use crate::read::{bytes, int};
use crate::store::Store;
use hitless_model::{CameraId, Utc};

/// From the last row before the hour in which the range begins: its last entry
/// may reach far.
const HOURS: &str = "SELECT hour_ns, end_ns, entries FROM timeline_hours
     WHERE camera_id = $1 AND hour_ns < $3 AND hour_ns >= COALESCE(
       (SELECT MAX(hour_ns) FROM timeline_hours WHERE camera_id = $1 AND hour_ns < $2), $2)
     ORDER BY hour_ns";
pub(crate) const ALIGNMENTS: &str = "SELECT early_instance, early_run, early_strand,
       late_instance, late_run, late_strand, from_ns, to_ns, evidence, media_offset, error_ns,
       matched, compared, step_ns, drift_ppb FROM strand_alignments";

impl Store {
    /// The entries of a camera's timeline that touch a range, in order and not
    /// cut to it.
    pub async fn timeline(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<Vec<Entry>, StoreError> {
        let values = range(camera, hour_of(from), to);
        let doing = "read a timeline";
        let hours = self
            .select(doing, HOURS, values, |row: &Row| HourRow::read(row)?.entries(camera))
            .await?;
        let touches = |e: &Entry| e.start < to && (e.end > from || e.start >= from);
        Ok(hours.into_iter().flatten().filter(touches).collect())
    }

    /// Gaps that touch a range, open and repaired, by camera and start.
    pub async fn gaps(
        &self,
        camera: Option<&CameraId>,
        from: Utc,
        to: Utc,
    ) -> Result<Vec<GapRow>, StoreError> {
        const ALL: &str = "SELECT camera_id, from_ns, to_ns, cause, noticed_ns, repaired_ns,
               repaired_by FROM gaps WHERE from_ns < $2 AND to_ns > $1";
        const ONE: &str = "SELECT camera_id, from_ns, to_ns, cause, noticed_ns, repaired_ns,
               repaired_by FROM gaps WHERE from_ns < $2 AND to_ns > $1 AND camera_id = $3";
        let mut values: Vec<Value> = vec![from.as_ns().into(), to.as_ns().into()];
        values.extend(camera.map(|c| c.as_str().into()));
        let sql = if camera.is_some() { ONE } else { ALL };
        let mut gaps = self.select("read the gaps", sql, values, read_gap).await?;
        gaps.sort_by(|a, b| (&a.camera, a.range).cmp(&(&b.camera, b.range)));
        Ok(gaps)
    }

    /// How strands were aligned that overlap within a range, by time.
    pub async fn alignments(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<Vec<AlignmentRow>, StoreError> {
        let sql = format!("{ALIGNMENTS} WHERE camera_id = $1 AND from_ns < $3 AND to_ns >= $2");
        let doing = "read the alignments";
        let sql = sqlx::AssertSqlSafe(sql);
        let mut rows = self.select(doing, sql, range(camera, from, to), read_alignment).await?;
        rows.sort_by(|a, b| (a.from, &a.early, &a.late).cmp(&(b.from, &b.early, &b.late)));
        Ok(rows)
    }

    /// What did not fit together within a range, by time.
    pub async fn findings(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<Vec<FindingRow>, StoreError> {
        let sql = "SELECT at_ns, kind, detail FROM stitch_findings
             WHERE camera_id = $1 AND at_ns >= $2 AND at_ns < $3 ORDER BY at_ns, part";
        self.select("read the findings", sql, range(camera, from, to), read_finding).await
    }

    /// The latest joint at or before an instant.
    pub async fn carry_before(
        &self,
        camera: &CameraId,
        at: Utc,
    ) -> Result<Option<CarryRow>, StoreError> {
        let sql = "SELECT at_ns, carry FROM stitch_carries
             WHERE camera_id = $1 AND at_ns <= $2 ORDER BY at_ns DESC LIMIT 1";
        let values = vec![camera.as_str().into(), at.as_ns().into()];
        Ok(self.select("read a joint", sql, values, read_carry).await?.pop())
    }

    /// The joints within a range, by time.
    pub async fn carries(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<Vec<CarryRow>, StoreError> {
        let sql = "SELECT at_ns, carry FROM stitch_carries
             WHERE camera_id = $1 AND at_ns >= $2 AND at_ns < $3 ORDER BY at_ns";
        self.select("read the joints", sql, range(camera, from, to), read_carry).await
    }
}

fn range(camera: &CameraId, from: Utc, to: Utc) -> Vec<Value> {
    vec![camera.as_str().into(), from.as_ns().into(), to.as_ns().into()]
}

pub(crate) fn read_carry(row: &Row) -> Result<CarryRow, String> {
    Ok(CarryRow { at: Utc::from_ns(int(row, 0)?), carry: bytes(row, 1)?.to_vec() })
}
