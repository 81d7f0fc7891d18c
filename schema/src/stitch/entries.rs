//! Entries: whole hours are compared, and written where they differ.

use super::apply::DOING;
use super::window::Window;
use crate::database::{Row, Statement, Transaction, Value, lots};
use crate::error::{ErrorKind, StoreError};
use crate::read::int;
use crate::store::Store;
use crate::timeline::Entry;
use crate::timeline::hours::{HourRow, cut_into_hours, hour_of};
use hitless_model::{CameraId, Utc};

/// Hours in one statement.
const LOT: usize = 64;
const WITHIN: &str = "SELECT hour_ns, end_ns, entries FROM timeline_hours
     WHERE camera_id = $1 AND hour_ns >= $2 AND hour_ns < $3 ORDER BY hour_ns";
const BEFORE: &str = "SELECT end_ns FROM timeline_hours
     WHERE camera_id = $1 AND hour_ns < $2 ORDER BY hour_ns DESC LIMIT 1";
const AFTER: &str = "SELECT hour_ns, end_ns, entries FROM timeline_hours
     WHERE camera_id = $1 AND hour_ns >= $2 ORDER BY hour_ns LIMIT 1";

/// What to do to the rows of the window's hours.
pub(super) struct Entries {
    put: Vec<HourRow>,
    drop: Vec<Utc>,
    pub added: u64,
    pub removed: u64,
}

impl Entries {
    pub async fn of(store: &Store, window: &Window) -> Result<Self, StoreError> {
        let stored = Stored::read(store, window).await?;
        let whole = stored.with(window).map_err(|problem| {
            store
                .torn(format!("the timeline of {} would not be one line: {problem}", window.camera))
        })?;
        let corrupt = |e| store.database().error(ErrorKind::Bug, DOING, e);
        let mut hours = cut_into_hours(&whole).map_err(corrupt)?;
        let mut drop = Vec::new();
        for row in &stored.rows {
            match hours.get(&row.hour) {
                Some(same) if same.packed == row.packed => {
                    hours.remove(&row.hour);
                }
                Some(_) => {}
                None => drop.push(row.hour),
            }
        }
        let (removed, added) = counted(&stored.inside, &window.entries);
        Ok(Self { put: hours.into_values().collect(), drop, added, removed })
    }

    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.drop.is_empty()
    }

    pub async fn write(
        &self,
        transaction: &mut Transaction,
        camera: &CameraId,
    ) -> Result<(), StoreError> {
        for hour in &self.drop {
            let sql = "DELETE FROM timeline_hours WHERE camera_id = $1 AND hour_ns = $2";
            transaction.execute(sql, vec![camera.as_str().into(), hour.as_ns().into()]).await?;
        }
        for lot in lots(&self.put, LOT) {
            let row = |row: &HourRow| -> Vec<Value> {
                let (hour, end) = (row.hour.as_ns(), row.end.as_ns());
                vec![camera.as_str().into(), hour.into(), end.into(), row.packed.clone().into()]
            };
            let insert = "INSERT INTO timeline_hours (camera_id, hour_ns, end_ns, entries) VALUES ";
            let mut statement = Statement::new(transaction.dialect(), insert);
            statement.rows(lot.iter().map(row)).text(
                " ON CONFLICT (camera_id, hour_ns) DO UPDATE SET
                   end_ns = excluded.end_ns, entries = excluded.entries",
            );
            transaction.run(statement).await?;
        }
        Ok(())
    }
}

/// The rows that the window touches, taken apart.
#[derive(Default)]
struct Stored {
    rows: Vec<HourRow>,
    /// Where the entry before all of them ends.
    before: Option<Utc>,
    /// Of the window's first hour, what is before the window.
    head: Vec<Entry>,
    inside: Vec<Entry>,
    /// Of the window's last hour, what is after the window.
    tail: Vec<Entry>,
    /// Where the entry after all of them starts.
    after: Option<Utc>,
}

impl Stored {
    async fn read(store: &Store, window: &Window) -> Result<Self, StoreError> {
        let mut stored = Self::default();
        if window.generation == 0 {
            return Ok(stored);
        }
        let camera = &window.camera;
        let (from, to) = window.bounds();
        let first = hour_of(from);
        let values = vec![camera.as_str().into(), first.as_ns().into(), to.as_ns().into()];
        stored.rows = store.select(DOING, WITHIN, values, HourRow::read).await?;
        for row in &stored.rows {
            for entry in unpacked(store, camera, row)? {
                if entry.start < from {
                    stored.head.push(entry);
                } else if entry.start < to {
                    stored.inside.push(entry);
                } else {
                    stored.tail.push(entry);
                }
            }
        }
        let values = |at: Utc| vec![camera.as_str().into(), at.as_ns().into()];
        let end = |row: &Row| int(row, 0).map(Utc::from_ns);
        stored.before = store.select(DOING, BEFORE, values(first), end).await?.pop();
        let next = store.select(DOING, AFTER, values(to), HourRow::read).await?.pop();
        if let Some(next) = next {
            stored.after = unpacked(store, camera, &next)?.first().map(|entry| entry.start);
        }
        Ok(stored)
    }

    /// What is around the window with the window in it, if that is one line.
    fn with(&self, window: &Window) -> Result<Vec<Entry>, String> {
        if let Some(entry) = window.entries.iter().find(|e| !window.holds(e.start)) {
            return Err(format!("an entry starts at {}, outside the window", entry.start));
        }
        let whole: Vec<Entry> =
            self.head.iter().chain(&window.entries).chain(&self.tail).cloned().collect();
        let mut end = self.before;
        for entry in &whole {
            if end.is_some_and(|end| end != entry.start) || entry.end < entry.start {
                let before = end.map_or("nothing".to_owned(), |end| format!("the end at {end}"));
                return Err(format!("{before} is followed by {} to {}", entry.start, entry.end));
            }
            end = Some(entry.end);
        }
        match (end, self.after) {
            (Some(end), Some(after)) if end != after => {
                Err(format!("the end at {end} is followed by what starts at {after}"))
            }
            _ => Ok(whole),
        }
    }
}

fn unpacked(store: &Store, camera: &CameraId, row: &HourRow) -> Result<Vec<Entry>, StoreError> {
    row.entries(camera).map_err(|e| store.database().error(ErrorKind::Corrupt, DOING, e))
}

/// How many are gone, and how many new.
fn counted(stored: &[Entry], planned: &[Entry]) -> (u64, u64) {
    let (mut old, mut new) = (stored.iter().peekable(), planned.iter().peekable());
    let (mut removed, mut added) = (0, 0);
    loop {
        match (old.peek(), new.peek()) {
            (None, None) => return (removed, added),
            (Some(was), Some(is)) if was == is => {
                old.next();
                new.next();
            }
            (Some(was), is) if is.is_none_or(|is| was.start <= is.start) => {
                removed += 1;
                old.next();
            }
            _ => {
                added += 1;
                new.next();
            }
        }
    }
}
