//! A handover while the database is away: footage first, rows later.

mod handover_rig;
mod verdict;

use handover_rig::{Relay, lost, runs};
use hitless_fixtures::{CameraSpec, spawn};
use hitless_model::SegmentState;
use hitless_schema::testing::{Durability, EphemeralPostgres};
use hitless_tests::{Setup, Site, until};
use std::time::Duration;
use verdict::blocking;

const LIMIT: Duration = Duration::from_secs(60);

/// What the old one could not tell the database, its successor does once the
/// database is back: every file has its row, and the old run is closed.
#[test]
fn without_a_database_nothing_is_lost_and_the_successor_tells_it_later() {
    let site = Site::new();
    let cameras = spawn(&[CameraSpec { gop: 30, ..CameraSpec::named("good") }]).expect("cameras");
    let (postgres, url) = blocking(async {
        let postgres = EphemeralPostgres::start(Durability::Durable).await.expect("PostgreSQL");
        let url = postgres.database().await;
        (postgres, url)
    });
    let setup = Setup::new()
        .key("database", postgres.url("hitless", "test_0"))
        .camera("good", cameras.url("good"));
    let mut relay = Relay::new(&site, "blue", &setup);
    relay.wait_recording(&["good"]);
    postgres.stop(Durability::Fast);
    until("the database is away", LIMIT, || relay.health()["database"]["status"] == "degraded");
    relay.hand_over().expect("a database is not needed");
    assert_eq!(relay.instance(), "green");
    let (status, why) = relay.first().get("/ready").expect("it answers");
    assert_eq!(status, 200, "{why}");
    blocking(postgres.start_again()).expect("PostgreSQL starts again");
    relay.wait_log("told the database what recorder blue could not");
    relay.terminate();

    assert!(lost(&runs(&site, "good")).is_empty());
    let rows = verdict::rows(&url, "good");
    let mut files: Vec<String> =
        site.all_segments().into_iter().map(|file| file.name.to_string()).collect();
    let mut named: Vec<String> = rows.iter().map(|row| row.name.to_string()).collect();
    files.sort();
    named.sort();
    assert_eq!(named, files);
    assert!(rows.iter().all(|row| row.state == SegmentState::Complete), "{rows:?}");
    let told = verdict::told(&url, "good").runs;
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|run| run.stopped.is_some()), "both stopped in order: {told:?}");
}
