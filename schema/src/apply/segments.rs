//! Segment rows.

use super::batch::Batch;
use super::counter::{Numbers, reserve};
use super::upsert::{Policy, statements};
use crate::change::Stamp;
use crate::database::{Transaction, Value};
use crate::error::StoreError;
use crate::segment_row::encode;
use crate::store::Store;
use hitless_model::{Segment, SegmentName};
use std::collections::BTreeMap;

pub(super) async fn write(
    transaction: &mut Transaction,
    batch: &Batch<'_>,
    numbers: &mut Numbers,
) -> Result<(), StoreError> {
    let rows: Vec<_> = batch.segments.values().copied().collect();
    upsert(transaction, Policy::Newer, &rows, numbers).await?;
    for (name, stamp) in &batch.expired {
        expire(transaction, name, *stamp, numbers).await?;
    }
    Ok(())
}

async fn upsert(
    transaction: &mut Transaction,
    policy: Policy,
    rows: &[(Stamp, &Segment)],
    numbers: &mut Numbers,
) -> Result<u64, StoreError> {
    let mut left = rows;
    let mut touched = 0;
    for (size, sql) in statements(policy, transaction.dialect(), rows.len()) {
        let (now, later) = left.split_at(size);
        let mut values = Vec::new();
        for (stamp, segment) in now {
            values.extend(encode(segment));
            values.push(stamp.as_ns().into());
            values.push(numbers.next().into());
        }
        touched += transaction.execute(sql, values).await?;
        left = later;
    }
    Ok(touched)
}

/// Expired is the end of a segment's life: no stamp can undo it.
async fn expire(
    transaction: &mut Transaction,
    name: &SegmentName,
    stamp: Stamp,
    numbers: &mut Numbers,
) -> Result<u64, StoreError> {
    let values = vec![
        name.camera.as_str().into(),
        name.to_string().into(),
        stamp.as_ns().into(),
        numbers.next().into(),
    ];
    transaction
        .execute(
            "UPDATE video_segments SET state = 'expired', change_seq = $4,
               stamp = CASE WHEN $3 > stamp THEN $3 ELSE stamp + 1 END
             WHERE camera_id = $1 AND name = $2 AND state <> 'expired'",
            values,
        )
        .await
}

impl Store {
    /// Writes segments as they were found on disk, whatever the rows said
    /// before; rows that say the same already are not touched. How many rows
    /// it added or changed.
    pub async fn put_found(&self, segments: &[Segment], stamp: Stamp) -> Result<u64, StoreError> {
        let by_name: BTreeMap<_, _> = segments.iter().map(|s| (&s.name, (stamp, s))).collect();
        let rows: Vec<_> = by_name.into_values().collect();
        let mut transaction = self.database().begin("write segments found on disk").await?;
        let mut numbers = reserve(&mut transaction, rows.len()).await?;
        let touched = upsert(&mut transaction, Policy::Found, &rows, &mut numbers).await?;
        transaction.commit().await?;
        Ok(touched)
    }

    /// Marks segments whose file is gone. How many were not marked before.
    pub async fn mark_missing(
        &self,
        names: &[SegmentName],
        stamp: Stamp,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.database().begin("mark segments missing").await?;
        let mut numbers = reserve(&mut transaction, names.len()).await?;
        let mut touched = 0;
        for name in names.iter().collect::<std::collections::BTreeSet<_>>() {
            let values: Vec<Value> = vec![
                name.camera.as_str().into(),
                name.to_string().into(),
                stamp.as_ns().into(),
                numbers.next().into(),
            ];
            touched += transaction.execute(MARK_MISSING, values).await?;
        }
        transaction.commit().await?;
        Ok(touched)
    }
}

const MARK_MISSING: &str = "UPDATE video_segments SET state = 'missing', change_seq = $4,
       stamp = CASE WHEN $3 > stamp THEN $3 ELSE stamp + 1 END
     WHERE camera_id = $1 AND name = $2 AND state NOT IN ('missing', 'expired')";
