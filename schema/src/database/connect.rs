//! Opening: options, limits and time-outs of the two databases.
//!
//! A database that is away must be told quickly, so every way of connecting
//! ends within [`CONNECT_TIMEOUT`].

use super::Pools;
use crate::error::{ErrorKind, StoreError};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqlitePool};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The longest that connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long SQLite waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Enough for a page, a job and a recorder at once.
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 5;
/// Pages that a reader keeps, likewise. What it reads it reads once; that many
/// pages stay in the processor's own cache: 64 MB of them made every query of a
/// fleet three to five times as slow.
const SMALL_CACHE: &str = "-2000";
const OPENING: &str = "open the database";

/// What a database is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UseFor {
    /// A program that runs for ever and touches a few rows at a time.
    Service,
    /// One that reads and writes a whole fleet and ends.
    Job,
}

impl UseFor {
    /// Pages that the writer keeps, in KiB below zero. A transaction that
    /// dirties more of them writes some twice: statuses of 2,880 segments of
    /// each camera took 20 us a row with SQLite's own 2 MB, 11 with 64 MB. Much
    /// more than a transaction dirties is no use: getting memory for pages that
    /// are never asked for again took 4 % of a fleet's time.
    fn sqlite_cache(self) -> &'static str {
        match self {
            Self::Service => SMALL_CACHE,
            Self::Job => "-16384",
        }
    }

    /// Pages in the log before they are put where they belong. Each time waits
    /// for the disk; a fleet would do so after every transaction.
    fn sqlite_log(self) -> &'static str {
        match self {
            Self::Service => "1000",
            Self::Job => "8000",
        }
    }
}

pub(super) async fn sqlite(
    path: &Path,
    use_for: UseFor,
    shown: &Arc<str>,
) -> Result<Pools, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit that was reported survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        // A log file that grew while somebody read for long shrinks again.
        .pragma("journal_size_limit", "67108864");
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(BUSY_TIMEOUT.saturating_add(CONNECT_TIMEOUT))
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    let failed = |e: sqlx::Error| StoreError::from_driver(shown, OPENING, &e);
    let for_writing = options
        .clone()
        .pragma("cache_size", use_for.sqlite_cache())
        .pragma("wal_autocheckpoint", use_for.sqlite_log());
    let writer: SqlitePool = pool(1).connect_with(for_writing).await.map_err(failed)?;
    let for_reading = options.pragma("cache_size", SMALL_CACHE).pragma("query_only", "on");
    let readers = pool(SQLITE_READERS).connect_lazy_with(for_reading);
    let file = OpenedFile::of(path)
        .map_err(|e| StoreError::new(ErrorKind::Unreachable, shown, OPENING, e.to_string()))?;
    Ok(Pools::Sqlite { writer, readers, file })
}

pub(super) async fn postgres(
    options: &PgConnectOptions,
    shown: &Arc<str>,
) -> Result<Pools, StoreError> {
    let options = options.clone().application_name("hitless");
    // The pool would hide the reason behind its time-out and try again until
    // then; one connection made by hand tells at once what is wrong.
    let first = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options));
    match first.await {
        Ok(Ok(connection)) => {
            // Only a probe: failing to say goodbye changes nothing.
            let _ = connection.close().await;
        }
        Ok(Err(e)) => return Err(StoreError::from_driver(shown, OPENING, &e)),
        Err(_) => {
            let detail = format!("no answer within {} s", CONNECT_TIMEOUT.as_secs());
            return Err(StoreError::new(ErrorKind::Unreachable, shown, OPENING, detail));
        }
    }
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(CONNECT_TIMEOUT)
        .connect_lazy_with(options);
    Ok(Pools::Postgres(pool))
}

/// Knows the file that was opened from another of the same name. A database
/// file that is deleted under an open connection would take commits that
/// nobody will ever see.
pub(super) struct OpenedFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl OpenedFile {
    fn of(path: &Path) -> std::io::Result<Self> {
        let identity = identity(path)?;
        Ok(Self { path: path.to_path_buf(), identity })
    }

    pub(super) fn is_still_there(&self) -> bool {
        identity(&self.path).is_ok_and(|now| now == self.identity)
    }
}

fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    let found = std::fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}
