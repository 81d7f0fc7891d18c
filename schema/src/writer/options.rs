//! How a writer behaves.

use crate::url::DatabaseUrl;
use hitless_model::Utc;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How a writer behaves. [`WriterOptions::new`] has sensible values.
#[derive(Debug, Clone)]
pub struct WriterOptions {
    /// Where the database is.
    pub url: DatabaseUrl,
    /// The folder of the spool; one per instance.
    pub spool: PathBuf,
    /// The most that the spool may take. 100 cameras of 60 s segments need
    /// about 12 MB an hour.
    pub spool_limit_bytes: u64,
    /// Changes that may wait in memory.
    pub queue: usize,
    /// Changes in one transaction at the most.
    pub batch: usize,
    /// The longest that `send` waits for room in the queue.
    pub patience: Duration,
    /// The longest that one transaction may take before the database counts as
    /// away.
    pub commit_timeout: Duration,
    /// First pause before trying an absent database again.
    pub retry_first: Duration,
    /// Longest pause between two attempts.
    pub retry_longest: Duration,
    /// The host's clock.
    pub clock: fn() -> Utc,
}

impl WriterOptions {
    /// Sensible values for a recorder.
    pub fn new(url: DatabaseUrl, spool: impl Into<PathBuf>) -> Self {
        Self {
            url,
            spool: spool.into(),
            spool_limit_bytes: 256 << 20,
            queue: 8192,
            batch: 1024,
            patience: Duration::from_millis(500),
            commit_timeout: Duration::from_secs(10),
            retry_first: Duration::from_millis(250),
            retry_longest: Duration::from_secs(5),
            clock: host_utc,
        }
    }
}

fn host_utc() -> Utc {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Utc::from_ns(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
