//! The floor: what the same database does for a bare loop.

use hitless_schema::DatabaseUrl;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, PgConnection, Row, SqliteConnection};
use std::time::{Duration, Instant};

/// A connection without anything of ours.
pub enum Bare {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Bare {
    pub async fn connect(url: &DatabaseUrl) -> Self {
        match url.sqlite_path() {
            Some(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full);
                let connection = SqliteConnection::connect_with(&options).await;
                Self::Sqlite(connection.expect("connects"))
            }
            None => {
                let url = url.to_string().replace("postgres://", "postgres://hitless@");
                Self::Postgres(PgConnection::connect(&url).await.expect("connects"))
            }
        }
    }

    pub async fn run(&mut self, sql: &'static str) {
        match self {
            Self::Sqlite(c) => sqlx::query(sql).execute(c).await.map(drop),
            Self::Postgres(c) => sqlx::query(sql).execute(c).await.map(drop),
        }
        .expect("runs");
    }

    pub async fn prepare_counter(&mut self) {
        self.run("CREATE TABLE bare (n BIGINT NOT NULL)").await;
        self.run("INSERT INTO bare VALUES (0)").await;
    }

    /// One durable commit of one row.
    pub async fn commit(&mut self) -> Duration {
        let begun = Instant::now();
        self.run("UPDATE bare SET n = n + 1").await;
        begun.elapsed()
    }

    /// Writes rows of six columns in one transaction, many to a statement.
    pub async fn write_rows(&mut self, rows: usize) {
        const LOT: usize = 256;
        self.run(
            "CREATE TABLE bare_rows (name TEXT NOT NULL PRIMARY KEY, a BIGINT, b BIGINT, \
             c BIGINT, d BIGINT, e BIGINT)",
        )
        .await;
        let lot: Vec<String> = (0..LOT)
            .map(|row| {
                let places: Vec<String> = (1..7).map(|c| format!("${}", row * 6 + c)).collect();
                match self {
                    Self::Sqlite(_) => "(?, ?, ?, ?, ?, ?)".to_owned(),
                    Self::Postgres(_) => format!("({})", places.join(", ")),
                }
            })
            .collect();
        let sql = format!("INSERT INTO bare_rows VALUES {}", lot.join(", "));
        self.run("BEGIN").await;
        for first in (0..rows).step_by(LOT) {
            macro_rules! insert {
                ($connection:expr) => {{
                    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql.as_str()));
                    for row in first..first + LOT {
                        query =
                            query.bind(format!("CAMERA_1_20260811T030747.123456Z_{row:09}.mp4"));
                        for column in 0..5_i64 {
                            query = query.bind(row as i64 * 60_000_000_000 + column);
                        }
                    }
                    query.execute($connection).await.map(drop)
                }};
            }
            match self {
                Self::Sqlite(c) => insert!(c),
                Self::Postgres(c) => insert!(c),
            }
            .expect("writes");
        }
        self.run("COMMIT").await;
    }

    /// Reads every segment's numbers and its name; how many.
    pub async fn read_all(&mut self) -> usize {
        const SQL: &str = "SELECT name, start_ns, duration_ns, media_start, media_length, \
             change_seq FROM video_segments ORDER BY camera_id, start_ns";
        let mut sum = 0_i64;
        let rows = match self {
            Self::Sqlite(c) => {
                let rows = sqlx::query(SQL).fetch_all(c).await.expect("reads");
                for row in &rows {
                    sum ^= (1..6).map(|i| row.get::<i64, _>(i)).sum::<i64>();
                    sum ^= row.get::<&str, _>(0).len() as i64;
                }
                rows.len()
            }
            Self::Postgres(c) => {
                let rows = sqlx::query(SQL).fetch_all(c).await.expect("reads");
                for row in &rows {
                    sum ^= (1..6).map(|i| row.get::<i64, _>(i)).sum::<i64>();
                    sum ^= row.get::<&str, _>(0).len() as i64;
                }
                rows.len()
            }
        };
        std::hint::black_box(sum);
        rows
    }
}
