//! Outages: the database is away at the start, goes, and comes back.

use crate::both::{Ground, at, tenth, until};
use hitless_model::{CameraId, Segment, SegmentState};
use hitless_schema::testing::{Durability, EphemeralPostgres};
use hitless_schema::writer::{Flushed, LinkState, Writer, WriterOptions};
use hitless_schema::{Change, DatabaseUrl, ErrorKind, Store};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(120);

/// A database with a switch.
enum Switched {
    /// Away: the folder of the file is.
    Sqlite {
        ground: Ground,
    },
    Postgres {
        ground: Ground,
        cluster: EphemeralPostgres,
    },
}

impl Switched {
    async fn sqlite() -> Self {
        let mut ground = Ground::sqlite().await;
        let folder = ground.folder.path().join("database");
        std::fs::create_dir(&folder).expect("a folder");
        ground.url = DatabaseUrl::sqlite_file(folder.join("hitless.db"));
        Self::Sqlite { ground }
    }

    /// Durable: it is going to crash.
    async fn postgres() -> Self {
        let cluster = EphemeralPostgres::start(Durability::Durable).await.expect("starts");
        let url = cluster.database().await;
        let ground = Ground { url, folder: tempfile::tempdir().expect("a folder") };
        Self::Postgres { ground, cluster }
    }

    fn ground(&self) -> &Ground {
        match self {
            Self::Sqlite { ground } | Self::Postgres { ground, .. } => ground,
        }
    }

    fn off(&self) {
        match self {
            Self::Sqlite { ground } => {
                let folder = ground.folder.path();
                std::fs::rename(folder.join("database"), folder.join("away")).expect("moves");
            }
            Self::Postgres { cluster, .. } => cluster.stop(Durability::Fast),
        }
    }

    async fn on(&self) {
        match self {
            Self::Sqlite { ground } => {
                let folder = ground.folder.path();
                std::fs::rename(folder.join("away"), folder.join("database")).expect("moves");
            }
            Self::Postgres { cluster, .. } => cluster.start_again().await.expect("starts"),
        }
    }

    fn options(&self) -> WriterOptions {
        let ground = self.ground();
        let mut options =
            WriterOptions::new(ground.url.clone(), ground.folder.path().join("spool"));
        options.retry_first = Duration::from_millis(20);
        options.retry_longest = Duration::from_millis(200);
        options
    }
}

/// None of them waits for anything.
fn send(writer: &Writer, numbers: std::ops::Range<u64>) {
    for number in numbers {
        for state in [SegmentState::Recording, SegmentState::Complete] {
            let segment = tenth("CAMERA_1", "blue", number, state);
            writer.try_send(Change::Segment(Box::new(segment))).expect("takes it at once");
        }
    }
}

async fn until_current(writer: &Writer) {
    until("caught up", async || writer.status().borrow().is_current().then_some(())).await;
}

/// The story of an outage: nothing that was sent is missing in the end, and
/// a recorder restarted in the middle of it brings the rest.
async fn an_outage_loses_nothing(switched: Switched) {
    switched.off();
    let (writer, task) = Writer::start(switched.options()).await.expect("starts without one");
    send(&writer, 0..10);
    assert_eq!(writer.flush(LONG).await, Ok(Flushed::Spooled));
    let status = writer.status().borrow().clone();
    let LinkState::Away { kind, .. } = status.link else { panic!("{status:?}") };
    assert_eq!(kind, ErrorKind::Unreachable);
    assert_eq!(status.spool.records, 20);

    switched.on().await;
    until_current(&writer).await;
    send(&writer, 10..20);
    assert_eq!(writer.flush(LONG).await, Ok(Flushed::Committed));

    switched.off();
    send(&writer, 20..30);
    assert_eq!(writer.flush(LONG).await, Ok(Flushed::Spooled));
    drop(writer);
    task.await.expect("no panic");

    let (writer, _task) = Writer::start(switched.options()).await.expect("starts");
    assert_eq!(writer.status().borrow().spool.records, 20, "left by the one before");
    send(&writer, 30..40);
    switched.on().await;
    until_current(&writer).await;
    assert_eq!(writer.flush(LONG).await, Ok(Flushed::Committed));
    assert_eq!(writer.status().borrow().dropped, 0);

    let store = Store::open(&switched.ground().url).await.expect("opens");
    let camera = CameraId::new("CAMERA_1").expect("valid");
    let rows = store.segments_between(&camera, at(-9), at(9_999)).await.expect("reads");
    let told = |segment: &Segment| format!("{} {}", segment.name.number, segment.state);
    let rows: Vec<_> = rows.iter().map(told).collect();
    let all: Vec<_> =
        (0..40).map(|n| told(&tenth("CAMERA_1", "blue", n, SegmentState::Complete))).collect();
    assert_eq!(rows, all);
}

