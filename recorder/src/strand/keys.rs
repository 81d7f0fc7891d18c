//! The key frames that were recorded last, by their fingerprints.
//!
//! During a handover they prove that two recorders have the same frame: the
//! one that leaves compares them with what its successor has on disk.

use hitless_media::Fingerprint;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// How many are kept: minutes of them, with a key frame a second.
const KEPT: usize = 256;

/// The last key frames of one camera, oldest first.
#[derive(Debug, Default)]
pub struct RecentKeys(Mutex<VecDeque<(Instant, Fingerprint)>>);

impl RecentKeys {
    /// One more was recorded.
    pub(super) fn note(&self, key: Fingerprint) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() == KEPT {
            keys.pop_front();
        }
        keys.push_back((Instant::now(), key));
    }

    /// All that are kept.
    pub fn list(&self) -> Vec<Fingerprint> {
        self.keys(|_| true)
    }

    /// Those recorded since then.
    pub fn since(&self, then: Instant) -> Vec<Fingerprint> {
        self.keys(|at| at >= then)
    }

    fn keys(&self, wanted: impl Fn(Instant) -> bool) -> Vec<Fingerprint> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().filter(|(at, _)| wanted(*at)).map(|(_, key)| *key).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let keys = RecentKeys::default();
        (0..300).for_each(|n| keys.note(Fingerprint::new(n)));
        let list = keys.list();
        assert_eq!(list.len(), KEPT);
        assert_eq!(list.last(), Some(&Fingerprint::new(299)));
        assert!(keys.since(Instant::now()).is_empty());
        assert_eq!(list.first(), Some(&Fingerprint::new(300 - KEPT as u64)));
    }
}
