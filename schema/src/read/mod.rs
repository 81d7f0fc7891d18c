//! Queries that only read.
//!
//! Each is one statement, hence one consistent picture. Rows come in an order
//! that does not depend on the database.

mod cameras;
mod events;
mod runs;
mod segments;
mod unplayable;

pub use cameras::CameraRow;
pub use segments::{ChangeSeq, Changed};
pub(crate) use segments::{LONGEST, by_start};

use crate::database::{Database, Row, Value};
use crate::error::{ErrorKind, StoreError};
use crate::store::Store;
use hitless_model::Utc;
use sqlx::SqlSafeStr;

impl Store {
    /// Runs a query and makes something of each row. A row that cannot be read
    /// is named in the error.
    pub(crate) async fn select<T>(
        &self,
        doing: &'static str,
        sql: impl SqlSafeStr,
        values: Vec<Value>,
        read: impl Fn(&Row) -> Result<T, String>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.database().fetch(doing, sql, values).await?;
        rows.iter()
            .map(|row| read(row).map_err(|e| unreadable(self.database(), doing, e)))
            .collect()
    }
}

fn unreadable(database: &Database, doing: &'static str, detail: String) -> StoreError {
    database.error(ErrorKind::Corrupt, doing, detail)
}

/// A number that may not be null.
pub(crate) fn int(row: &Row, column: usize) -> Result<i64, String> {
    row.int(column)
        .map_err(|e| e.to_string())?
        .ok_or_else(|| format!("column {} is null", column + 1))
}

/// A number that may be null.
pub(crate) fn maybe_int(row: &Row, column: usize) -> Result<Option<i64>, String> {
    row.int(column).map_err(|e| e.to_string())
}

/// A text that may not be null.
pub(crate) fn text(row: &Row, column: usize) -> Result<&str, String> {
    maybe_text(row, column)?.ok_or_else(|| format!("column {} is null", column + 1))
}

/// A text that may be null.
pub(crate) fn maybe_text(row: &Row, column: usize) -> Result<Option<&str>, String> {
    row.text(column).map_err(|e| e.to_string())
}

/// Bytes that may not be null.
pub(crate) fn bytes(row: &Row, column: usize) -> Result<&[u8], String> {
    row.bytes(column)
        .map_err(|e| e.to_string())?
        .ok_or_else(|| format!("column {} is null", column + 1))
}

/// A word that one of the enums knows.
pub(crate) fn word<T>(
    row: &Row,
    column: usize,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    let word = text(row, column)?;
    parse(word).ok_or_else(|| format!("unknown word \"{word}\""))
}

/// An instant that may be null.
pub(crate) fn maybe_instant(row: &Row, column: usize) -> Result<Option<Utc>, String> {
    Ok(maybe_int(row, column)?.map(Utc::from_ns))
}

/// A text that is an id.
pub(crate) fn id<T>(row: &Row, column: usize) -> Result<T, String>
where
    T: TryFrom<String, Error = hitless_model::IdError>,
{
    T::try_from(text(row, column)?.to_owned()).map_err(|e| e.to_string())
}
