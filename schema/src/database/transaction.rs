//! A transaction that may write. Dropped without commit, it never was.

use super::row::{Row, fetch_postgres, fetch_sqlite};
use super::value::{Value, bind_postgres, bind_sqlite};
use super::{Dialect, Statement};
use crate::error::{ErrorKind, StoreError};
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, Sqlite};
use std::sync::Arc;

/// A transaction that may write.
pub(crate) struct Transaction {
    driver: Driver,
    shown: Arc<str>,
    doing: &'static str,
}

enum Driver {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    pub(super) fn on_sqlite(
        transaction: sqlx::Transaction<'static, Sqlite>,
        shown: Arc<str>,
        doing: &'static str,
    ) -> Self {
        Self { driver: Driver::Sqlite(transaction), shown, doing }
    }

    pub(super) fn on_postgres(
        transaction: sqlx::Transaction<'static, Postgres>,
        shown: Arc<str>,
        doing: &'static str,
    ) -> Self {
        Self { driver: Driver::Postgres(transaction), shown, doing }
    }

    /// Which database it is on.
    pub fn dialect(&self) -> Dialect {
        match self.driver {
            Driver::Sqlite(_) => Dialect::Sqlite,
            Driver::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs one statement; how many rows it touched.
    pub async fn execute(
        &mut self,
        sql: impl SqlSafeStr,
        values: Vec<Value>,
    ) -> Result<u64, StoreError> {
        let touched = match &mut self.driver {
            Driver::Sqlite(t) => bind_sqlite(sqlx::query(sql), values)
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected()),
            Driver::Postgres(t) => bind_postgres(sqlx::query(sql), values)
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected()),
        };
        touched.map_err(|e| self.error(&e))
    }

    /// Runs one query.
    pub async fn fetch(
        &mut self,
        sql: impl SqlSafeStr,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = match &mut self.driver {
            Driver::Sqlite(t) => fetch_sqlite(&mut **t, sql, values).await,
            Driver::Postgres(t) => fetch_postgres(&mut **t, sql, values).await,
        };
        rows.map_err(|e| self.error(&e))
    }

    /// Runs a statement that was built; how many rows it touched.
    pub async fn run(&mut self, statement: Statement) -> Result<u64, StoreError> {
        self.execute(AssertSqlSafe(statement.sql), statement.values).await
    }

    /// Runs a text of several statements, without values. Where it says so
    /// SQLite keeps a table in the order of its key; no other database knows
    /// the words.
    pub async fn run_script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let done = match &mut self.driver {
            Driver::Sqlite(t) => {
                let sql = sql.replace("/* WITHOUT ROWID */", "WITHOUT ROWID");
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut **t).await.map(drop)
            }
            Driver::Postgres(t) => sqlx::raw_sql(sql).execute(&mut **t).await.map(drop),
        };
        done.map_err(|e| self.error(&e))
    }

    /// Makes it last.
    pub async fn commit(self) -> Result<(), StoreError> {
        let done = match self.driver {
            Driver::Sqlite(t) => t.commit().await,
            Driver::Postgres(t) => t.commit().await,
        };
        done.map_err(|e| StoreError::from_driver(&self.shown, self.doing, &e))
    }

    /// Reads something of each row of a query.
    pub async fn select<T>(
        &mut self,
        sql: impl SqlSafeStr,
        values: Vec<Value>,
        read: impl Fn(&Row) -> Result<T, String>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.fetch(sql, values).await?;
        rows.iter().map(|row| read(row).map_err(|e| self.corrupt(&e))).collect()
    }

    /// The database does not hold what it must.
    pub fn corrupt(&self, detail: &str) -> StoreError {
        StoreError::new(ErrorKind::Corrupt, &self.shown, self.doing, detail)
    }

    /// An error about what this transaction does.
    pub fn error(&self, error: &sqlx::Error) -> StoreError {
        StoreError::from_driver(&self.shown, self.doing, error)
    }
}
