//! What is answered to whom.

use super::super::sample::{away, down};
use super::super::{HttpOptions, VERSION};
use super::harness::{Client, Server};
use hitless_config::Secret;
use std::time::{Duration, Instant};

#[test]
fn probes_and_health_of_a_recorder_that_is_well() {
    let server = Server::start(HttpOptions::default());
    for path in ["/live", "/liveness", "/ready", "/readiness", "/health", "/api/health"] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.json()["schema_version"], 1, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
    let health = server.get("/health").json();
    assert_eq!(health["version"], VERSION);
    let ms = health["response_time_ms"].as_f64().expect("a number");
    assert!(ms > 0.0 && ms < 5000.0, "{ms}");
    assert_eq!(server.stop().cut, 0);
}

/// A degraded recorder records: it is ready as long as all cameras are, but
/// whoever watches its health must see.
#[test]
fn probes_and_health_when_something_is_wrong() {
    let server = Server::start(HttpOptions::default());
    server.change(away);
    assert_eq!(server.get("/ready").status, 200);
    assert_eq!(server.get("/health").status, 503);
    server.change(|view| down(&mut view.cameras[0]));
    let ready = server.get("/ready");
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["ready"], false);
    assert_eq!(
        ready.json()["reasons"][0],
        "camera CAMERA_1 is not recorded: backing off: connection refused"
    );
    assert_eq!(server.get("/live").status, 200);
    let health = server.get("/api/health");
    assert_eq!((health.status, &health.json()["status"]), (503, &"degraded".into()));
}

#[test]
fn metrics_count_what_was_asked() {
    let server = Server::start(HttpOptions::default());
    for _ in 0..3 {
        server.get("/health");
    }
    server.get("/nothing/here?x=1");
    server.get("/nor/here");
    let answer = server.get("/metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        r#"http_requests_total{method="GET",path="/health",status="200"} 3"#,
        r#"http_requests_total{method="GET",path="other",status="404"} 2"#,
        r#"http_errors_total{reason="not_found"} 2"#,
        r#"http_request_duration_seconds_count{path="/health"} 3"#,
        "http_connections_total 6",
    ] {
        let line = format!("hitless_recorder_{line}");
        assert!(answer.body.lines().any(|l| l == line), "{line} is not in\n{}", answer.body);
    }
}

/// Metrics of other rooms stand beside those of the server.
#[test]
fn further_metrics_are_printed() {
    let registry = prometheus::Registry::new();
    let handovers = prometheus::IntCounter::new("hitless_recorder_handovers_total", "Handovers.");
    let handovers = handovers.expect("a name");
    registry.register(Box::new(handovers.clone())).expect("registered once");
    let server = Server::start(HttpOptions { registry: Some(registry), ..Default::default() });
    handovers.inc();
    assert_eq!(server.metric("hitless_recorder_handovers_total"), 1.0);
}

#[test]
fn errors_are_problems_with_the_id_of_the_request() {
    let server = Server::start(HttpOptions::default());
    for (method, path, status, reason) in
        [("GET", "/nothing", 404, "not_found"), ("POST", "/health", 405, "method_not_allowed")]
    {
        let answer = server.connect().ask(method, path, &[("X-Request-Id", "from-client.1")]);
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.header("x-request-id"), Some("from-client.1"));
        let problem = answer.json();
        assert_eq!(problem["type"], format!("urn:hitless:problem:{reason}"));
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"], "from-client.1");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
    }
    let refused = server.connect().ask("DELETE", "/live", &[]);
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD")));
}

/// An id that could forge a line of the log, or fill it, is replaced.
#[test]
fn unsound_ids_are_replaced() {
    let server = Server::start(HttpOptions::default());
    let long = "x".repeat(65);
    for sent in ["", "a b", "a\"b", "é", long.as_str()] {
        let answer = server.connect().ask("GET", "/live", &[("X-Request-Id", sent)]);
        let id = answer.header("x-request-id").expect("every answer has one");
        assert!(id != sent && id.len() == 36, "{sent:?} became {id:?}");
    }
    let ids = [0, 1].map(|_| server.get("/live").header("x-request-id").map(str::to_owned));
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn head_has_no_body() {
    let server = Server::start(HttpOptions::default());
    let mut client = server.connect();
    client.send("HEAD", "/health", &[]);
    let head = client.head().expect("an answer comes");
    assert_eq!(head.status, 200);
    // The next answer follows at once.
    assert_eq!(client.ask("GET", "/live", &[]).status, 200);
}

#[test]
fn everything_but_the_probes_asks_for_the_token() {
    let token = Some(Secret::new("correct horse"));
    let server = Server::start(HttpOptions { token, ..Default::default() });
    let ask = |path: &str, sent: Option<&str>| {
        let headers: Vec<_> = sent.map(|sent| ("Authorization", sent)).into_iter().collect();
        server.connect().ask("GET", path, &headers)
    };
    for probe in ["/live", "/liveness", "/ready", "/readiness"] {
        assert_eq!(ask(probe, None).status, 200, "{probe}");
    }
    for path in ["/health", "/api/health", "/metrics", "/api/events", "/nothing"] {
        for wrong in [
            None,
            Some("Bearer"),
            Some("Bearer "),
            Some("Bearer correct"),
            Some("Bearer correct horse battery"),
            Some("Bearer Correct horse"),
            Some("Basic correct horse"),
            Some("correct horse"),
        ] {
            let answer = ask(path, wrong);
            assert_eq!(answer.status, 401, "{path} {wrong:?}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"hitless\""));
            assert!(!answer.body.contains("horse") && !answer.body.contains("CAMERA"));
        }
    }
    for right in ["Bearer correct horse", "bearer correct horse", "Bearer  correct horse "] {
        assert_eq!(ask("/health", Some(right)).status, 200, "{right:?}");
        assert_eq!(ask("/nothing", Some(right)).status, 404);
    }
}

/// The configuration refuses it; should it happen all the same, nothing is told.
#[test]
fn off_loopback_without_a_token_only_probes_answer() {
    use super::super::access::Access;
    for (address, open) in
        [("127.0.0.1:80", true), ("[::1]:80", true), ("0.0.0.0:80", false), ("10.1.2.3:80", false)]
    {
        let access = Access::new(None, address.parse().expect("an address"));
        assert_eq!(matches!(access, Access::Open), open, "{address}");
        assert_eq!(matches!(access, Access::ProbesOnly), !open, "{address}");
    }
}

/// The promise is a median under a millisecond; builds without optimisation on
/// a busy machine get five.
#[test]
fn health_is_quick() {
    let server = Server::start(HttpOptions::default());
    let mut client = Client::connect(server.address);
    let mut took: Vec<_> = (0..400)
        .map(|_| {
            let began = Instant::now();
            assert_eq!(client.ask("GET", "/health", &[]).status, 200);
            began.elapsed()
        })
        .collect();
    took.sort();
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 5 } else { 1 });
    let (median, p99) = (took[took.len() / 2], took[took.len() * 99 / 100]);
    println!("/health: median {median:?}, p99 {p99:?}");
    assert!(median < limit, "median {median:?}");
}
