//! A proxy in front of two recorders: switching between them, by stopping and by
//! killing, fails no request of those who ask all the time.

mod front_rig;
mod handover_rig;

use front_rig::{Front, Pair, Wrk};
use handover_rig::Load;

#[test]
fn nginx_switches_without_a_failed_request() {
    let pair = Pair::new();
    let front = Front::nginx(&pair);
    switches(pair, &front);
}

#[test]
fn haproxy_switches_without_a_failed_request() {
    let pair = Pair::new();
    let front = Front::haproxy(&pair);
    switches(pair, &front);
}

/// Blue alone; green comes, blue leaves; blue comes back, green is killed; and
/// all of that again.
fn switches(mut pair: Pair, front: &Front) {
    pair.start("blue");
    front.until_ready(1);
    let (load, wrk) = (Load::start(front.address()), Wrk::start(front.address(), "/ready"));
    for _ in 0..3 {
        assert_eq!(front.instance(), "blue");
        pair.start("green");
        front.until_ready(2);
        pair.terminate("blue");
        assert_eq!(front.instance(), "green");
        pair.start("blue");
        front.until_ready(2);
        pair.kill("green");
    }
    assert_eq!(front.instance(), "blue");

    let (served, said) = (load.stop(), wrk.stop());
    eprintln!("{}\n{said}", served.latency());
    assert!(served.failures.is_empty(), "{:?}", served.failures);
    assert!(served.answers > 100, "{} answers", served.answers);
    assert!(Wrk::requests(&said) > 100, "{said}");
    assert!(!said.contains("Non-2xx") && !said.contains("Socket errors"), "{said}");

    // Nobody is ready: whoever answers tells why. Nobody answers: that is told.
    pair.terminate("blue");
    assert!(matches!(front.get("/health").0, 502 | 503));
    pair.start_without_cameras("blue");
    front.until_status("/live", 200);
    let (status, health) = front.get("/health");
    assert_eq!(status, 503);
    assert!(health.contains("\"instance_id\":\"blue\""), "{health}");
    assert_eq!(front.get("/ready").0, 503);
}
