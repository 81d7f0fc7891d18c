//! How long to wait before the next attempt.
//!
//! Doubles from attempt to attempt up to a limit, and is spread over half its
//! length, so that fifty cameras behind one switch do not come back at once.

use std::time::Duration;

/// Counts attempts that failed in a row.
#[derive(Debug)]
pub struct Backoff {
    initial: Duration,
    max: Duration,
    failed: u32,
}

impl Backoff {
    /// From `initial` to `max`.
    pub fn new(initial: Duration, max: Duration) -> Self {
        Self { initial, max, failed: 0 }
    }

    /// The wait after another failure; `jitter` is from 0 to 1.
    pub fn next(&mut self, jitter: f64) -> Duration {
        let doubled = self.initial.saturating_mul(1_u32 << self.failed.min(16));
        self.failed = self.failed.saturating_add(1);
        doubled.min(self.max).mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }

    /// Footage came: the next failure is a first one.
    pub fn reset(&mut self) {
        self.failed = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_and_start_again() {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(3));
        let waits: Vec<_> = (0..5).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 3000, 3000]);
        assert_eq!(backoff.next(0.0).as_millis(), 1500);
        backoff.reset();
        assert_eq!(backoff.next(1.0).as_millis(), 500);
    }

    #[test]
    fn a_camera_that_is_away_for_weeks_is_tried_at_the_limit() {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(15));
        let last = (0..200_000).map(|_| backoff.next(1.0)).last();
        assert_eq!(last, Some(Duration::from_secs(15)));
        assert_eq!(backoff.next(7.0), Duration::from_secs(15), "no jitter makes it longer");
    }
}
