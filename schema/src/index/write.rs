//! Storing what was read.
//!
//! Locks as everywhere: the counter of changes first, then rows by name.

use super::{FileMark, NewIndex, Unreadable};
use crate::apply::{Numbers, reserve};
use crate::database::{Statement, Transaction, Value, lots};
use crate::error::StoreError;
use crate::read::ChangeSeq;
use crate::store::Store;
use hitless_model::{CameraId, SegmentName};
use std::collections::BTreeMap;

/// Rows in one statement: 13 values each.
const LOT: usize = 128;
const INSERT: &str = "INSERT INTO segment_indexes (camera_id, name, segment_seq, state, version,
       size_bytes, modified_ns, changed_ns, path, reason, contents, pauses, change_seq) VALUES ";
/// An older reading never replaces a newer one, and what is the same stays.
const REPLACE: &str = " ON CONFLICT (camera_id, name) DO UPDATE SET
       segment_seq = excluded.segment_seq, state = excluded.state, version = excluded.version,
       size_bytes = excluded.size_bytes, modified_ns = excluded.modified_ns,
       changed_ns = excluded.changed_ns, path = excluded.path, reason = excluded.reason,
       contents = excluded.contents, pauses = excluded.pauses,
       change_seq = CASE WHEN segment_indexes.contents IS DISTINCT FROM excluded.contents
                           OR segment_indexes.pauses IS DISTINCT FROM excluded.pauses
                           OR segment_indexes.version <> excluded.version
                           OR segment_indexes.state <> excluded.state
                    THEN excluded.change_seq ELSE segment_indexes.change_seq END
     WHERE excluded.segment_seq >= segment_indexes.segment_seq
       AND (segment_indexes.segment_seq <> excluded.segment_seq
         OR segment_indexes.state <> excluded.state
         OR segment_indexes.version <> excluded.version
         OR segment_indexes.size_bytes IS DISTINCT FROM excluded.size_bytes
         OR segment_indexes.modified_ns IS DISTINCT FROM excluded.modified_ns
         OR segment_indexes.changed_ns IS DISTINCT FROM excluded.changed_ns
         OR segment_indexes.path IS DISTINCT FROM excluded.path
         OR segment_indexes.reason IS DISTINCT FROM excluded.reason
         OR segment_indexes.pauses IS DISTINCT FROM excluded.pauses
         OR segment_indexes.contents IS DISTINCT FROM excluded.contents)";

impl Store {
    /// Stores what was read from files. How many rows it added or changed.
    pub async fn put_indexes(&self, indexes: &[NewIndex]) -> Result<u64, StoreError> {
        let rows: BTreeMap<_, _> = indexes.iter().map(|i| (&i.segment, Row::read(i))).collect();
        let rows: Vec<Row<'_>> = rows.into_values().collect();
        let mut transaction = self.database().begin("write indexes").await?;
        let mut numbers = reserve(&mut transaction, rows.len()).await?;
        let touched = put(&mut transaction, &rows, &mut numbers).await?;
        transaction.commit().await?;
        Ok(touched)
    }

    /// The files are as they were, only the rows have changed: their indexes
    /// are good for the rows as they were listed. How many.
    pub async fn confirm_indexes(
        &self,
        segments: &[(SegmentName, ChangeSeq)],
    ) -> Result<u64, StoreError> {
        let segments: BTreeMap<_, _> = segments.iter().map(|(name, seq)| (name, seq)).collect();
        let mut transaction = self.database().begin_unhurried("confirm indexes").await?;
        let mut touched = 0;
        for (name, seq) in segments {
            let values =
                vec![name.camera.as_str().into(), name.to_string().into(), seq.get().into()];
            let sql = "UPDATE segment_indexes SET segment_seq = $3
                 WHERE camera_id = $1 AND name = $2 AND segment_seq < $3 AND state = 'read'";
            touched += transaction.execute(sql, values).await?;
        }
        transaction.commit().await?;
        Ok(touched)
    }

    /// The files of these cameras have been looked at, of all segments that
    /// changed up to `seen`: the head of changes as it was *before* they were
    /// listed. Only cameras that were claimed at some time remember it.
    pub async fn note_indexed(
        &self,
        cameras: &[CameraId],
        seen: ChangeSeq,
    ) -> Result<(), StoreError> {
        let mut cameras = cameras.to_vec();
        cameras.sort();
        let mut transaction = self.database().begin_unhurried("note what is indexed").await?;
        for lot in lots(&cameras, LOT) {
            let update = "UPDATE stitch_cameras SET indexed_seq = ";
            let mut statement = Statement::new(transaction.dialect(), update);
            statement.bind(seen.get()).text(" WHERE indexed_seq < ").bind(seen.get());
            statement.text(" AND camera_id IN (");
            statement.list(lot.iter().map(|camera| camera.as_str().into())).text(")");
            transaction.run(statement).await?;
        }
        transaction.commit().await
    }

