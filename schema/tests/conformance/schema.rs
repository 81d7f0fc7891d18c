//! The schema itself: what opening makes, and what `schema.sql` promises.

use crate::both::on_both;
use hitless_schema::DatabaseUrl;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};

on_both! {
    /// All migrations make what schema.sql says, on a database of any age.
    migrations_make_the_schema,
    /// Of many programs starting at once one migrates, and all go on.
    many_may_open_an_empty_database_at_once,
    /// A recorder of the version before goes on recording, before and after a
    /// newer stitcher has extended the schema, and starts again with it.
    an_old_recorder_goes_on_with_a_new_schema,
    /// What was planned before it was known how far files are read: all of it
    /// is looked up once more.
    a_camera_of_an_old_schema_is_looked_at_whole,
    /// A newer schema is used if it only adds, else refused in words.
    a_newer_database_is_used_only_if_it_adds,
}

mod stories {
    use super::{catalogue, execute};
    use crate::both::{Ground, at, put, tenth};
    use crate::plans::judge;
    use hitless_model::{CameraId, OverlapStatus, Segment, SegmentState};
    use hitless_schema::read::ChangeSeq;
    use hitless_schema::testing::{make_old_database, newest_migration, open_as_of};
    use hitless_schema::{ErrorKind, Store};

    pub async fn migrations_make_the_schema(ground: Ground) {
        execute(&ground.url, include_str!("../../schema.sql")).await;
        let promised = catalogue(&ground.url).await;
        assert!(promised.len() > 70, "{promised:#?}");
        for age in 0..=newest_migration() {
            let old = match ground.url.sqlite_path() {
                Some(_) => Ground::sqlite().await,
                None => Ground::postgres().await,
            };
            make_old_database(&old.url, age).await.expect("makes one");
            old.store().await.close().await;
            assert_eq!(catalogue(&old.url).await, promised, "from {age}");
        }
    }

    pub async fn many_may_open_an_empty_database_at_once(ground: Ground) {
        let opening: Vec<_> = (0..8)
            .map(|_| {
                let url = ground.url.clone();
                tokio::spawn(async move { Store::open(&url).await })
            })
            .collect();
        for one in opening {
            one.await.expect("no panic").expect("opens");
        }
    }

    pub async fn an_old_recorder_goes_on_with_a_new_schema(ground: Ground) {
        let row = |number, state| tenth("CAMERA_1", "blue", number, state);
        let old = open_as_of(&ground.url, 1).await.expect("opens");
        let mut written = vec![row(0, SegmentState::Complete), row(1, SegmentState::Recording)];
        old.apply(&written.iter().map(|s| put(1, s)).collect::<Vec<_>>()).await.expect("applies");

        let new = ground.store().await;
        assert_eq!(all(&new).await, written);
        judge(&new, &written[1].name, OverlapStatus::Trimmed).await;
        written[1] = row(1, SegmentState::Complete);
        written[1].overlap = OverlapStatus::Trimmed;
        let news = async || new.stitch_work().await.expect("reads")[0].has_news();
        assert!(!news().await);
        old.apply(&[put(2, &written[1])]).await.expect("the one that is open goes on");
        assert!(news().await, "and what it writes is noticed");

        let restarted = open_as_of(&ground.url, 1).await.expect("the next one starts");
        written.push(row(2, SegmentState::Complete));
        restarted.apply(&[put(3, &written[2])]).await.expect("applies");
        assert_eq!(all(&new).await, written);
        assert_eq!(all(&restarted).await, written);
        let placed = new.segments_with_news(&camera(), Default::default()).await.expect("reads");
        assert!(placed[1].placed.is_some(), "what the stitcher said stands");
    }

    pub async fn a_camera_of_an_old_schema_is_looked_at_whole(ground: Ground) {
        let old = open_as_of(&ground.url, 3).await.expect("opens");
        let rows = [0, 1].map(|n| tenth("CAMERA_1", "blue", n, SegmentState::Complete));
        old.apply(&rows.each_ref().map(|row| put(1, row))).await.expect("applies");
        let planned = "INSERT INTO stitch_cameras VALUES ('CAMERA_1', 4, 99, 5, NULL, NULL)";
        execute(&ground.url, planned).await;

        let new = ground.store().await;
        let work = new.stitch_work().await.expect("reads").remove(0);
        assert_eq!((work.state.generation, work.state.indexed_seq), (4, ChangeSeq::START));
        assert!(!work.has_news() && work.has_files_to_read());
        let listed = new.segments_to_index(&camera(), 9).await.expect("reads");
        let names = listed.into_iter().map(|one| one.segment.name);
        assert_eq!(names.collect::<Vec<_>>(), rows.map(|row| row.name));
    }