/// A spool that is too small keeps the first, counts the rest and says so;
/// heartbeats take no room in it.
async fn a_full_spool_is_told(switched: Switched) {
    switched.off();
    let mut options = switched.options();
    options.spool_limit_bytes = 10_000;
    let (writer, _task) = Writer::start(options).await.expect("starts");
    let run = tenth("CAMERA_1", "blue", 0, SegmentState::Complete).run.expect("has one");
    for _ in 0..100 {
        writer.try_send(Change::Heartbeat { run: run.clone(), at: at(0) }).expect("takes it");
    }
    assert_eq!(writer.flush(LONG).await, Ok(Flushed::Committed), "nothing waits");
    send(&writer, 0..20);
    assert_eq!(writer.flush(LONG).await, Ok(Flushed::Spooled));
    let status = writer.status().borrow().clone();
    assert!(status.spool.bytes <= 10_000 && status.spool.records > 4, "{status:?}");
    assert_eq!(status.dropped + status.spool.records, 40);
    switched.on().await;
    until_current(&writer).await;
    send(&writer, 20..21);
    assert_eq!(writer.flush(LONG).await, Ok(Flushed::Committed));
    assert_eq!(writer.status().borrow().committed, status.spool.records + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_loses_nothing_sqlite() {
    an_outage_loses_nothing(Switched::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_loses_nothing_postgres() {
    an_outage_loses_nothing(Switched::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_spool_is_told_sqlite() {
    a_full_spool_is_told(Switched::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_spool_is_told_postgres() {
    a_full_spool_is_told(Switched::postgres().await).await;
}

/// What waits on disk goes before what comes later: the end of a segment's life
/// finds the row that it ends.
async fn what_waits_goes_first(switched: Switched) {
    switched.off();
    let mut options = switched.options();
    options.batch = 1;
    let (writer, _task) = Writer::start(options).await.expect("starts");
    send(&writer, 0..150);
    assert_eq!(writer.flush(LONG).await, Ok(Flushed::Spooled));
    switched.on().await;
    let mut status = writer.status();
    status.wait_for(|status| status.link == LinkState::Up).await.expect("the task lives");
    let name = tenth("CAMERA_1", "blue", 149, SegmentState::Complete).name;
    writer.send(Change::SegmentExpired { name: name.clone() }).await.expect("takes it");
    assert!(writer.status().borrow().spool.records > 10, "too quick to tell");
    until_current(&writer).await;
    assert_eq!(writer.flush(LONG).await, Ok(Flushed::Committed));
    let store = Store::open(&switched.ground().url).await.expect("opens");
    let row = store.segment(&name).await.expect("reads").expect("is there");
    assert_eq!(row.state, SegmentState::Expired);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_goes_first_sqlite() {
    what_waits_goes_first(Switched::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_goes_first_postgres() {
    what_waits_goes_first(Switched::postgres().await).await;
}

/// Wrong credentials are told as such, and never shown.
#[tokio::test]
async fn a_wrong_password_is_refused_and_not_shown() {
    let cluster = EphemeralPostgres::shared().await;
    cluster.database().await;
    let url = cluster.url("guarded:s3cret", "postgres");
    let url = DatabaseUrl::parse(&url).expect("a good URL");
    let Err(error) = Store::open(&url).await else { panic!("it must be refused") };
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    let missing = DatabaseUrl::parse(&cluster.url("hitless", "nowhere")).expect("a good URL");
    let Err(error) = Store::open(&missing).await else { panic!("it is not there") };
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("\"nowhere\" does not exist"), "{error}");
}

/// A server that takes connections and says nothing is told within seconds.
#[tokio::test]
async fn a_silent_server_is_unreachable_soon() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("bound").port();
    let url = DatabaseUrl::parse(&format!("postgres://u:s3cret@127.0.0.1:{port}/d"));
    let url = url.expect("a good URL");
    let opened = Store::open(&url);
    let opened = tokio::time::timeout(LONG, opened).await.expect("comes to an end");
    let Err(error) = opened else { panic!("silent") };
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().contains("no answer within 2 s"), "{error}");
}

/// A file that is no database is corrupt, not absent: nothing writes over it.
#[tokio::test]
async fn a_file_that_is_no_database_is_corrupt() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hitless.db");
    let text = "this is a text of some length and no database at all\n".repeat(200);
    std::fs::write(&path, &text).expect("writes");
    let Err(error) = Store::open(&DatabaseUrl::sqlite_file(&path)).await else { panic!("opened") };
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert_eq!(std::fs::read_to_string(&path).expect("reads"), text);
}
