//! Too much, too slow, too long.

use super::super::HttpOptions;
use super::super::sample;
use super::harness::{Client, Hanging, Server, until};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[test]
fn a_view_that_hangs_is_answered_in_time_and_live_goes_on() {
    let options = HttpOptions { request_limit: Duration::from_millis(50), ..Default::default() };
    let (hanging, server) = Hanging::server(options);
    // More than views are made at once: none is kept waiting for ever.
    for _ in 0..6 {
        let answer = server.get("/ready");
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
        assert_eq!(answer.json()["type"], "urn:hitless:problem:timed_out");
    }
    assert_eq!(hanging.entered(), 4, "threads are not used up");
    assert_eq!(server.get("/live").status, 200);
    hanging.let_go();
    until("it recovers", || server.get("/ready").status == 200);
}

#[test]
fn a_view_that_panics_is_one_failed_request() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let calls = AtomicUsize::new(0);
    let make = Arc::new(move || {
        assert_ne!(calls.fetch_add(1, Ordering::SeqCst), 0, "the first view fails");
        sample::view()
    });
    let view = Arc::new(Mutex::new(sample::view()));
    let server = Server::with_view(listener, HttpOptions::default(), view, make);
    let answer = server.get("/health");
    assert_eq!(answer.status, 500);
    assert_eq!(answer.json()["type"], "urn:hitless:problem:internal");
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn more_than_the_limit_at_once_is_shed_and_probes_are_not() {
    let (hanging, server) = Hanging::server(HttpOptions { requests: 2, ..Default::default() });
    let mut waiting: Vec<_> = (0..2).map(|_| server.connect()).collect();
    for client in &mut waiting {
        client.send("GET", "/health", &[]);
    }
    until("both are being answered", || hanging.entered() == 2);
    let shed = server.get("/metrics");
    assert_eq!((shed.status, shed.header("retry-after")), (503, Some("1")));
    assert_eq!(shed.json()["type"], "urn:hitless:problem:overloaded");
    assert_eq!(server.get("/live").status, 200);
    let mut probe = server.connect();
    probe.send("GET", "/ready", &[]);
    hanging.let_go();
    for client in waiting.iter_mut().chain([&mut probe]) {
        assert_eq!(client.answer().expect("an answer comes").status, 200);
    }
    assert_eq!(server.metric(r#"hitless_recorder_http_errors_total{reason="overloaded"}"#), 1.0);
}

#[test]
fn on_more_connections_than_allowed_only_probes_answer() {
    let server = Server::start(HttpOptions { connections: 2, ..Default::default() });
    let mut held: Vec<_> = (0..2).map(|_| server.connect()).collect();
    for client in &mut held {
        assert_eq!(client.ask("GET", "/health", &[]).status, 200);
    }
    let mut third = server.connect();
    let answer = third.ask("GET", "/health", &[]);
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(third.is_closed());
    assert_eq!(server.get("/ready").status, 200);
    drop(held);
    until("there is room again", || server.get("/health").status == 200);
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let options = HttpOptions { idle_limit: Duration::from_millis(50), ..Default::default() };
    let server = Server::start(options);
    let mut silent = server.connect();
    let mut slow = server.connect();
    slow.raw(b"GET /live HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").expect("it is open");
    let mut kept = server.connect();
    assert_eq!(kept.ask("GET", "/live", &[]).status, 200);
    assert!(silent.is_closed());
    assert!(kept.is_closed());
    // The head that never ends may be answered before the end.
    while !slow.line().expect("it ends").is_empty() {}
}

/// Bytes that are no request end their own connection and nothing else.
#[test]
fn garbage_is_refused() {
    let server = Server::start(HttpOptions::default());
    let mut client = Client::connect(server.address);
    client.raw(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n").expect("it is open");
    assert_eq!(client.head().expect("an answer comes").status, 400);
    assert_eq!(server.get("/live").status, 200);
}
