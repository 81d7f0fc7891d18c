//! Growing pauses between attempts.

use std::time::Duration;

/// Doubles from the first pause to the longest, with jitter, so that many
/// recorders do not return to a database in step.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    /// The pause before the next attempt; `seed` is any number that differs
    /// between processes and attempts. Between three quarters and the whole of
    /// the nominal pause.
    pub fn pause(&mut self, seed: u32) -> Duration {
        let nominal = self.next;
        self.next = nominal.saturating_mul(2).min(self.longest);
        nominal - nominal / 4 * (seed % 1000) / 1000
    }

    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_start_again() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(100), ms(1000));
        let pauses: Vec<_> = (0..5).map(|_| backoff.pause(0)).collect();
        assert_eq!(pauses, [ms(100), ms(200), ms(400), ms(800), ms(1000)]);
        backoff.reset();
        let jittered = backoff.pause(999);
        assert!(jittered < ms(100) && jittered >= ms(75), "{jittered:?}");
    }
}
