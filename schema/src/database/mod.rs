//! One face for the two databases.
//!
//! Everything above speaks portable SQL with `$1` placeholders (which both
//! drivers read), [`Value`]s going in and [`Row`]s coming out; only this room
//! knows which database it is.

mod connect;
mod lasts;
mod row;
mod statement;
mod transaction;
mod value;

pub(crate) use connect::UseFor;
pub(crate) use row::Row;
pub(crate) use statement::{Statement, lots};
pub(crate) use transaction::Transaction;
pub(crate) use value::Value;

use crate::error::{ErrorKind, StoreError};
use crate::url::{DatabaseUrl, Target};
use lasts::Lasts;
use sqlx::{PgPool, SqlSafeStr, SqlitePool};
use std::sync::Arc;

/// An open database.
pub(crate) struct Database {
    pools: Pools,
    shown: Arc<str>,
}

enum Pools {
    Sqlite {
        /// One connection: SQLite has one writer, and one that groups its
        /// commits beats eight that queue (4-5 x at p99).
        writer: SqlitePool,
        readers: SqlitePool,
        file: connect::OpenedFile,
    },
    Postgres(PgPool),
}

impl Database {
    /// Opens it, making a SQLite file that is not there.
    pub async fn open(url: &DatabaseUrl, use_for: UseFor) -> Result<Self, StoreError> {
        let shown: Arc<str> = url.to_string().into();
        let pools = match url.target() {
            Target::Sqlite(path) => connect::sqlite(path, use_for, &shown).await?,
            Target::Postgres(options) => connect::postgres(options, &shown).await?,
        };
        Ok(Self { pools, shown })
    }

    /// Begins a transaction that may write, and that lasts when its commit
    /// returns.
    pub async fn begin(&self, doing: &'static str) -> Result<Transaction, StoreError> {
        self.begin_to_last(Lasts::Now, doing).await
    }

    /// Begins a transaction that may write, and that lasts with the next one
    /// that was begun by [`begin`](Self::begin).
    pub async fn begin_unhurried(&self, doing: &'static str) -> Result<Transaction, StoreError> {
        self.begin_to_last(Lasts::WithNext, doing).await
    }

    async fn begin_to_last(
        &self,
        lasts: Lasts,
        doing: &'static str,
    ) -> Result<Transaction, StoreError> {
        let failed = |e| StoreError::from_driver(&self.shown, doing, &e);
        let shown = Arc::clone(&self.shown);
        match &self.pools {
            Pools::Sqlite { writer, file, .. } => {
                if !file.is_still_there() {
                    let gone = "the file was removed or replaced while open";
                    return Err(self.error(ErrorKind::Unreachable, doing, gone));
                }
                let begun = writer.begin_with(lasts.begin_sqlite()).await.map_err(failed)?;
                Ok(Transaction::on_sqlite(begun, shown, doing))
            }
            Pools::Postgres(pool) => {
                let begun = pool.begin_with(lasts.begin_postgres()).await.map_err(failed)?;
                Ok(Transaction::on_postgres(begun, shown, doing))
            }
        }
    }

    /// Runs one query that only reads.
    pub async fn fetch(
        &self,
        doing: &'static str,
        sql: impl SqlSafeStr,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = match &self.pools {
            Pools::Sqlite { readers, .. } => row::fetch_sqlite(readers, sql, values).await,
            Pools::Postgres(pool) => row::fetch_postgres(pool, sql, values).await,
        };
        rows.map_err(|e| StoreError::from_driver(&self.shown, doing, &e))
    }

    /// The same on the connection that is there already: while a database is
    /// opened, another one costs as much as all that is asked.
    pub async fn fetch_opening(
        &self,
        doing: &'static str,
        sql: &'static str,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = match &self.pools {
            Pools::Sqlite { writer, .. } => row::fetch_sqlite(writer, sql, vec![]).await,
            Pools::Postgres(pool) => row::fetch_postgres(pool, sql, vec![]).await,
        };
        rows.map_err(|e| StoreError::from_driver(&self.shown, doing, &e))
    }

    /// Which of the two it is.
    pub fn dialect(&self) -> Dialect {
        match self.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
        }
    }

    /// An error about this database.
    pub fn error(
        &self,
        kind: ErrorKind,
        doing: &'static str,
        detail: impl Into<String>,
    ) -> StoreError {
        StoreError::new(kind, &self.shown, doing, detail)
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Which database it is, for the few questions that have no portable form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}
