//! Who follows along is told of the end, and the end says what it took.

mod handover_rig;

use handover_rig::Relay;
use hitless_fixtures::{CameraSpec, spawn};
use hitless_tests::{Setup, Site};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

/// Everything that `/api/events` says until it ends, once it has begun.
fn follow(bind: &str) -> JoinHandle<String> {
    let mut stream = TcpStream::connect(bind).expect("somebody listens");
    stream.set_read_timeout(Some(LIMIT)).expect("a socket");
    write!(stream, "GET /api/events HTTP/1.1\r\nHost: here\r\n\r\n").expect("it is sent");
    let mut first = [0];
    stream.read_exact(&mut first).expect("an answer begins");
    std::thread::spawn(move || {
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it ends in order");
        text
    })
}

#[track_caller]
fn ends_in_order(followed: JoinHandle<String>) {
    let text = followed.join().expect("it ends");
    let at =
        |event: &str| text.find(&format!("event: {event}")).unwrap_or_else(|| panic!("{text}"));
    assert!(at("hello") < at("draining") && at("draining") < at("goodbye"), "{text}");
}

#[test]
fn clients_that_follow_along_hear_goodbye_at_a_handover_and_at_a_stop() {
    let (site, cameras) = (Site::new(), spawn(&[CameraSpec::named("good")]).expect("cameras"));
    let setup = Setup::new().camera("good", cameras.url("good"));
    let mut relay = Relay::new(&site, "blue", &setup);
    relay.wait_recording(&["good"]);
    let first = follow(relay.bind());
    relay.hand_over().expect("the handover succeeds");
    ends_in_order(first);
    let second = follow(relay.bind());
    relay.terminate();
    ends_in_order(second);
    for phase in ["segments ", "requests ", "database "] {
        let line = relay.wait_log("stopped after");
        let summary = relay.log().lines().rfind(|l| l.contains("stopped after")).map(str::to_owned);
        assert!(summary.is_some_and(|s| s.contains(phase)), "{line}");
    }
}

/// A phase that runs out of time is cut and said; the files are finished all the
/// same.
#[test]
fn a_phase_that_runs_out_is_cut_and_the_segments_are_whole() {
    let (site, cameras) = (Site::new(), spawn(&[CameraSpec::named("good")]).expect("cameras"));
    let deaf = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = deaf.local_addr().expect("an address").port();
    let setup = Setup::new()
        .key("database", format!("postgres://hitless@127.0.0.1:{port}/hitless"))
        .table("shutdown", "database_seconds", 1)
        .camera("good", cameras.url("good"));
    let mut recorder = site.start("blue", &setup);
    recorder.wait_recording(&["good"], LIMIT);
    assert!(recorder.terminate().success());
    let summary = recorder.wait_log("stopped after", LIMIT);
    assert!(summary.contains("segments ") && !summary.contains("segments 0.000 s (cut)"));
    for segment in site.segments("good", "blue") {
        hitless_tests::boxes::assert_progressive(&segment.path);
    }
    let open = std::fs::read_dir(site.storage().join(".hitless/open")).expect("a folder").count();
    assert_eq!(open, 0, "no segment is left open");
}
