//! The database is an index: without it recording goes on, and when it is back
//! it learns all that it missed.

mod verdict;

use hitless_fixtures::{Cameras, spawn};
use hitless_model::SegmentState;
use hitless_schema::DatabaseUrl;
use hitless_schema::testing::{Durability, EphemeralPostgres};
use hitless_tests::{Recorder, Setup, Site, until};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use verdict::{SOON, Watch, blocking, camera, seconds};

const NAMES: [&str; 2] = ["one", "two"];

fn cameras() -> Cameras {
    spawn(&NAMES.map(camera)).expect("cameras")
}

fn setup(cameras: &Cameras, database: &str) -> Setup {
    let setup = Setup::new().key("database", database).table("recorder", "heartbeat_seconds", 1);
    NAMES.iter().fold(setup, |setup, name| setup.camera(name, cameras.url(name)))
}

fn database_status(recorder: &Recorder) -> (String, u64) {
    let health = recorder.health();
    let database = &health["database"];
    let waiting = database["spool_records"].as_u64();
    (database["status"].as_str().unwrap_or_default().to_owned(), waiting.unwrap_or_default())
}

#[track_caller]
fn wait_away(recorder: &Recorder) {
    until("the database is away and changes wait on disk", SOON, || {
        let (status, waiting) = database_status(recorder);
        status == "degraded" && waiting > 0
    });
    let (status, ready) = recorder.get("/ready").expect("it answers");
    assert_eq!(status, 200, "recording goes on: {ready}");
    let (status, health) = recorder.get("/health").expect("it answers");
    assert!(status == 503 && health.contains("the database is away since"), "{health}");
    recorder.wait_recording(&NAMES, SOON);
}

#[track_caller]
fn wait_caught_up(recorder: &Recorder) {
    until("the database knows everything", SOON, || {
        database_status(recorder) == ("healthy".to_owned(), 0)
    });
}

/// Each file has one row that says how it ended.
#[track_caller]
fn assert_complete(site: &Site, url: &DatabaseUrl) {
    for camera in NAMES {
        let rows = verdict::rows_of_files(site, url, camera);
        let open: Vec<_> = rows.iter().filter(|r| r.state != SegmentState::Complete).collect();
        assert!(open.is_empty(), "{open:?}");
    }
}

/// Away at the start, back, away in the middle, back, away at the end, and only
/// the next start can tell it.
#[test]
fn postgres_comes_and_goes_and_misses_nothing() {
    let (site, cameras) = (Site::new(), cameras());
    let (postgres, url) = blocking(async {
        let postgres = EphemeralPostgres::start(Durability::Durable).await.expect("PostgreSQL");
        let url = postgres.database().await;
        (postgres, url)
    });
    let text = postgres.url("hitless", "test_0");
    let again = || blocking(postgres.start_again()).expect("PostgreSQL starts again");
    let setup = setup(&cameras, &text);

    postgres.stop(Durability::Durable);
    let mut recorder = site.start("blue", &setup);
    recorder.wait_recording(&NAMES, SOON);
    let watch = NAMES.map(|name| (name, Watch::begin(&cameras, name)));
    wait_away(&recorder);
    again();
    wait_caught_up(&recorder);
    seconds(&cameras, NAMES[0], 2);
    postgres.stop(Durability::Fast);
    wait_away(&recorder);
    seconds(&cameras, NAMES[0], 3);
    verdict::checked_metrics(&recorder);
    again();
    wait_caught_up(&recorder);
    postgres.stop(Durability::Durable);
    wait_away(&recorder);
    let stopped = verdict::stop(&mut recorder, &cameras);
    for (name, watch) in watch {
        watch.assert_whole(&site, &stopped, name);
    }
    again();
    let mut recorder = site.start("blue", &setup);
    recorder.wait_recording(&NAMES, SOON);
    wait_caught_up(&recorder);
    assert!(recorder.terminate().success());
    assert_complete(&site, &url);
    let runs = verdict::told(&url, "one").runs;
    assert_eq!(runs.len(), 2, "{runs:?}");
    assert!(runs.iter().all(|run| run.stopped.is_some()), "both stopped in order: {runs:?}");
}

#[test]
fn an_sqlite_file_that_somebody_locks_is_waited_for() {
    let (site, cameras) = (Site::new(), cameras());
    let file = site.folder().join("index.db");
    let mut recorder =
        site.start("blue", &setup(&cameras, &format!("sqlite://{}", file.display())));
    recorder.wait_recording(&NAMES, SOON);
    let watch = NAMES.map(|name| (name, Watch::begin(&cameras, name)));
    wait_caught_up(&recorder);
    let lock = Lock::take(&file);
    wait_away(&recorder);
    seconds(&cameras, NAMES[0], 2);
    drop(lock);
    wait_caught_up(&recorder);
    let stopped = verdict::stop(&mut recorder, &cameras);
    for (name, watch) in watch {
        watch.assert_whole(&site, &stopped, name);
    }
    assert_complete(&site, &DatabaseUrl::sqlite_file(&file));
}

/// A file that is no database is not touched, and once it is out of the way
/// everything is there.
#[test]
fn an_sqlite_file_that_is_none_is_told_and_left_alone() {
    let (site, cameras) = (Site::new(), cameras());
    let file = site.folder().join("index.db");
    let garbage = b"this is no database".repeat(100);
    std::fs::write(&file, &garbage).expect("a file");
    let mut recorder =
        site.start("blue", &setup(&cameras, &format!("sqlite://{}", file.display())));
    recorder.wait_recording(&NAMES, SOON);
    wait_away(&recorder);
    let log = recorder.log();
    assert!(log.contains("file is not a database"), "{log}");
    assert_eq!(std::fs::read(&file).expect("it is still there"), garbage);
    std::fs::remove_file(&file).expect("it can be moved away");
    wait_caught_up(&recorder);
    assert!(recorder.terminate().success());
    assert_complete(&site, &DatabaseUrl::sqlite_file(&file));
}

/// A lock on an SQLite file that lets nobody write.
struct Lock(Child);

impl Lock {
    #[track_caller]
    fn take(file: &std::path::Path) -> Self {
        let mut child = Command::new("sqlite3")
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sqlite3 runs");
        let input = child.stdin.as_mut().expect("a pipe");
        writeln!(input, ".timeout 20000\nBEGIN EXCLUSIVE;\nSELECT 'locked';").expect("it reads");
        let mut line = String::new();
        let output = child.stdout.as_mut().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("it answers");
        assert_eq!(line.trim(), "locked");
        Self(child)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The lock goes with the process.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
