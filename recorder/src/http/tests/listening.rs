//! `/api/events` as a client hears it.

use super::super::sample::{down, now};
use super::super::{Event, EventKind, HttpOptions};
use super::harness::{Client, Server, until};
use hitless_model::{CameraId, CameraState, Cause};
use serde_json::json;

fn listen(server: &Server) -> Client {
    let mut client = server.connect();
    client.send("GET", "/api/events", &[]);
    let head = client.head().expect("an answer comes");
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    client
}

fn tell(server: &Server, kind: EventKind) {
    server.events.send(Event { at: now(), kind }).expect("somebody listens");
}

fn named(client: &mut Client) -> String {
    client.event().expect("an event comes").0
}

#[test]
fn hello_then_changes_then_goodbye() {
    let server = Server::start(HttpOptions::default());
    server.change(|view| down(&mut view.cameras[1]));
    let mut client = listen(&server);
    let (name, hello) = client.event().expect("hello comes");
    assert_eq!(name, "hello");
    assert_eq!(hello["instance_id"], "blue");
    assert_eq!(hello["cameras"]["CAMERA_1"]["state"], "recording");
    assert_eq!(hello["cameras"]["front-door"]["cause"], "camera_away");
    let camera = CameraId::new("front-door").expect("a camera");
    tell(
        &server,
        EventKind::Camera {
            camera: camera.clone(),
            state: CameraState::Recording,
            cause: None,
            detail: "two\nlines".to_owned(),
        },
    );
    tell(&server, EventKind::Gap { camera, seconds: 2.5, cause: Some(Cause::CameraAway) });
    tell(&server, EventKind::Alarm { message: "disk".to_owned() });
    tell(&server, EventKind::Draining {});
    let at = "2026-08-11T03:07:47.123456Z";
    for (name, data) in [
        (
            "camera",
            json!({"at": at, "camera": "front-door", "state": "recording", "cause": null,
                   "detail": "two\nlines"}),
        ),
        ("gap", json!({"at": at, "camera": "front-door", "seconds": 2.5, "cause": "camera_away"})),
        ("alarm", json!({"at": at, "message": "disk"})),
        ("draining", json!({"at": at})),
    ] {
        assert_eq!(client.event(), Some((name.to_owned(), data)));
    }
    assert_eq!(server.metric("hitless_recorder_http_event_clients"), 1.0);
    server.shutdown.cancel();
    let (name, goodbye) = client.event().expect("goodbye comes");
    assert_eq!((name.as_str(), &goodbye["retry_seconds"]), ("goodbye", &json!(1)));
    assert_eq!(client.event(), None, "nothing follows a goodbye");
    assert_eq!(server.ended().cut, 0);
}

/// What was told before the shutdown reaches the client before the goodbye.
#[test]
fn nothing_told_is_lost_to_the_goodbye() {
    let server = Server::start(HttpOptions::default());
    let mut client = listen(&server);
    assert_eq!(named(&mut client), "hello");
    for _ in 0..5 {
        tell(&server, EventKind::Alarm { message: "disk".to_owned() });
    }
    server.shutdown.cancel();
    let heard: Vec<_> = (0..6).map(|_| named(&mut client)).collect();
    assert_eq!(heard, ["alarm", "alarm", "alarm", "alarm", "alarm", "goodbye"]);
    assert_eq!(server.ended().cut, 0);
}

/// A client that stops reading is told what it missed, and holds up nobody.
#[test]
fn a_slow_client_learns_what_it_missed() {
    let server = Server::start(HttpOptions::default());
    let (mut quick, mut slow) = (listen(&server), listen(&server));
    assert_eq!((named(&mut quick), named(&mut slow)), ("hello".into(), "hello".into()));
    // More than the connection's buffers take, each a bit of a megabyte.
    let message = "x".repeat(1 << 18);
    for _ in 0..100 {
        tell(&server, EventKind::Alarm { message: message.clone() });
        assert_eq!(named(&mut quick), "alarm");
    }
    until("the slow one has missed some", || {
        tell(&server, EventKind::Draining {});
        slow.event().is_some_and(|(name, data)| {
            name == "missed" && data["events"].as_u64().is_some_and(|events| events > 0)
        })
    });
    assert!(server.metric("hitless_recorder_http_events_missed_total") > 0.0);
}

#[test]
fn more_listeners_than_allowed_are_shed_until_one_leaves() {
    let server = Server::start(HttpOptions { event_clients: 1, ..Default::default() });
    let first = listen(&server);
    let shed = server.get("/api/events");
    assert_eq!((shed.status, shed.header("retry-after")), (503, Some("1")));
    drop(first);
    until("the place is free", || {
        let mut client = server.connect();
        client.send("GET", "/api/events", &[]);
        client.head().expect("an answer comes").status == 200
    });
    until("and counted", || server.metric("hitless_recorder_http_event_clients") == 0.0);
}
