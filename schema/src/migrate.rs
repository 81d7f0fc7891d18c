//! Brings a database to this program's schema, and knows which newer ones it
//! may still use.
//!
//! Migrations are numbered and only ever add. All of them run in one
//! transaction, under a lock, so that of many programs starting at once one
//! migrates and the others find it done. A newer database is used if everything
//! it has more is marked additive, so that old and new recorders share one
//! database during an upgrade; else it is refused.

use crate::database::{Database, Dialect, Transaction};
use crate::error::{ErrorKind, StoreError};

/// One step of the schema.
pub(crate) struct Migration {
    pub number: i64,
    pub name: &'static str,
    /// Whether programs that do not know it may go on using the database: it
    /// adds tables, or columns with a default, and no new word in an old
    /// column.
    pub effect: Effect,
    /// `None`: of both databases. The other one has nothing to do.
    pub of: Option<Dialect>,
    pub sql: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Additive,
    /// Programs that do not know it must not touch the database.
    Breaking,
}

/// Every migration, in order.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "first",
        effect: Effect::Breaking,
        of: None,
        sql: include_str!("../migrations/0001_first.sql"),
    },
    Migration {
        number: 2,
        name: "timeline",
        effect: Effect::Additive,
        of: None,
        sql: include_str!("../migrations/0002_timeline.sql"),
    },
    Migration {
        number: 3,
        name: "unplayable",
        effect: Effect::Additive,
        of: None,
        sql: include_str!("../migrations/0003_unplayable.sql"),
    },
    Migration {
        number: 4,
        name: "indexed",
        effect: Effect::Additive,
        of: None,
        sql: include_str!("../migrations/0004_indexed.sql"),
    },
    Migration {
        number: 5,
        name: "room",
        effect: Effect::Additive,
        of: Some(Dialect::Postgres),
        sql: include_str!("../migrations/0005_room.sql"),
    },
];

const DOING: &str = "check the schema";
/// Any number that no other program on the server uses as an advisory lock.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7426518301)";
const LEDGER: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
  number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, additive BIGINT NOT NULL)";

/// Brings the schema up to `to`, or says why it cannot be used.
pub(crate) async fn migrate(database: &Database, to: &[Migration]) -> Result<(), StoreError> {
    let newest = to.last().map_or(0, |m| m.number);
    // Most openings find nothing to do; they need no lock and no right to
    // create tables.
    if ledger_exists(database).await? {
        let known = database.fetch_opening(DOING, READ_LEDGER).await?;
        if check(database, &read_ledger(database, &known)?, newest)? == newest {
            return Ok(());
        }
    }
    let mut transaction = database.begin(DOING).await?;
    if database.dialect() == Dialect::Postgres {
        transaction.fetch(LOCK, vec![]).await?;
    }
    transaction.run_script(LEDGER).await?;
    let known = transaction.fetch(READ_LEDGER, vec![]).await?;
    let reached = check(database, &read_ledger(database, &known)?, newest)?;
    for migration in to.iter().filter(|m| m.number > reached) {
        run(&mut transaction, migration).await?;
    }
    transaction.commit().await
}

async fn run(transaction: &mut Transaction, migration: &Migration) -> Result<(), StoreError> {
    if migration.of.is_none_or(|of| of == transaction.dialect()) {
        transaction.run_script(migration.sql).await?;
    }
    let additive = i64::from(migration.effect == Effect::Additive);
    let values = vec![migration.number.into(), migration.name.into(), additive.into()];
    transaction
        .execute(
            "INSERT INTO schema_migrations (number, name, additive) VALUES ($1, $2, $3)",
            values,
        )
        .await?;
    tracing::info!(number = migration.number, name = migration.name, "database schema extended");
    Ok(())
}

const READ_LEDGER: &str = "SELECT number, name, additive FROM schema_migrations ORDER BY number";

struct Known {
    number: i64,
    name: String,
    effect: Effect,
}

fn read_ledger(
    database: &Database,
    rows: &[crate::database::Row],
) -> Result<Vec<Known>, StoreError> {
    let one = |row: &crate::database::Row| -> Result<Known, sqlx::Error> {
        Ok(Known {
            number: row.int(0)?.unwrap_or_default(),
            name: row.text(1)?.unwrap_or_default().to_owned(),
            effect: if row.int(2)? == Some(1) { Effect::Additive } else { Effect::Breaking },
        })
    };
    rows.iter()
        .map(|row| one(row).map_err(|e| database.error(ErrorKind::Corrupt, DOING, e.to_string())))
        .collect()
}

/// How far the database has come, of what this program knows; an error if it
/// has gone where this program cannot follow.
fn check(database: &Database, known: &[Known], newest: i64) -> Result<i64, StoreError> {
    let breaking = known.iter().find(|k| k.number > newest && k.effect == Effect::Breaking);
    match breaking {
        Some(k) => {
            let detail = format!(
                "the database has schema {} (\"{}\"), this program knows up to {newest} and \
                 cannot use it; run a newer version of the program",
                k.number, k.name
            );
            Err(database.error(ErrorKind::Refused, DOING, detail))
        }
        None => Ok(known.iter().map(|k| k.number).filter(|n| *n <= newest).max().unwrap_or(0)),
    }
}

async fn ledger_exists(database: &Database) -> Result<bool, StoreError> {
    let sql = match database.dialect() {
        Dialect::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'"
        }
        Dialect::Postgres => "SELECT CAST(to_regclass('schema_migrations') AS TEXT) AS name",
    };
    let rows = database.fetch_opening(DOING, sql).await?;
    let name = |row: &crate::database::Row| {
        row.text(0)
            .map(|name| name.is_some())
            .map_err(|e| database.error(ErrorKind::Corrupt, DOING, e.to_string()))
    };
    rows.first().map_or(Ok(false), name)
}
