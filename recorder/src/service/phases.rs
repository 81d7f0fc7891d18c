//! The phases of a shutdown: a limit for each and one over all.

use hitless_config::Shutdown;
use std::future::Future;
use std::time::{Duration, Instant};
use tracing::{info, warn};

/// Runs phases and remembers how long each took.
pub(super) struct Phases {
    deadline: Instant,
    started: Instant,
    done: Vec<(&'static str, Duration, bool)>,
}

impl Phases {
    pub(super) fn new(limits: &Shutdown) -> Self {
        let started = Instant::now();
        Self { deadline: started + limits.total, started, done: Vec::new() }
    }

    /// Runs a phase within its limit and what is left of the whole.
    pub(super) async fn run(
        &mut self,
        name: &'static str,
        limit: Duration,
        work: impl Future<Output = ()>,
    ) {
        let begun = Instant::now();
        let limit = limit.min(self.deadline.saturating_duration_since(begun));
        let whole = tokio::time::timeout(limit, work).await.is_ok();
        if !whole {
            warn!("{name} not done within {:.1} s; going on without", limit.as_secs_f64());
        }
        self.done.push((name, begun.elapsed(), whole));
    }

    /// Runs a phase that has limits of its own; the whole is longer by it.
    pub(super) async fn limited(&mut self, name: &'static str, work: impl Future<Output = ()>) {
        let begun = Instant::now();
        work.await;
        self.deadline += begun.elapsed();
        self.done.push((name, begun.elapsed(), true));
    }

    /// The closing summary.
    pub(super) fn tell(&self) {
        let phases: Vec<String> = self
            .done
            .iter()
            .map(|(name, took, whole)| {
                let cut = if *whole { "" } else { " (cut)" };
                format!("{name} {:.3} s{cut}", took.as_secs_f64())
            })
            .collect();
        info!("stopped after {:.3} s: {}", self.started.elapsed().as_secs_f64(), phases.join(", "));
    }
}
