//! Shutdown, and the handover of the listening socket.

use super::super::{Drained, HttpOptions};
use super::harness::{Client, DEADLINE, Hanging, Server, until};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A client that keeps its connection gets its answer, and is told to close.
#[test]
fn kept_connections_are_served_once_more() {
    let options = HttpOptions { linger: DEADLINE, drain_limit: DEADLINE, ..Default::default() };
    let server = Server::start(options);
    let mut client = server.connect();
    let before = client.ask("GET", "/health", &[]);
    assert_eq!(before.header("connection"), None);
    server.shutdown.cancel();
    let after = client.ask("GET", "/health", &[]);
    assert_eq!((after.status, after.header("connection")), (200, Some("close")));
    assert!(client.is_closed());
    let began = Instant::now();
    assert_eq!(server.ended(), Drained { cut: 0 });
    assert!(began.elapsed() < DEADLINE / 2, "it does not wait when nobody is there");
}

#[test]
fn idle_connections_are_closed_after_the_linger() {
    let options = HttpOptions { linger: Duration::from_millis(20), ..Default::default() };
    let server = Server::start(options);
    let mut client = server.connect();
    assert_eq!(client.ask("GET", "/live", &[]).status, 200);
    server.shutdown.cancel();
    assert!(client.is_closed());
    assert_eq!(server.ended(), Drained { cut: 0 });
}

/// Half a request is no reason to stay.
#[test]
fn half_a_request_is_not_waited_for() {
    let (linger, drain_limit) = (Duration::from_millis(10), DEADLINE);
    let server = Server::start(HttpOptions { linger, drain_limit, ..Default::default() });
    let mut client = server.connect();
    assert_eq!(client.ask("GET", "/live", &[]).status, 200);
    client.raw(b"GET /live HTTP/1.1\r\nX-Slow: ").expect("it is open");
    let began = Instant::now();
    assert_eq!(server.stop(), Drained { cut: 0 });
    assert!(began.elapsed() < DEADLINE / 2, "{:?}", began.elapsed());
}

/// An answer that is being made is waited for, up to the limit.
#[test]
fn what_does_not_end_is_cut() {
    let (linger, drain_limit) = (Duration::from_millis(10), Duration::from_millis(50));
    let (hanging, server) =
        Hanging::server(HttpOptions { linger, drain_limit, ..Default::default() });
    let mut client = server.connect();
    client.send("GET", "/health", &[]);
    until("it is being answered", || hanging.entered() == 1);
    assert_eq!(server.stop(), Drained { cut: 1 });
    assert!(client.is_closed());
}

#[test]
fn what_is_being_answered_is_answered() {
    let (linger, drain_limit) = (Duration::from_millis(10), DEADLINE);
    let (hanging, server) =
        Hanging::server(HttpOptions { linger, drain_limit, ..Default::default() });
    let mut client = server.connect();
    client.send("GET", "/health", &[]);
    until("it is being answered", || hanging.entered() == 1);
    server.shutdown.cancel();
    hanging.let_go();
    assert_eq!(client.answer().expect("an answer comes").status, 200);
    assert_eq!(server.ended(), Drained { cut: 0 });
}

struct Load {
    stop: AtomicBool,
    answered: AtomicU64,
}

impl Load {
    /// Asks as fast as it can, on kept connections and on new ones in turn.
    fn run(&self, address: SocketAddr) {
        while !self.stop.load(Ordering::Relaxed) {
            let mut client = Client::connect(address);
            for _ in 0..20 {
                let answer = client.ask("GET", "/health", &[]);
                assert_eq!(answer.status, 200, "{}", answer.body);
                self.answered.fetch_add(1, Ordering::Relaxed);
                if answer.header("connection") == Some("close") {
                    assert!(client.is_closed());
                    break;
                }
            }
        }
    }

    /// The load ends when this goes, also when the test fails.
    fn ends_here(&self) -> impl Drop + '_ {
        struct End<'a>(&'a Load);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.stop.store(true, Ordering::Relaxed);
            }
        }
        End(self)
    }

    /// Waits until so many more were answered.
    fn more(&self, requests: u64) {
        let goal = self.answered.load(Ordering::Relaxed) + requests;
        until("the load goes on", || self.answered.load(Ordering::Relaxed) >= goal);
    }
}

/// Two servers on one socket, one leaves, three times over: no request fails,
/// neither on a kept connection nor on a new one.
#[test]
fn no_request_fails_when_a_successor_has_the_socket() {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("an address");
    let mut serving = Server::on(socket.try_clone().expect("a copy"), HttpOptions::default());
    let load = Load { stop: AtomicBool::new(false), answered: AtomicU64::new(0) };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| load.run(address))).collect();
        let end = load.ends_here();
        for _ in 0..3 {
            load.more(200);
            let successor = Server::on(socket.try_clone().expect("a copy"), HttpOptions::default());
            load.more(200);
            assert_eq!(std::mem::replace(&mut serving, successor).stop(), Drained { cut: 0 });
        }
        load.more(200);
        drop(end);
        for thread in threads {
            thread.join().expect("no request failed");
        }
    });
    assert_eq!(serving.stop(), Drained { cut: 0 });
}
