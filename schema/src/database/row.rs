//! What comes out of a query, read by position.

use super::value::{Value, bind_postgres, bind_sqlite};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Executor, Postgres, Row as _, SqlSafeStr, Sqlite};

/// One row.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// A whole number, which may be null.
    pub fn int(&self, column: usize) -> Result<Option<i64>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// A text, which may be null.
    pub fn text(&self, column: usize) -> Result<Option<&str>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// Bytes, which may be null.
    pub fn bytes(&self, column: usize) -> Result<Option<&[u8]>, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }
}

pub(super) async fn fetch_sqlite<'e>(
    on: impl Executor<'e, Database = Sqlite>,
    sql: impl SqlSafeStr,
    values: Vec<Value>,
) -> Result<Vec<Row>, sqlx::Error> {
    let rows = bind_sqlite(sqlx::query(sql), values).fetch_all(on).await?;
    Ok(rows.into_iter().map(Row::Sqlite).collect())
}

pub(super) async fn fetch_postgres<'e>(
    on: impl Executor<'e, Database = Postgres>,
    sql: impl SqlSafeStr,
    values: Vec<Value>,
) -> Result<Vec<Row>, sqlx::Error> {
    let rows = bind_postgres(sqlx::query(sql), values).fetch_all(on).await?;
    Ok(rows.into_iter().map(Row::Postgres).collect())
}
