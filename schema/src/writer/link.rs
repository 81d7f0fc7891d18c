//! The way to the database: open, or closed until the next attempt.

use super::backoff::Backoff;
use super::options::WriterOptions;
use super::status::LinkState;
use crate::change::Stamped;
use crate::error::{ErrorKind, StoreError};
use crate::store::Store;
use crate::url::DatabaseUrl;
use hitless_model::Utc;
use std::time::{Duration, Instant};

/// Two writers meet rarely; five times in a row is a fault.
const CONFLICT_ATTEMPTS: u32 = 5;

/// The way to the database.
pub(super) struct Link {
    url: DatabaseUrl,
    store: Option<Store>,
    state: LinkState,
    next_attempt: Instant,
    backoff: Backoff,
    commit_timeout: Duration,
    clock: fn() -> Utc,
}

/// Why a batch was not written.
pub(super) enum Failed {
    /// The link is down now; the batch is still good.
    Away,
    /// The database will never take it as it is.
    Never(StoreError),
}

impl Link {
    pub fn new(options: &WriterOptions) -> Self {
        Self {
            url: options.url.clone(),
            store: None,
            state: LinkState::Untried,
            next_attempt: Instant::now(),
            backoff: Backoff::new(options.retry_first, options.retry_longest),
            commit_timeout: options.commit_timeout,
            clock: options.clock,
        }
    }

    pub fn state(&self) -> &LinkState {
        &self.state
    }

    pub fn is_up(&self) -> bool {
        self.store.is_some()
    }

    /// When to call [`open_if_due`](Self::open_if_due) again; `None` while up.
    pub fn next_attempt(&self) -> Option<Instant> {
        self.store.is_none().then_some(self.next_attempt)
    }

    /// Does not wait for the pause to end.
    pub fn hasten(&mut self) {
        self.next_attempt = Instant::now();
    }

    /// Opens the database if it is closed and the pause is over.
    pub async fn open_if_due(&mut self) {
        if self.store.is_some() || Instant::now() < self.next_attempt {
            return;
        }
        match tokio::time::timeout(self.commit_timeout, Store::open(&self.url)).await {
            Ok(Ok(store)) => self.came_up(store),
            Ok(Err(error)) => self.went_down(error.kind(), error.to_string()),
            Err(_) => self.timed_out("open the database"),
        }
    }

    /// Commits a batch. How long it took.
    pub async fn commit(&mut self, batch: &[Stamped]) -> Result<Duration, Failed> {
        let Some(store) = self.store.clone() else { return Err(Failed::Away) };
        let begun = Instant::now();
        for _ in 0..CONFLICT_ATTEMPTS {
            let error = match tokio::time::timeout(self.commit_timeout, store.apply(batch)).await {
                Ok(Ok(())) => return Ok(begun.elapsed()),
                Ok(Err(error)) => error,
                Err(_) => {
                    self.timed_out("write a batch of changes");
                    return Err(Failed::Away);
                }
            };
            match error.kind() {
                ErrorKind::Conflict => {}
                ErrorKind::Bug => return Err(Failed::Never(error)),
                ErrorKind::Unreachable | ErrorKind::Refused | ErrorKind::Corrupt => {
                    self.went_down(error.kind(), error.to_string());
                    return Err(Failed::Away);
                }
            }
        }
        self.went_down(ErrorKind::Conflict, format!("{}: other writers keep it busy", self.url));
        Err(Failed::Away)
    }

    fn came_up(&mut self, store: Store) {
        match &self.state {
            LinkState::Away { since, .. } => {
                let away = (self.clock)().since(*since).as_secs_f64();
                tracing::info!(database = %self.url, away_seconds = away, "database is back");
            }
            LinkState::Untried | LinkState::Up => {
                tracing::info!(database = %self.url, "database is open");
            }
        }
        self.store = Some(store);
        self.state = LinkState::Up;
        self.backoff.reset();
    }

    fn timed_out(&mut self, doing: &str) {
        let waited = self.commit_timeout.as_secs_f64();
        let reason = format!("{}: {doing}: no answer within {waited} s", self.url);
        self.went_down(ErrorKind::Unreachable, reason);
    }

    fn went_down(&mut self, kind: ErrorKind, reason: String) {
        let since = match &self.state {
            LinkState::Away { since, .. } => *since,
            LinkState::Untried | LinkState::Up => (self.clock)(),
        };
        let known = matches!(&self.state, LinkState::Away { reason: old, .. } if *old == reason);
        match kind {
            // Logged once per reason: it may last for hours.
            _ if known => {}
            ErrorKind::Refused | ErrorKind::Corrupt => {
                tracing::error!(%reason, "database cannot be used; changes wait on disk");
            }
            _ => tracing::warn!(%reason, "database is away; changes wait on disk"),
        }
        self.store = None;
        self.state = LinkState::Away { since, kind, reason };
        let seed = std::process::id() ^ (self.clock)().as_ns().unsigned_abs() as u32;
        self.next_attempt = Instant::now() + self.backoff.pause(seed);
    }
}
