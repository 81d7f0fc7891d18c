//! The key frames that were recorded last, by their fingerprints.
//!
//! During a handover they prove that two recorders have the same frame: the
//! one that leaves compares them with what its successor has on disk.

use hitless_media::Fingerprint;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many are kept: minutes of them, with a key frame a second.
const KEPT: usize = 256;

/// The last key frames of one camera, oldest first.
#[derive(Debug, Default)]
pub struct RecentKeys(Mutex<VecDeque<Fingerprint>>);

impl RecentKeys {
    /// One more was recorded.
    pub(super) fn note(&self, key: Fingerprint) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() == KEPT {
            keys.pop_front();
        }
        keys.push_back(key);
    }

    /// All that are kept.
    pub fn list(&self) -> Vec<Fingerprint> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
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
        assert_eq!(list.first(), Some(&Fingerprint::new(300 - KEPT as u64)));
    }
}
