//! Counts the bytes that were handed to GStreamer and not yet written.
//!
//! Each buffer wraps its sample in a [`Counted`], whose drop takes the bytes
//! off again: whatever GStreamer's queues do, the count is exact.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of one camera between this program and its files.
#[derive(Debug, Default)]
pub struct InFlight(AtomicUsize);

impl InFlight {
    /// Bytes at this moment.
    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A sample's bytes while they are in flight.
pub(super) struct Counted {
    data: Vec<u8>,
    count: Arc<InFlight>,
}

impl Counted {
    pub(super) fn new(data: Vec<u8>, count: &Arc<InFlight>) -> Self {
        count.0.fetch_add(data.len(), Ordering::Relaxed);
        Self { data, count: Arc::clone(count) }
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.count.0.fetch_sub(self.data.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_and_go() {
        let count = Arc::new(InFlight::default());
        let a = Counted::new(vec![0; 10], &count);
        let b = Counted::new(vec![0; 5], &count);
        assert_eq!(count.bytes(), 15);
        drop(a);
        assert_eq!(count.bytes(), 5);
        drop(b);
        assert_eq!(count.bytes(), 0);
    }
}
