//! Which cameras have anything to do.

use crate::database::Row;
use crate::error::StoreError;
use crate::read::{ChangeSeq, id, int, maybe_instant, maybe_int, maybe_text};
use crate::store::Store;
use hitless_model::{CameraId, RunId, Utc};

/// How far a camera has been stitched, and who is at it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StitchState {
    /// Counts every change of its timeline; 0: never stitched.
    pub generation: i64,
    /// Changes up to here are in the timeline.
    pub planned_seq: ChangeSeq,
    /// Where the timeline ends.
    pub planned_until: Option<Utc>,
    /// The stitching run that holds it.
    pub holder: Option<RunId>,
    /// Until when, unless renewed.
    pub leased_until: Option<Utc>,
    /// Segments that changed up to here have been looked at for indexing.
    pub indexed_seq: ChangeSeq,
}

/// A camera, and whether there is anything new of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraWork {
    /// Which camera.
    pub camera: CameraId,
    /// How far it has been stitched.
    pub state: StitchState,
    /// The newest change of a segment, an index or an event of it.
    pub newest: ChangeSeq,
    /// The newest change of a segment of it.
    pub newest_segment: ChangeSeq,
    /// Files of it could not be read the last time.
    pub put_off: bool,
}

impl CameraWork {
    /// Whether something has changed since the last plan, or may have.
    pub fn has_news(&self) -> bool {
        self.newest > self.state.planned_seq || self.put_off
    }

    /// Whether there may be files of it that have to be read.
    pub fn has_files_to_read(&self) -> bool {
        self.newest_segment > self.state.indexed_seq || self.put_off
    }
}

/// Hops from camera to camera by the index: cameras that were never configured
/// (foreign recordings) are known by their segments alone. Each number is the
/// end of an index.
const WORK: &str = "WITH RECURSIVE hop(camera_id) AS (
       SELECT MIN(camera_id) FROM video_segments
       UNION ALL
       SELECT (SELECT MIN(v.camera_id) FROM video_segments v WHERE v.camera_id > hop.camera_id)
         FROM hop WHERE hop.camera_id IS NOT NULL),
     everyone(camera_id) AS (
       SELECT camera_id FROM hop WHERE camera_id IS NOT NULL
       UNION SELECT camera_id FROM cameras
       UNION SELECT camera_id FROM stitch_cameras)
     SELECT e.camera_id, s.generation, s.planned_seq, s.planned_until_ns, s.holder,
       s.leased_until_ns, s.indexed_seq,
       (SELECT MAX(v.change_seq) FROM video_segments v WHERE v.camera_id = e.camera_id),
       (SELECT MAX(i.change_seq) FROM segment_indexes i WHERE i.camera_id = e.camera_id),
       (SELECT MAX(c.change_seq) FROM camera_events c WHERE c.camera_id = e.camera_id),
       (SELECT MAX(p.segment_seq) FROM segment_indexes p
         WHERE p.camera_id = e.camera_id AND p.state = 'put_off')
     FROM everyone e LEFT JOIN stitch_cameras s ON s.camera_id = e.camera_id";

impl Store {
    /// Every camera that is known by a row or a configuration, by id. One
    /// query, whose cost goes by the cameras and not by the segments.
    pub async fn stitch_work(&self) -> Result<Vec<CameraWork>, StoreError> {
        let mut work = self.select("read which cameras have news", WORK, vec![], read).await?;
        work.sort_by(|a, b| a.camera.cmp(&b.camera));
        Ok(work)
    }

    /// How far a camera has been stitched; a camera never stitched is at the
    /// beginning.
    pub async fn stitch_state(&self, camera: &CameraId) -> Result<StitchState, StoreError> {
        let sql = "SELECT camera_id, generation, planned_seq, planned_until_ns, holder,
               leased_until_ns, indexed_seq FROM stitch_cameras WHERE camera_id = $1";
        let values = vec![camera.as_str().into()];
        let found = self.select("read how far a camera is", sql, values, read_state).await?;
        Ok(found.into_iter().next().unwrap_or_default())
    }
}

fn read(row: &Row) -> Result<CameraWork, String> {
    let last =
        |column| Ok::<_, String>(ChangeSeq::new(maybe_int(row, column)?.unwrap_or_default()));
    let newest_segment = last(7)?;
    Ok(CameraWork {
        camera: id(row, 0)?,
        state: read_state(row)?,
        newest: newest_segment.max(last(8)?).max(last(9)?),
        newest_segment,
        put_off: maybe_int(row, 10)?.is_some(),
    })
}

/// Of the camera and the columns of `stitch_cameras`; all null: never.
pub(super) fn read_state(row: &Row) -> Result<StitchState, String> {
    if maybe_int(row, 1)?.is_none() {
        return Ok(StitchState::default());
    }
    let holder = maybe_text(row, 4)?.map(RunId::new).transpose().map_err(|e| e.to_string())?;
    Ok(StitchState {
        generation: int(row, 1)?,
        planned_seq: ChangeSeq::new(int(row, 2)?),
        planned_until: maybe_instant(row, 3)?,
        holder,
        leased_until: maybe_instant(row, 5)?,
        indexed_seq: ChangeSeq::new(int(row, 6)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_off_is_news_even_if_nothing_changed() {
        let planned_seq = ChangeSeq::new(7);
        let work = |newest, put_off| CameraWork {
            camera: CameraId::new("CAMERA_1").expect("valid"),
            state: StitchState { planned_seq, ..StitchState::default() },
            newest: ChangeSeq::new(newest),
            newest_segment: ChangeSeq::START,
            put_off,
        };
        assert!(!work(7, false).has_news());
        assert!(work(8, false).has_news());
        assert!(work(7, true).has_news());
    }
}
