//! What a person must look at, with when it was told.
//!
//! The last few only; health and readiness show them. The log has all.

use hitless_model::Utc;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many are kept.
const KEPT: usize = 32;

/// The last alarms; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Alarms(Arc<Mutex<VecDeque<(Utc, String)>>>);

impl Alarms {
    /// Tells one more.
    pub fn raise(&self, message: String) {
        let mut alarms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if alarms.len() == KEPT {
            alarms.pop_front();
        }
        alarms.push_back((crate::clock::now(), message));
    }

    /// All that are kept, newest last.
    pub fn list(&self) -> Vec<(Utc, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
