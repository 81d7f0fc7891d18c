//! Which segments are to be read, and what was read from them.

use super::{FileMark, StoredIndex, ToIndex};
use crate::database::{Row, Statement, Value, lots};
use crate::error::StoreError;
use crate::read::{Changed, bytes, int, maybe_int, maybe_text, text};
use crate::store::Store;
use hitless_model::{CameraId, SegmentName, Utc};
use sqlx::AssertSqlSafe;
use std::collections::HashMap;

/// Names in one query.
const LOT: usize = 256;
/// Rows changed since files were looked at.
const CHANGED: &str = "WHERE camera_id = $1 AND change_seq > $3
       AND state IN ('complete', 'recovered', 'recording')
       AND NOT EXISTS (SELECT 1 FROM segment_indexes i
         WHERE i.camera_id = video_segments.camera_id AND i.name = video_segments.name
           AND (i.segment_seq >= video_segments.change_seq OR i.state = 'put_off'))
     ORDER BY +start_ns LIMIT $2";
/// The same where nothing is known of that. The sum keeps SQLite from the index
/// of changes: all of them are newer, and rows lie by name.
const ALL: &str = "WHERE camera_id = $1 AND change_seq + 0 > $3
       AND state IN ('complete', 'recovered', 'recording')
       AND NOT EXISTS (SELECT 1 FROM segment_indexes i
         WHERE i.camera_id = video_segments.camera_id AND i.name = video_segments.name
           AND (i.segment_seq >= video_segments.change_seq OR i.state = 'put_off'))
     ORDER BY +start_ns LIMIT $2";
/// What could not be read the last time; the number leads SQLite to the index
/// of these few.
const PUT_OFF: &str = "WHERE camera_id = $1
       AND state IN ('complete', 'recovered', 'recording')
       AND name IN (SELECT i.name FROM segment_indexes i
         WHERE i.camera_id = $1 AND i.state = 'put_off' AND i.segment_seq >= 0)
     ORDER BY +start_ns LIMIT $2";
const COLUMNS: &str = "name, size_bytes, modified_ns, changed_ns, version, path, contents";

impl Store {
    /// The first `most` segments of a camera, oldest first, whose file has to
    /// be read: finished or still open, without an index of their present row,
    /// or put off the last time. One whose file keeps being unreadable keeps
    /// being listed. Rows that have not changed since
    /// [`note_indexed`](Self::note_indexed) are not looked up again.
    pub async fn segments_to_index(
        &self,
        camera: &CameraId,
        most: u32,
    ) -> Result<Vec<ToIndex>, StoreError> {
        let doing = "read what is to be indexed";
        let mut rows = Vec::new();
        let seen = self.stitch_state(camera).await?.indexed_seq.get();
        let changed = if seen == 0 { ALL } else { CHANGED };
        let both = || vec![camera.as_str().into(), i64::from(most).into()];
        let values = [both(), vec![seen.into()]].concat();
        rows.extend(self.select_segments(doing, changed, values).await?);
        rows.extend(self.select_segments(doing, PUT_OFF, both()).await?);
        rows.sort_by(|a, b| (a.row.start, &a.row.name).cmp(&(b.row.start, &b.row.name)));
        rows.truncate(most as usize);
        let names: Vec<_> = rows.iter().map(|changed| changed.row.name.clone()).collect();
        let mut known: HashMap<String, (Option<FileMark>, Option<String>)> = HashMap::new();
        for lot in lots(&names, LOT) {
            let sql = "SELECT name, size_bytes, modified_ns, changed_ns, path, state FROM segment_indexes";
            let read = |row: &Row| {
                let mark = (text(row, 5)? == "read").then(|| mark(row, 1)).transpose()?.flatten();
                Ok((text(row, 0)?.to_owned(), (mark, maybe_text(row, 4)?.map(str::to_owned))))
            };
            known.extend(self.of_names(sql, camera, lot, read).await?);
        }
        let to_index = |Changed { seq, row }: Changed<hitless_model::Segment>| {
            let (indexed, path) = known.remove(&row.name.to_string()).unwrap_or_default();
            ToIndex { segment: row, seq, indexed, path }
        };
        Ok(rows.into_iter().map(to_index).collect())
    }

