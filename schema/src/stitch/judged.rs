//! What became of segments. It is no change: a run that finds nothing new to
//! plan must not give the next one work.

use super::apply::DOING;
use super::window::{Judged, Window};
use crate::database::{Row, Statement, Transaction, Value, lots};
use crate::error::StoreError;
use crate::read::{maybe_int, text, word};
use crate::store::Store;
use hitless_model::{Nanos, OverlapStatus, SegmentName, TimeRange, Utc};
use sqlx::AssertSqlSafe;
use std::collections::HashMap;

/// Rows in one statement.
const LOT: usize = 256;
/// Whoever reads the rows of a range looks this far around it.
const FAR: Nanos = Nanos::from_secs(60);

pub(super) struct Judgements<'w> {
    write: Vec<&'w Judged>,
}

impl<'w> Judgements<'w> {
    pub async fn of(store: &Store, window: &'w Window) -> Result<Self, StoreError> {
        if let Some(other) = window.judged.iter().find(|j| j.segment.camera != window.camera) {
            let name = &other.segment;
            return Err(store.torn(format!("{name} is not a segment of {}", window.camera)));
        }
        let mut write: Vec<&Judged> = window.judged.iter().collect();
        write.sort_by(|a, b| a.segment.cmp(&b.segment));
        write.dedup_by(|a, b| a.segment == b.segment);
        if window.generation > 0 {
            let mut stored = HashMap::with_capacity(write.len());
            for lot in lots(&write, LOT) {
                stored.extend(read(store, window, lot).await?);
            }
            // A segment without a row has nothing to be written to.
            write.retain(|judged| {
                let found = stored.get(&judged.segment.to_string());
                found.is_some_and(|was| *was != (judged.status, Some(judged.placed)))
            });
        }
        Ok(Self { write })
    }

    pub fn is_empty(&self) -> bool {
        self.write.is_empty()
    }

    /// How many rows it changed.
    pub async fn write(&self, transaction: &mut Transaction) -> Result<u64, StoreError> {
        let mut touched = 0;
        for lot in lots(&self.write, LOT) {
            // The camera stands in each row, so that SQLite takes the rows one
            // by one and looks each segment up by its key.
            let mut statement = Statement::new(
                transaction.dialect(),
                "WITH judged(camera_id, name, status, placed_from, placed_to) AS (VALUES ",
            );
            statement.rows(lot.iter().map(|judged| values(judged))).text(
                ") UPDATE video_segments SET overlap_status = judged.status,
                   placed_from_ns = judged.placed_from, placed_to_ns = judged.placed_to
                 FROM judged WHERE video_segments.camera_id = judged.camera_id
                   AND video_segments.name = judged.name",
            );
            touched += transaction.run(statement).await?;
            displace(transaction, lot).await?;
        }
        Ok(touched)
    }
}

/// Remembers those that are now far from where their row says.
async fn displace(transaction: &mut Transaction, lot: &[&Judged]) -> Result<(), StoreError> {
    let Some(first) = lot.first() else { return Ok(()) };
    let of_these = |statement: &mut Statement| {
        statement.text(" WHERE camera_id = ").bind(first.segment.camera.as_str());
        statement.text(" AND name IN (");
        statement.list(lot.iter().map(|judged| Value::from(judged.segment.to_string())));
        statement.text(")");
    };
    let mut forget = Statement::new(transaction.dialect(), "DELETE FROM displaced_segments");
    of_these(&mut forget);
    transaction.run(forget).await?;
    let mut remember = Statement::new(
        transaction.dialect(),
        "INSERT INTO displaced_segments (camera_id, name, placed_from_ns, placed_to_ns)
         SELECT camera_id, name, placed_from_ns, placed_to_ns FROM video_segments",
    );
    of_these(&mut remember);
    remember.text(" AND (placed_from_ns - start_ns > ").bind(FAR.get());
    remember.text(" OR start_ns - placed_from_ns > ").bind(FAR.get()).text(")");
    transaction.run(remember).await.map(drop)
}

fn values(judged: &Judged) -> Vec<Value> {
    let SegmentName { camera, .. } = &judged.segment;
    vec![
        camera.as_str().into(),
        judged.segment.to_string().into(),
        judged.status.as_str().into(),
        judged.placed.from.as_ns().into(),
        judged.placed.to.as_ns().into(),
    ]
}

type Before = (OverlapStatus, Option<TimeRange>);

async fn read(
    store: &Store,
    window: &Window,
    lot: &[&Judged],
) -> Result<Vec<(String, Before)>, StoreError> {
    let select = "SELECT name, overlap_status, placed_from_ns, placed_to_ns FROM video_segments
         WHERE camera_id = ";
    let mut query = Statement::new(store.database().dialect(), select);
    query.bind(window.camera.as_str()).text(" AND name IN (");
    query.list(lot.iter().map(|judged| Value::from(judged.segment.to_string()))).text(")");
    store
        .select(DOING, AssertSqlSafe(query.sql), query.values, |row: &Row| {
            let placed = match (maybe_int(row, 2)?, maybe_int(row, 3)?) {
                (Some(from), Some(to)) => {
                    Some(TimeRange { from: Utc::from_ns(from), to: Utc::from_ns(to) })
                }
                _ => None,
            };
            Ok((text(row, 0)?.to_owned(), (word(row, 1, OverlapStatus::parse)?, placed)))
        })
        .await
}
