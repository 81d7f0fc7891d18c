//! How strands were aligned: one row for each pair.

use super::apply::DOING;
use super::window::Window;
use crate::database::{Statement, Transaction, Value, lots};
use crate::error::StoreError;
use crate::store::Store;
use crate::timeline::{ALIGNMENTS, AlignmentRow, alignment_values, read_alignment};
use hitless_model::CameraId;
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;

/// Rows in one statement: 16 values each.
const LOT: usize = 32;
const FORGET: &str = "DELETE FROM strand_alignments WHERE camera_id = $1
     AND early_instance = $2 AND early_run = $3 AND early_strand = $4
     AND late_instance = $5 AND late_run = $6 AND late_strand = $7";
const INSERT: &str = "INSERT INTO strand_alignments (camera_id, early_instance, early_run,
       early_strand, late_instance, late_run, late_strand, from_ns, to_ns, evidence, media_offset,
       error_ns, matched, compared, step_ns, drift_ppb) VALUES ";
const REPLACE: &str = " ON CONFLICT (camera_id, early_instance, early_run, early_strand,
       late_instance, late_run, late_strand) DO UPDATE SET
       from_ns = excluded.from_ns, to_ns = excluded.to_ns, evidence = excluded.evidence,
       media_offset = excluded.media_offset, error_ns = excluded.error_ns,
       matched = excluded.matched, compared = excluded.compared, step_ns = excluded.step_ns,
       drift_ppb = excluded.drift_ppb";

pub(super) struct Alignments<'w> {
    put: Vec<&'w AlignmentRow>,
    forget: Vec<AlignmentRow>,
}

impl<'w> Alignments<'w> {
    pub async fn of(store: &Store, window: &'w Window) -> Result<Self, StoreError> {
        let pair = |row: &AlignmentRow| (row.early.clone(), row.late.clone());
        let mut put: BTreeMap<_, _> =
            window.alignments.iter().map(|row| (pair(row), Some(row))).collect();
        let stored = if window.generation == 0 { Vec::new() } else { read(store, window).await? };
        let mut forget = Vec::new();
        for was in stored {
            match put.get_mut(&pair(&was)) {
                Some(is) if *is == Some(&was) => *is = None,
                Some(_) => {}
                None => forget.push(was),
            }
        }
        Ok(Self { put: put.into_values().flatten().collect(), forget })
    }

    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.forget.is_empty()
    }

    pub async fn write(
        &self,
        transaction: &mut Transaction,
        camera: &CameraId,
    ) -> Result<(), StoreError> {
        for row in &self.forget {
            let mut key = alignment_values(camera, row);
            key.truncate(7);
            transaction.execute(FORGET, key).await?;
        }
        for lot in lots(&self.put, LOT) {
            let mut statement = Statement::new(transaction.dialect(), INSERT);
            statement.rows(lot.iter().map(|row| alignment_values(camera, row))).text(REPLACE);
            transaction.run(statement).await?;
        }
        Ok(())
    }
}

/// Those that begin in the window. One of the same pair that begins elsewhere
/// is replaced, and need not be known.
async fn read(store: &Store, window: &Window) -> Result<Vec<AlignmentRow>, StoreError> {
    let (from, to) = window.bounds();
    let sql = format!("{ALIGNMENTS} WHERE camera_id = $1 AND from_ns >= $2 AND from_ns < $3");
    let values: Vec<Value> =
        vec![window.camera.as_str().into(), from.as_ns().into(), to.as_ns().into()];
    store.select(DOING, AssertSqlSafe(sql), values, read_alignment).await
}