    /// What was read from these segments; those never read are left out.
    pub async fn indexes(
        &self,
        camera: &CameraId,
        segments: &[SegmentName],
    ) -> Result<Vec<StoredIndex>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM segment_indexes");
        let mut found = Vec::with_capacity(segments.len());
        for lot in lots(segments, LOT) {
            found.extend(self.of_names(&sql, camera, lot, read_maybe).await?.into_iter().flatten());
        }
        Ok(found)
    }

    /// What was read from the segments that
    /// [`segments_for_planning`](Self::segments_for_planning) chooses.
    pub async fn indexes_between(
        &self,
        camera: &CameraId,
        from: Utc,
        to: Utc,
    ) -> Result<Vec<StoredIndex>, StoreError> {
        let segments = self.segments_for_planning(camera, from, to).await?;
        let names: Vec<_> = segments.into_iter().map(|segment| segment.name).collect();
        let mut found = self.indexes(camera, &names).await?;
        found.sort_by(|a, b| a.segment.cmp(&b.segment));
        Ok(found)
    }

    /// The packed pauses of the segments of a camera from one on, by name; few
    /// have any.
    pub async fn pauses(
        &self,
        camera: &CameraId,
        first: &SegmentName,
    ) -> Result<Vec<(SegmentName, Vec<u8>)>, StoreError> {
        // The number leads SQLite to the index of these few, and the sum keeps
        // it from walking all of a camera by name.
        let sql = "SELECT name, pauses FROM segment_indexes
             WHERE camera_id = $1 AND pauses IS NOT NULL AND segment_seq >= 0
               AND name || '' >= $2 ORDER BY name";
        let read = |row: &Row| {
            let name = SegmentName::parse(text(row, 0)?).map_err(|e| e.to_string())?;
            Ok((name, bytes(row, 1)?.to_vec()))
        };
        let values = vec![camera.as_str().into(), first.to_string().into()];
        self.select("read the pauses", sql, values, read).await
    }

    async fn of_names<T>(
        &self,
        select: &str,
        camera: &CameraId,
        names: &[SegmentName],
        read: impl Fn(&Row) -> Result<T, String>,
    ) -> Result<Vec<T>, StoreError> {
        let mut query = Statement::new(self.database().dialect(), select);
        query.text(" WHERE camera_id = ").bind(camera.as_str()).text(" AND name IN (");
        query.list(names.iter().map(|name| Value::from(name.to_string()))).text(")");
        self.select("read the indexes", AssertSqlSafe(query.sql), query.values, read).await
    }
}

fn read_maybe(row: &Row) -> Result<Option<StoredIndex>, String> {
    let has_contents = row.bytes(6).map_err(|e| e.to_string())?.is_some();
    has_contents.then(|| read_index(row)).transpose()
}

/// Of [`COLUMNS`].
fn read_index(row: &Row) -> Result<StoredIndex, String> {
    Ok(StoredIndex {
        segment: SegmentName::parse(text(row, 0)?).map_err(|e| e.to_string())?,
        mark: mark(row, 1)?.ok_or("an index without its file")?,
        version: u32::try_from(int(row, 4)?).map_err(|e| format!("version: {e}"))?,
        path: maybe_text(row, 5)?.map(str::to_owned),
        contents: bytes(row, 6)?.to_vec(),
    })
}

/// Of `size_bytes, modified_ns, changed_ns`.
fn mark(row: &Row, first: usize) -> Result<Option<FileMark>, String> {
    let Some(size) = maybe_int(row, first)? else { return Ok(None) };
    Ok(Some(FileMark {
        size_bytes: size.cast_unsigned(),
        modified: Utc::from_ns(int(row, first + 1)?),
        changed: Utc::from_ns(int(row, first + 2)?),
    }))
}
