//! Handovers, in `/health` and `/metrics`.
//!
//! Their count goes on from process to process: each tells its successor.

use super::families::Families;
use crate::handover::message::Handed;
use crate::service::view::View;
use hitless_model::Utc;
use serde::Serialize;

/// Handovers of this recorder, through all its processes.
#[derive(Debug, Clone, Serialize)]
pub struct HandoverHealth {
    /// One is running.
    pub running: bool,
    /// How many succeeded.
    pub succeeded: u64,
    /// How many failed.
    pub failed: u64,
    /// The last that succeeded.
    pub last: Option<LastHandover>,
    /// Why the last one failed, if none has succeeded since.
    pub last_failure: Option<String>,
}

/// A handover that succeeded.
#[derive(Debug, Clone, Serialize)]
pub struct LastHandover {
    /// From which instance.
    pub from: String,
    /// To which.
    pub to: String,
    /// When it was complete.
    pub at: String,
    /// How long all of it took.
    pub seconds: f64,
    /// For how long both recorded; the camera with the least.
    pub overlap_seconds: f64,
    /// Of the cameras that were recorded, how many per cent both recorded at
    /// once.
    pub overlap_percent: f64,
    /// Cameras proven by an equal key frame.
    pub exact_cameras: u32,
    /// Cameras taken over without that.
    pub unproven_cameras: Vec<String>,
}

pub(super) fn health(view: &View) -> HandoverHealth {
    let history = &view.handovers.history;
    HandoverHealth {
        running: view.handovers.running,
        succeeded: history.succeeded,
        failed: history.failed,
        last: history.last.as_ref().map(last),
        last_failure: history.last_failure.clone(),
    }
}

fn last(handed: &Handed) -> LastHandover {
    LastHandover {
        from: handed.from.clone(),
        to: handed.to.clone(),
        at: Utc::from_ns(handed.at_ns).to_string(),
        seconds: handed.seconds(),
        overlap_seconds: handed.overlap_seconds,
        overlap_percent: 100.0 * handed.overlap_ratio(),
        exact_cameras: handed.exact,
        unproven_cameras: handed.unproven.iter().map(ToString::to_string).collect(),
    }
}

pub(super) fn families(f: &mut Families, view: &View) {
    let history = &view.handovers.history;
    let counts = [("succeeded", history.succeeded), ("failed", history.failed)];
    let counts = counts.map(|(result, count)| (vec![("result", result)], count as f64));
    f.counters("handovers_total", "Handovers, through all processes.", counts);
    let spent = history.seconds_total;
    f.counter("handovers_seconds_total", "Time that those which succeeded took.", spent);
    let running = f64::from(u8::from(view.handovers.running));
    f.gauge("handover_running", "1 while one is running.", running);
    let Some(last) = &history.last else { return };
    let steps = [
        ("start", last.start_seconds),
        ("prove", last.prove_seconds),
        ("finish", last.finish_seconds),
    ];
    let steps = steps.map(|(step, seconds)| (vec![("step", step)], seconds));
    f.gauges("handover_last_seconds", "How long the steps of the last one took.", steps);
    let at = last.at_ns as f64 / 1e9;
    f.gauge("handover_last_timestamp_seconds", "When the last one was complete.", at);
    let overlap = last.overlap_seconds;
    f.gauge("handover_last_overlap_seconds", "How long both recorded; the least.", overlap);
    let ratio = last.overlap_ratio();
    f.gauge("handover_last_overlap_ratio", "Share of cameras that both recorded.", ratio);
    let unproven = last.unproven.len() as f64;
    f.gauge("handover_last_unproven_cameras", "Cameras without an equal key frame.", unproven);
}
