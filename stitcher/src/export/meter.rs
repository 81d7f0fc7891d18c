//! How far an export is, and whether it is to go on. Shared with whoever waits
//! for it.

use super::error::ExportError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts bytes; clips may share one.
#[derive(Debug, Default)]
pub struct Meter {
    all: AtomicU64,
    done: AtomicU64,
    stopped: AtomicBool,
}

impl Meter {
    /// So many bytes more are to be copied or read.
    pub(super) fn expect(&self, bytes: u64) {
        self.all.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many of them are done; an error: leave off.
    pub(super) fn add(&self, bytes: u64) -> Result<(), ExportError> {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        match self.stopped.load(Ordering::Relaxed) {
            true => Err(ExportError::Interrupted),
            false => Ok(()),
        }
    }

    /// Asks the export to leave off: it takes away what it has begun.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// How much is done, from 0 to 1; `None`: nobody knows yet.
    pub fn share(&self) -> Option<f64> {
        let all = self.all.load(Ordering::Relaxed);
        let done = self.done.load(Ordering::Relaxed).min(all);
        (all > 0).then(|| done as f64 / all as f64)
    }
}
