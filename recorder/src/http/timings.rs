//! How long things took that happen now and then: starting, closing a segment,
//! recovering what a crash left.
//!
//! Whoever does one of them notes it here; a scrape prints it.

use super::counters::registered;
use super::families::PREFIX;
use hitless_model::CameraId;
use prometheus::{Counter, Gauge, HistogramOpts, HistogramVec, IntCounter, Opts, Registry};
use std::time::Duration;

/// From what a quiet disk takes up to where a pipeline is cut off.
const CLOSE_BUCKETS: [f64; 6] = [0.01, 0.05, 0.25, 1.0, 2.5, 10.0];

/// Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Timings {
    registry: Registry,
    ready: Gauge,
    recovered: IntCounter,
    recovering: Counter,
    closing: HistogramVec,
}

impl Timings {
    /// Nothing has happened yet.
    pub fn new() -> Self {
        let registry = Registry::new();
        let new = |name: &str, help: &str| Opts::new(format!("{PREFIX}{name}"), help);
        Self {
            ready: registered(
                &registry,
                Gauge::with_opts(new("ready_after_seconds", "From its start until ready.")),
            ),
            recovered: registered(
                &registry,
                IntCounter::with_opts(new("recovered_segments_total", "Left open and recovered.")),
            ),
            recovering: registered(
                &registry,
                Counter::with_opts(new("recovery_seconds_total", "Time spent on recovering.")),
            ),
            closing: registered(
                &registry,
                HistogramVec::new(
                    HistogramOpts::from(new(
                        "segment_close_seconds",
                        "From a segment's last sample until it is whole and durable.",
                    ))
                    .buckets(CLOSE_BUCKETS.to_vec()),
                    &["camera"],
                ),
            ),
            registry,
        }
    }

    /// Ready so long after the start.
    pub fn ready(&self, after: Duration) {
        self.ready.set(after.as_secs_f64());
    }

    /// A segment was closed so long after its last sample.
    pub fn closed(&self, camera: &CameraId, took: Duration) {
        self.closing.with_label_values(&[camera.as_str()]).observe(took.as_secs_f64());
    }

    /// A segment that was left open was recovered.
    pub fn recovered(&self, took: Duration) {
        self.recovered.inc();
        self.recovering.inc_by(took.as_secs_f64());
    }

    /// For a scrape.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl Default for Timings {
    fn default() -> Self {
        Self::new()
    }
}
