//! What a person must look at, with when it was told.
//!
//! The last few only; health and readiness show them, and clients that follow
//! along are told. The log has all.

use crate::http::{Event, EventKind};
use hitless_model::Utc;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// How many are kept.
const KEPT: usize = 32;

/// The last alarms; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Alarms {
    last: Arc<Mutex<VecDeque<(Utc, String)>>>,
    events: Option<broadcast::Sender<Event>>,
}

impl Alarms {
    /// Told to `events` as well.
    pub fn telling(events: broadcast::Sender<Event>) -> Self {
        Self { last: Arc::default(), events: Some(events) }
    }

    /// Tells one more.
    pub fn raise(&self, message: String) {
        let at = crate::clock::now();
        if let Some(events) = &self.events {
            // Nobody may be following.
            let _ = events.send(Event { at, kind: EventKind::Alarm { message: message.clone() } });
        }
        let mut alarms = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if alarms.len() == KEPT {
            alarms.pop_front();
        }
        alarms.push_back((at, message));
    }

    /// All that are kept, newest last.
    pub fn list(&self) -> Vec<(Utc, String)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
