//! What goes into a query: whole numbers, texts and bytes, possibly null.

use crate::segment_row::{FIELD, ROW};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Postgres, Sqlite};

/// One bound value.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(storable(value.to_owned())))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(storable(value)))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value.map(storable))
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned).map(storable))
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(Some(value))
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(value: Option<Vec<u8>>) -> Self {
        Self::Bytes(value)
    }
}

/// PostgreSQL's texts cannot hold U+0000, packed rows not their separators,
/// and cameras send what they like.
fn storable(text: String) -> String {
    const UNFIT: [char; 3] = ['\0', FIELD, ROW];
    if text.contains(UNFIT) { text.replace(UNFIT, "\u{fffd}") } else { text }
}

pub(super) type SqliteQuery<'q> = Query<'q, Sqlite, SqliteArguments>;
pub(super) type PostgresQuery<'q> = Query<'q, Postgres, PgArguments>;

pub(super) fn bind_sqlite(query: SqliteQuery<'_>, values: Vec<Value>) -> SqliteQuery<'_> {
    values.into_iter().fold(query, |query, value| match value {
        Value::Int(n) => query.bind(n),
        Value::Text(t) => query.bind(t),
        Value::Bytes(b) => query.bind(b),
    })
}

pub(super) fn bind_postgres(query: PostgresQuery<'_>, values: Vec<Value>) -> PostgresQuery<'_> {
    values.into_iter().fold(query, |query, value| match value {
        Value::Int(n) => query.bind(n),
        Value::Text(t) => query.bind(t),
        Value::Bytes(b) => query.bind(b),
    })
}
