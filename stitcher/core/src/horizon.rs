//! Where a camera's timeline ends.

use hitless_model::{Nanos, Run, Utc};

/// The last durable sample while a run is alive: what comes after it is not
/// missing, only not yet written. Without a live run the timeline goes on to
/// `now`, and what is missing there is a gap.
///
/// A run is alive if it has not stopped and its last sign of life is no older
/// than `patience`.
pub fn horizon(runs: &[Run], last_sample: Option<Utc>, now: Utc, patience: Nanos) -> Utc {
    let alive = |r: &Run| r.stopped.is_none() && now.since(r.heartbeat) <= patience;
    match last_sample {
        Some(last) if runs.iter().any(alive) => last.min(now),
        _ => now,
    }
}