    /// Sets segments aside whose files are no good: their rows become corrupt,
    /// with the reason, unless they were changed since they were listed. How
    /// many.
    pub async fn quarantine(&self, segments: &[Unreadable]) -> Result<u64, StoreError> {
        let by_name: BTreeMap<_, _> = segments.iter().map(|s| (&s.segment, s)).collect();
        let mut transaction = self.database().begin("set corrupt segments aside").await?;
        let mut numbers = reserve(&mut transaction, by_name.len() * 2).await?;
        let (mut aside, mut touched) = (Vec::new(), 0);
        for one in by_name.into_values() {
            let seq = numbers.next();
            let values: Vec<Value> = vec![
                one.segment.camera.as_str().into(),
                one.segment.to_string().into(),
                one.seq.get().into(),
                one.reason.as_str().into(),
                seq.into(),
            ];
            let changed = transaction.execute(SET_ASIDE, values).await?;
            touched += changed;
            if changed > 0 {
                aside.push(Row::unreadable(one, "corrupt", ChangeSeq::new(seq)));
            }
        }
        put(&mut transaction, &aside, &mut numbers).await?;
        transaction.commit().await?;
        Ok(touched)
    }

    /// Remembers that files could not be read for now: they are listed again.
    /// How many rows it added or changed.
    pub async fn put_off(&self, segments: &[Unreadable]) -> Result<u64, StoreError> {
        let by_name: BTreeMap<_, _> = segments.iter().map(|s| (&s.segment, s)).collect();
        let mut transaction =
            self.database().begin_unhurried("put unreadable segments off").await?;
        let mut touched = 0;
        for one in by_name.into_values() {
            let mut statement = Statement::new(transaction.dialect(), INSERT);
            // Nothing to plan with: no change.
            let no_change = ChangeSeq::START.get();
            let row = Row::unreadable(one, "put_off", ChangeSeq::START);
            statement.rows([row.values(no_change)]).text(PUT_OFF);
            touched += transaction.run(statement).await?;
        }
        transaction.commit().await?;
        Ok(touched)
    }
}

/// What was read before is kept.
const PUT_OFF: &str = " ON CONFLICT (camera_id, name) DO UPDATE SET
       state = excluded.state, path = excluded.path, reason = excluded.reason
     WHERE segment_indexes.state <> excluded.state
       OR segment_indexes.reason IS DISTINCT FROM excluded.reason
       OR segment_indexes.path IS DISTINCT FROM excluded.path";

const SET_ASIDE: &str = "UPDATE video_segments
     SET state = 'corrupt', note = $4, change_seq = $5, stamp = stamp + 1
     WHERE camera_id = $1 AND name = $2 AND change_seq = $3
       AND state IN ('complete', 'recovered')";

/// A row of `segment_indexes`.
struct Row<'a> {
    segment: &'a SegmentName,
    seq: ChangeSeq,
    state: &'static str,
    version: u32,
    mark: Option<FileMark>,
    path: Option<&'a str>,
    reason: Option<&'a str>,
    contents: Option<&'a [u8]>,
    pauses: Option<&'a [u8]>,
}

impl<'a> Row<'a> {
    fn read(index: &'a NewIndex) -> Self {
        Self {
            segment: &index.segment,
            seq: index.seq,
            state: "read",
            version: index.version,
            mark: Some(index.mark),
            path: index.path.as_deref(),
            reason: None,
            contents: Some(&index.contents),
            pauses: index.pauses.as_deref(),
        }
    }

    fn unreadable(one: &'a Unreadable, state: &'static str, seq: ChangeSeq) -> Self {
        Self {
            segment: &one.segment,
            seq,
            state,
            version: 0,
            mark: one.mark,
            path: one.path.as_deref(),
            reason: Some(&one.reason),
            contents: None,
            pauses: None,
        }
    }

    fn values(&self, change_seq: i64) -> Vec<Value> {
        vec![
            self.segment.camera.as_str().into(),
            self.segment.to_string().into(),
            self.seq.get().into(),
            self.state.into(),
            i64::from(self.version).into(),
            self.mark.map(|m| m.size_bytes.cast_signed()).into(),
            self.mark.map(|m| m.modified.as_ns()).into(),
            self.mark.map(|m| m.changed.as_ns()).into(),
            self.path.into(),
            self.reason.into(),
            self.contents.map(<[u8]>::to_vec).into(),
            self.pauses.map(<[u8]>::to_vec).into(),
            change_seq.into(),
        ]
    }
}

async fn put(
    transaction: &mut Transaction,
    rows: &[Row<'_>],
    numbers: &mut Numbers,
) -> Result<u64, StoreError> {
    let mut touched = 0;
    for lot in lots(rows, LOT) {
        let mut statement = Statement::new(transaction.dialect(), INSERT);
        statement.rows(lot.iter().map(|row| row.values(numbers.next()))).text(REPLACE);
        touched += transaction.run(statement).await?;
    }
    Ok(touched)
}