    fn camera() -> CameraId {
        CameraId::new("CAMERA_1").expect("valid")
    }

    async fn all(store: &Store) -> Vec<Segment> {
        store.segments_between(&camera(), at(-9), at(999)).await.expect("reads")
    }

    pub async fn a_newer_database_is_used_only_if_it_adds(ground: Ground) {
        ground.store().await.close().await;
        execute(&ground.url, "INSERT INTO schema_migrations VALUES (900, 'more', 1)").await;
        ground.store().await.close().await;
        execute(&ground.url, "INSERT INTO schema_migrations VALUES (901, 'other', 0)").await;
        let Err(error) = Store::open(&ground.url).await else { panic!("it must be refused") };
        assert_eq!(error.kind(), ErrorKind::Refused);
        let told = error.to_string();
        assert!(
            told.contains("schema 901 (\"other\")") && told.contains("newer version"),
            "{told}"
        );
    }
}

/// Runs a text of statements on a connection of its own.
pub async fn execute(url: &DatabaseUrl, sql: &str) {
    let done = match url.sqlite_path() {
        Some(path) => {
            let sql = sql.replace("/* WITHOUT ROWID */", "WITHOUT ROWID");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut sqlite(path).await).await.map(drop)
        }
        None => {
            let sql = sql.replace("/* WITH (fillfactor = 50) */", "WITH (fillfactor = 50)");
            let sql = sqlx::raw_sql(AssertSqlSafe(sql));
            sql.execute(&mut postgres(url).await).await.map(drop)
        }
    };
    done.expect("the statement runs");
}

async fn sqlite(path: &std::path::Path) -> SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.expect("connects")
}

async fn postgres(url: &DatabaseUrl) -> PgConnection {
    let address = url.to_string().replace("postgres://", "postgres://hitless@");
    PgConnection::connect(&address).await.expect("connects")
}

/// Every column and index, one line each, in no matter what order they were
/// made.
async fn catalogue(url: &DatabaseUrl) -> Vec<String> {
    let mut lines: Vec<String> = match url.sqlite_path() {
        Some(path) => {
            let sql = "SELECT printf('%s.%s %s null=%d default=%s key=%d', t.name, c.name, c.type,
                   NOT c.\"notnull\", COALESCE(c.dflt_value, ''), c.pk)
                 FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'
                 UNION ALL
                 SELECT name || ' ' || wr FROM pragma_table_list WHERE schema = 'main'
                 UNION ALL
                 SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";
            let rows = sqlx::query(sql).fetch_all(&mut sqlite(path).await).await;
            rows.expect("reads").iter().map(|row| row.get(0)).collect()
        }
        None => {
            let sql = "SELECT table_name || '.' || column_name || ' ' || data_type || ' null='
                   || is_nullable || ' default=' || COALESCE(column_default, '')
                 FROM information_schema.columns WHERE table_schema = 'public'
                 UNION ALL
                 SELECT relname || ' ' || array_to_string(reloptions, ' ') FROM pg_class
                   WHERE reloptions IS NOT NULL AND relnamespace = 'public'::regnamespace
                 UNION ALL
                 SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'";
            let rows = sqlx::query(sql).fetch_all(&mut postgres(url).await).await;
            rows.expect("reads").iter().map(|row| row.get(0)).collect()
        }
    };
    for line in &mut lines {
        *line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    lines.sort();
    lines
}

/// Another program that holds the tables and does not let go.
pub enum Blocker {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Blocker {
    pub async fn of(url: &DatabaseUrl) -> Self {
        match url.sqlite_path() {
            Some(path) => {
                let mut connection = sqlite(path).await;
                let sql = sqlx::raw_sql("BEGIN IMMEDIATE");
                sql.execute(&mut connection).await.expect("locks");
                Self::Sqlite(connection)
            }
            None => {
                let mut connection = postgres(url).await;
                let sql = sqlx::raw_sql("BEGIN; LOCK TABLE change_counter");
                sql.execute(&mut connection).await.expect("locks");
                Self::Postgres(connection)
            }
        }
    }

    pub async fn release(self) {
        let closed = match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        };
        closed.expect("closes");
    }
}
