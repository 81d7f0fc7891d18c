//! The successor dies when it has taken over and the old recorder is leaving:
//! the old one goes on. Cameras that it had not ended yet lose no frame; those
//! that it had begin again, and what the successor had of them is played.

mod handover_rig;

use handover_rig::{Relay, is_alive, runs, signal, union};
use hitless_fixtures::{CameraSpec, spawn};
use hitless_model::SegmentState;
use hitless_tests::{Setup, Site, Stitcher, eventually, spans, until};
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);
/// The first one ends sooner: its key frames come twice as often.
const CAMERAS: [(&str, u32); 2] = [("short", 30), ("long", 60)];

/// Holds the database for itself, so that who leaves must wait to tell it.
struct Blocker(Child);

impl Blocker {
    fn of(database: &Path) -> Self {
        let mut sqlite = Command::new("sqlite3");
        let sqlite = sqlite.arg(database).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = sqlite.spawn().expect("tools/setup installs it");
        let stdin = child.stdin.as_mut().expect("it is piped");
        let hold = b".timeout 30000\nBEGIN IMMEDIATE;\nSELECT 'held';\n";
        stdin.write_all(hold).expect("it listens");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says so");
        assert_eq!(line, "held\n");
        Self(child)
    }
}

impl Drop for Blocker {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Hands over and kills the successor once the old one has ended so many cameras;
/// what was said. `None` if the handover was complete before.
fn broken_off(relay: &Relay, ended: usize) -> Option<String> {
    let (old, seen) = (relay.pid(), relay.log().len());
    let since = || relay.log()[seen..].to_owned();
    let mut asking = relay.asking();
    let asking = asking.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs");
    let successor = eventually("a successor", SOON, || {
        since().split("as process ").nth(1)?.split_whitespace().next()?.parse().ok()
    });
    until("the old one has ended that many", SOON, || {
        since().matches(" is draining").count() >= ended
    });
    if is_alive(old) {
        signal(successor, Signal::KILL);
    }
    let output = asking.wait_with_output().expect("it ends");
    if output.status.success() {
        return None;
    }
    assert_eq!(output.status.code(), Some(1));
    until("what it left open is looked after", SOON, || {
        let looked = ["segment recovered", "nothing of the segment can be read"];
        looked.iter().any(|said| since().contains(said))
    });
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_successor_that_dies_at_the_last_moment_gives_everything_back() {
    let spec = |(name, gop)| CameraSpec { gop, ..CameraSpec::named(name) };
    let (site, cameras) = (Site::new(), spawn(&CAMERAS.map(spec)).expect("cameras"));
    let names = CAMERAS.map(|(name, _)| name);
    let setup = names.iter().fold(Setup::new(), |s, name| s.camera(name, cameras.url(name)));
    let mut relay = Relay::new(&site, "blue", &setup);
    relay.wait_recording(&names);
    for ended in 1..=names.len() {
        let _blocker = Blocker::of(&site.database());
        let (why, old, instance) = eventually("a kill in time", SOON * 2, || {
            let (old, instance) = (relay.pid(), relay.instance());
            broken_off(&relay, ended).map(|why| (why, old, instance))
        });
        assert!(why.contains("the successor ended"), "{why}");
        relay.wait_recording(&names);
        assert_eq!((relay.pid(), relay.instance()), (old, instance));
        assert_eq!(relay.health()["handover"]["failed"], ended);
        assert_eq!(relay.health()["draining"], false);
    }
    // Of the dead, the database learns what they could not tell.
    let lives = relay.instance();
    let dead = if lives == "blue" { "green" } else { "blue" };
    until("the rows of the dead are right", SOON, || {
        let of = |name: &&str| site.rows(name, dead);
        names.iter().flat_map(of).all(|row| row.state != SegmentState::Recording)
    });
    relay.terminate();
    for name in names {
        let strands: BTreeSet<u32> = site.rows(name, &lives).iter().map(|r| r.strand).collect();
        assert!(strands.len() > 1, "{name}: one that began again is a new strand: {strands:?}");
    }

    let stitcher = Stitcher::new(&site, &setup);
    let run = stitcher.run(&["run", "--since", "1h"]);
    assert!(run.status < 2, "{}{}", run.out, run.err);
    for name in names {
        let shown = stitcher.run(&["timeline", "--camera", name, "--from", "1h", "--to", "now"]);
        let played = spans::numbers(&stitcher.played(&stitcher.timeline(name, shown.status)));
        let once: BTreeSet<u64> = played.iter().copied().collect();
        assert_eq!(once.len(), played.len(), "{name}: doubled");
        assert_eq!(once, union(&runs(&site, name)), "{name}: what anybody has\n{}", shown.out);
    }
}
