//! What can go wrong with the database, and what to do about it.
//!
//! The kind alone decides: [`ErrorKind`] is the one place where an error of a
//! driver becomes retry, wait or alarm. Nothing here holds credentials.

use std::fmt;
use std::sync::Arc;

/// What an error means for whoever meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The database does not answer, is full or is busy for too long: keep the
    /// work and try again later.
    Unreachable,
    /// Two writers met: try the same again at once.
    Conflict,
    /// What the database holds cannot be read: a person must act.
    Corrupt,
    /// Wrong credentials, missing rights, or a schema newer than the program:
    /// a person must act.
    Refused,
    /// A fault in this program: the same call will fail again.
    Bug,
}

impl ErrorKind {
    /// As written in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Conflict => "conflict",
            Self::Corrupt => "corrupt",
            Self::Refused => "refused",
            Self::Bug => "bug",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error of the database, with its subject.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{database}: {doing}: {detail}")]
pub struct StoreError {
    kind: ErrorKind,
    database: Arc<str>,
    doing: &'static str,
    detail: String,
}

impl StoreError {
    pub(crate) fn new(
        kind: ErrorKind,
        database: &Arc<str>,
        doing: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { kind, database: Arc::clone(database), doing, detail: detail.into() }
    }

    pub(crate) fn from_driver(
        database: &Arc<str>,
        doing: &'static str,
        error: &sqlx::Error,
    ) -> Self {
        let detail = match error {
            sqlx::Error::PoolTimedOut => "no connection within the time allowed".to_owned(),
            sqlx::Error::Database(reply) => reply.message().to_owned(),
            other => other.to_string(),
        };
        Self::new(kind_of(error), database, doing, detail)
    }

    /// What to do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What was being done, for instance "write a batch of changes".
    pub fn doing(&self) -> &'static str {
        self.doing
    }

    /// What went wrong, without the database and the deed.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// The tables are gone while the database was open: opening it again makes
/// them anew.
const EMPTIED: ErrorKind = ErrorKind::Unreachable;

fn kind_of(error: &sqlx::Error) -> ErrorKind {
    use sqlx::Error as E;
    match error {
        E::Database(reply) => {
            let code = reply.code().unwrap_or_default();
            // SQLSTATE has five characters; SQLite's codes are numbers of one
            // to four digits.
            if reply.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                if reply.message().starts_with("no such table") {
                    return EMPTIED;
                }
                sqlite_kind(code.parse().unwrap_or(1))
            } else {
                postgres_kind(&code)
            }
        }
        E::Io(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => ErrorKind::Unreachable,
        // A server that dies in mid-message.
        E::Protocol(_) => ErrorKind::Unreachable,
        E::Tls(_) | E::Configuration(_) => ErrorKind::Refused,
        E::ColumnDecode { .. } | E::Decode(_) => ErrorKind::Corrupt,
        _ => ErrorKind::Bug,
    }
}

/// <https://www.sqlite.org/rescode.html>; the low byte is the primary code.
fn sqlite_kind(extended: i32) -> ErrorKind {
    match extended & 0xff {
        // busy, locked, read-only, interrupted, I/O error, full, cannot open,
        // schema changed. Read-only is how a failing disk shows.
        5 | 6 | 8 | 9 | 10 | 13 | 14 | 17 => ErrorKind::Unreachable,
        11 | 26 => ErrorKind::Corrupt,
        3 | 23 => ErrorKind::Refused,
        _ => ErrorKind::Bug,
    }
}

/// <https://www.postgresql.org/docs/15/errcodes-appendix.html>
fn postgres_kind(state: &str) -> ErrorKind {
    match (state.get(..2).unwrap_or_default(), state) {
        (_, "40001" | "40P01" | "55P03") => ErrorKind::Conflict,
        (_, "3D000" | "42501" | "3F000") => ErrorKind::Refused,
        (_, "42P01") => EMPTIED,
        ("28", _) => ErrorKind::Refused,
        ("XX", "XX001" | "XX002") => ErrorKind::Corrupt,
        // connection, resources, operator intervention, system error, and a
        // server in recovery or standby (read-only).
        ("08" | "53" | "57" | "58", _) | (_, "25006") => ErrorKind::Unreachable,
        _ => ErrorKind::Bug,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_tells_what_to_do() {
        assert_eq!(sqlite_kind(5), ErrorKind::Unreachable);
        assert_eq!(sqlite_kind(778), ErrorKind::Unreachable, "IOERR_WRITE");
        assert_eq!(sqlite_kind(11), ErrorKind::Corrupt);
        assert_eq!(sqlite_kind(1), ErrorKind::Bug);
        assert_eq!(postgres_kind("57P01"), ErrorKind::Unreachable, "server stops");
        assert_eq!(postgres_kind("40P01"), ErrorKind::Conflict, "deadlock");
        assert_eq!(postgres_kind("28P01"), ErrorKind::Refused, "password");
        assert_eq!(postgres_kind("23505"), ErrorKind::Bug);
    }
}
