//! Notices when the host's clock is set.
//!
//! Wall time against monotonic time, once a second: they part when somebody
//! sets the clock, not when it is slewed. Nothing is done about it but to say
//! and record it, since nothing here orders by wall time.

use crate::clock;
use crate::index::Index;
use hitless_model::{ClockStep, InstanceId, Nanos, RunId, Utc};
use hitless_schema::Change;
use std::time::{Duration, Instant};
use tracing::warn;

/// How often the clocks are compared.
const LOOK: Duration = Duration::from_secs(1);
/// A smaller difference is slewing or a late look.
const STEP: Nanos = Nanos::from_millis(500);

/// Compares the clocks for ever.
pub async fn run(index: Index, instance: InstanceId, run: RunId) {
    let mut pair = (clock::now(), Instant::now());
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        let now = (clock::now(), Instant::now());
        if let Some(step) = step_between(pair, now) {
            warn!(
                seconds = step.as_secs_f64(),
                "the host's clock was set; recording goes on, camera clocks are not touched"
            );
            index.tell(Change::ClockStep(ClockStep {
                instance: instance.clone(),
                run: run.clone(),
                camera: None,
                at: now.0,
                step,
            }));
        }
        pair = now;
    }
}

fn step_between(from: (Utc, Instant), to: (Utc, Instant)) -> Option<Nanos> {
    let passed = to.1.saturating_duration_since(from.1).as_nanos();
    let passed = Nanos::new(i64::try_from(passed).unwrap_or(i64::MAX));
    let step = to.0.since(from.0).minus(passed);
    (step.abs() > STEP).then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_and_time_passing_is_not() {
        let (utc, at) = (clock::now(), Instant::now());
        let later = at + Duration::from_secs(5);
        let after = |ms| utc.plus(Nanos::from_millis(ms));
        assert_eq!(step_between((utc, at), (after(5_100), later)), None);
        let day = step_between((utc, at), (after(5_000 - 86_400_000), later));
        assert_eq!(day, Some(Nanos::from_secs(-86_400)));
    }
}
