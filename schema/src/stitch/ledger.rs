//! The ledger of gaps: one that is closed is not forgotten.
//!
//! A gap that is in the timeline is open. One that was open and is not in the
//! timeline any more is repaired by the segments that play in its place; where
//! nothing plays it has only moved, grown or got another name (a clock is
//! better known now, time has gone on, retention removed the footage), and what
//! took its place keeps the instant at which it was noticed.

use super::apply::DOING;
use super::window::Window;
use crate::database::{Statement, Transaction, Value, lots};
use crate::error::StoreError;
use crate::store::Store;
use crate::timeline::{Entry, GapRow, What, read_gap};
use hitless_model::{Cause, SegmentName, TimeRange, Utc};

/// Rows in one statement.
const LOT: usize = 64;
const OPEN: &str = "SELECT camera_id, from_ns, to_ns, cause, noticed_ns, repaired_ns, repaired_by
     FROM gaps WHERE camera_id = $1 AND from_ns >= $2 AND from_ns < $3 AND repaired_ns IS NULL
     ORDER BY from_ns, to_ns";
const REPAIR: &str = "UPDATE gaps SET repaired_ns = $4, repaired_by = $5
     WHERE camera_id = $1 AND from_ns = $2 AND to_ns = $3";
const FORGET: &str = "DELETE FROM gaps WHERE camera_id = $1 AND from_ns = $2 AND to_ns = $3";

#[derive(Default)]
pub(super) struct Ledger {
    open: Vec<Open>,
    repair: Vec<(TimeRange, Vec<SegmentName>)>,
    forget: Vec<TimeRange>,
}

/// A gap that is to be open.
struct Open {
    range: TimeRange,
    cause: Cause,
    noticed: Utc,
    /// None was known there.
    is_new: bool,
}

impl Ledger {
    pub async fn of(store: &Store, window: &Window) -> Result<Self, StoreError> {
        let stored = if window.generation == 0 {
            Vec::new()
        } else {
            let (from, to) = window.bounds();
            let values =
                vec![window.camera.as_str().into(), from.as_ns().into(), to.as_ns().into()];
            store.select(DOING, OPEN, values, read_gap).await?
        };
        Ok(Self::between(&stored, &window.entries, window.now))
    }

    fn between(stored: &[GapRow], entries: &[Entry], now: Utc) -> Self {
        let mut ledger = Self::default();
        let planned: Vec<(TimeRange, Cause)> = entries.iter().filter_map(gap).collect();
        for was in stored.iter().filter(|was| !planned.iter().any(|(r, _)| *r == was.range)) {
            let by = players(entries, was.range);
            if by.is_empty() {
                ledger.forget.push(was.range);
            } else {
                ledger.repair.push((was.range, by));
            }
        }
        for (range, cause) in planned {
            if stored.iter().any(|was| was.range == range && was.cause == cause) {
                continue;
            }
            let there = stored.iter().filter(|was| was.range.overlaps(range));
            let noticed = there.map(|was| was.noticed).min();
            let is_new = noticed.is_none();
            ledger.open.push(Open { range, cause, noticed: noticed.unwrap_or(now), is_new });
        }
        ledger
    }

    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.repair.is_empty() && self.forget.is_empty()
    }

    pub fn opened(&self) -> u64 {
        self.open.iter().filter(|open| open.is_new).count() as u64
    }

    pub fn repaired(&self) -> u64 {
        self.repair.len() as u64
    }

    pub async fn write(
        &self,
        transaction: &mut Transaction,
        window: &Window,
    ) -> Result<(), StoreError> {
        let key = |range: TimeRange| -> Vec<Value> {
            let (from, to) = (range.from.as_ns(), range.to.as_ns());
            vec![window.camera.as_str().into(), from.into(), to.into()]
        };
        for range in &self.forget {
            transaction.execute(FORGET, key(*range)).await?;
        }
        for (range, by) in &self.repair {
            let names: Vec<String> = by.iter().map(SegmentName::to_string).collect();
            let mut values = key(*range);
            values.extend([window.now.as_ns().into(), names.join("\n").into()]);
            transaction.execute(REPAIR, values).await?;
        }
        for lot in lots(&self.open, LOT) {
            let insert = "INSERT INTO gaps (camera_id, from_ns, to_ns, cause, noticed_ns) VALUES ";
            let mut statement = Statement::new(transaction.dialect(), insert);
            let row = |open: &Open| {
                let mut values = key(open.range);
                values.extend([open.cause.as_str().into(), open.noticed.as_ns().into()]);
                values
            };
            // One that was repaired and is missing again is open again.
            statement.rows(lot.iter().map(row)).text(
                " ON CONFLICT (camera_id, from_ns, to_ns) DO UPDATE SET
                   cause = excluded.cause, repaired_ns = NULL, repaired_by = NULL",
            );
            transaction.run(statement).await?;
        }
        Ok(())
    }
}

fn gap(entry: &Entry) -> Option<(TimeRange, Cause)> {
    match entry.what {
        What::Gap(cause) => Some((entry.range(), cause)),
        _ => None,
    }
}

/// The segments that play within a range, in order, each once.
fn players(entries: &[Entry], range: TimeRange) -> Vec<SegmentName> {
    let first = entries.partition_point(|entry| entry.end <= range.from);
    let mut names: Vec<SegmentName> = Vec::new();
    for entry in entries[first..].iter().take_while(|entry| entry.start < range.to) {
        if let What::Span(span) = &entry.what
            && entry.range().overlaps(range)
            && !names.contains(&span.segment)
        {
            names.push(span.segment.clone());
        }
    }
    names
}
