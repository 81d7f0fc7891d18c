//! A newer release has extended the database: recorders that do not know the
//! extension go on with it, also through a handover; what they cannot go on with
//! they say, and record.

mod handover_rig;

use handover_rig::{Relay, lost, runs};
use hitless_fixtures::{CameraSpec, spawn};
use hitless_model::SegmentState;
use hitless_tests::{Setup, Site, eventually, program};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
/// As every migration is: something more, and a line of the ledger.
const ADDS: &str = "ALTER TABLE video_segments ADD COLUMN mood TEXT NOT NULL DEFAULT 'good';
    CREATE TABLE moods (mood TEXT NOT NULL PRIMARY KEY);
    INSERT INTO schema_migrations VALUES (900, 'moods', 1);";
/// One that says of itself that older programs must keep off.
const BREAKS: &str = "INSERT INTO schema_migrations VALUES (901, 'upheaval', 0);";
const TOLD: &str = "the database has schema 901 (\"upheaval\"), this program knows up to";

fn migrate(database: &Path, sql: &str) {
    let script = format!("BEGIN IMMEDIATE; {sql} COMMIT;");
    let mut sqlite = Command::new("sqlite3");
    let sqlite = sqlite.arg("-bail").arg("-cmd").arg(".timeout 30000").arg(database).arg(script);
    let output = sqlite.output().expect("tools/setup installs it");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_database_that_a_newer_release_extended_is_used_or_refused_in_words() {
    let site = Site::new();
    let cameras = spawn(&[CameraSpec { gop: 30, ..CameraSpec::named("good") }]).expect("cameras");
    let setup = Setup::new().camera("good", cameras.url("good"));
    let mut relay = Relay::new(&site, "blue", &setup);
    relay.wait_recording(&["good"]);
    let rows = || site.rows("good", "blue").len() + site.rows("good", "green").len();
    eventually("rows of the old schema", LIMIT, || (rows() > 0).then_some(()));

    migrate(&site.database(), ADDS);
    let before = rows();
    eventually("the running one goes on", LIMIT, || (rows() > before).then_some(()));
    relay.hand_over().expect("one that is started does, too");
    let before = rows();
    eventually("rows of the successor", LIMIT, || (rows() > before).then_some(()));
    assert_eq!(relay.health()["database"]["status"], "healthy", "{}", relay.health());
    relay.terminate();
    assert!(lost(&runs(&site, "good")).is_empty());
    let whole = [site.rows("good", "blue"), site.rows("good", "green")].concat();
    assert_eq!(whole.len(), site.all_segments().len());
    assert!(whole.iter().all(|row| row.state == SegmentState::Complete), "{whole:?}");

    migrate(&site.database(), BREAKS);
    let mut recorder = site.start("blue", &setup);
    recorder.wait_recording(&["good"], LIMIT);
    let line = recorder.wait_log(TOLD, LIMIT);
    assert!(line.contains("ERROR") && line.contains("run a newer version"), "{line}");
    let health = recorder.health();
    let reason = health["database"]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains(TOLD), "{health}");
    assert!(recorder.terminate().success());
    let mut check = Command::new(program("recorder"));
    check.args(["check", "--offline", "--config"]).arg(site.folder().join("blue.toml"));
    let output = check.output().expect("the check runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(TOLD), "{said}");
}
