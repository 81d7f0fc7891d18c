//! Counters of the server itself.

use super::families::PREFIX;
use super::problem::Problem;
use prometheus::proto::MetricFamily;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    core::Collector,
};
use std::time::Duration;

/// From a tenth of the median that is promised for `/health` up to the limit of
/// a request.
const BUCKETS: [f64; 10] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1.0, 5.0];

/// Requests, errors, latency, connections and event clients.
#[derive(Debug, Clone)]
pub struct HttpCounters {
    registry: Registry,
    requests: IntCounterVec,
    errors: IntCounterVec,
    seconds: HistogramVec,
    connections: IntGauge,
    accepted: IntCounter,
    event_clients: IntGauge,
    events_missed: IntCounter,
}

impl HttpCounters {
    /// All at zero.
    pub fn new() -> Self {
        let registry = Registry::new();
        let new = |name: &str, help: &str| Opts::new(format!("{PREFIX}http_{name}"), help);
        let counters = Self {
            requests: registered(
                &registry,
                IntCounterVec::new(
                    new("requests_total", "Requests answered."),
                    &["path", "method", "status"],
                ),
            ),
            errors: registered(
                &registry,
                IntCounterVec::new(
                    new("errors_total", "Requests refused or failed, by reason."),
                    &["reason"],
                ),
            ),
            seconds: registered(
                &registry,
                HistogramVec::new(
                    HistogramOpts::from(new("request_duration_seconds", "Until the answer began."))
                        .buckets(BUCKETS.to_vec()),
                    &["path"],
                ),
            ),
            connections: registered(
                &registry,
                IntGauge::with_opts(new("connections", "Connections open.")),
            ),
            accepted: registered(
                &registry,
                IntCounter::with_opts(new("connections_total", "Connections accepted.")),
            ),
            event_clients: registered(
                &registry,
                IntGauge::with_opts(new("event_clients", "Clients that listen to events.")),
            ),
            events_missed: registered(
                &registry,
                IntCounter::with_opts(new(
                    "events_missed_total",
                    "Events that a client was too slow for.",
                )),
            ),
            registry,
        };
        // A series that is there from the start shows its first increase.
        for problem in Problem::ALL {
            counters.errors.with_label_values(&[problem.reason()]).inc_by(0);
        }
        counters
    }

    pub(super) fn answered(&self, path: &str, method: &str, status: u16, took: Duration) {
        let status = status.to_string();
        self.requests.with_label_values(&[path, method, status.as_str()]).inc();
        self.latency(path).observe(took.as_secs_f64());
    }

    pub(super) fn failed(&self, reason: &str) {
        self.errors.with_label_values(&[reason]).inc();
    }

    pub(super) fn missed(&self, events: u64) {
        self.events_missed.inc_by(events);
    }

    pub(super) fn connection(&self) -> Held {
        self.accepted.inc();
        Held::new(&self.connections)
    }

    pub(super) fn event_client(&self) -> Held {
        Held::new(&self.event_clients)
    }

    pub(super) fn gather(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }

    fn latency(&self, path: &str) -> Histogram {
        self.seconds.with_label_values(&[path])
    }
}

impl Default for HttpCounters {
    fn default() -> Self {
        Self::new()
    }
}

/// Counted for as long as it lives.
#[derive(Debug)]
pub(super) struct Held(IntGauge);

impl Held {
    fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}

pub(super) fn registered<C: Collector + Clone + 'static>(
    registry: &Registry,
    made: prometheus::Result<C>,
) -> C {
    let collector = made.expect("names and labels are literals that Prometheus allows");
    registry.register(Box::new(collector.clone())).expect("each name is registered once");
    collector
}
