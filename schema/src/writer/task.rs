//! The task behind a writer: one pass takes what waits, commits or spools it,
//! and moves one batch from the spool to the database.

use super::handle::Flushed;
use super::link::{Failed, Link};
use super::options::WriterOptions;
use super::status::WriterStatus;
use crate::change::Stamped;
use crate::spool::{Spool, SpoolError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// How long a writer that was told to end goes on emptying its spool.
const PARTING: Duration = Duration::from_secs(5);
/// The pause after an error of the spool itself.
const SPOOL_PAUSE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) enum Message {
    Change(Stamped),
    Flush(oneshot::Sender<Flushed>),
}

pub(super) struct Task {
    link: Link,
    spool: Arc<Mutex<Spool>>,
    queue: mpsc::Receiver<Message>,
    batch: usize,
    tell: watch::Sender<WriterStatus>,
    status: WriterStatus,
    /// Counted here and by the handles.
    dropped: Arc<AtomicU64>,
    flushes: Vec<oneshot::Sender<Flushed>>,
    /// A spool that fails is left alone until then.
    replay_after: Instant,
}

/// What receiving brought.
enum Received {
    Changes(Vec<Stamped>),
    /// Every handle is gone and the queue is empty.
    End,
}

impl Task {
    pub fn new(
        options: WriterOptions,
        spool: Spool,
        queue: mpsc::Receiver<Message>,
        tell: watch::Sender<WriterStatus>,
        dropped: Arc<AtomicU64>,
    ) -> Self {
        let status = WriterStatus::new(spool.depth());
        let link = Link::new(&options);
        let spool = Arc::new(Mutex::new(spool));
        Self {
            link,
            spool,
            queue,
            batch: options.batch.max(1),
            tell,
            status,
            dropped,
            flushes: Vec::new(),
            replay_after: Instant::now(),
        }
    }

    pub async fn run(mut self) {
        self.link.open_if_due().await;
        self.publish();
        while let Received::Changes(changes) = self.receive().await {
            self.run_once(changes).await;
        }
        let until = Instant::now() + PARTING;
        self.link.hasten();
        while self.status.spool.records > 0 && Instant::now() < until {
            self.run_once(Vec::new()).await;
            if !self.can_replay() {
                break;
            }
        }
    }

    async fn run_once(&mut self, changes: Vec<Stamped>) {
        if !self.flushes.is_empty() {
            self.link.hasten();
        }
        self.take(changes).await;
        self.link.open_if_due().await;
        self.replay().await;
        self.publish();
        self.answer_flushes();
    }

    /// Waits for changes: not at all while the spool can be emptied, until the
    /// next attempt while the database is away.
    async fn receive(&mut self) -> Received {
        let mut messages = Vec::new();
        let replaying = self.link.is_up() && self.status.spool.records > 0;
        let until = if replaying { Some(self.replay_after) } else { self.link.next_attempt() };
        let receiving = self.queue.recv_many(&mut messages, self.batch);
        let got = match until {
            None => Some(receiving.await),
            Some(until) => tokio::time::timeout_at(until.into(), receiving).await.ok(),
        };
        if got == Some(0) {
            return Received::End;
        }
        let mut changes = Vec::new();
        for message in messages {
            match message {
                Message::Change(change) => changes.push(change),
                Message::Flush(reply) => self.flushes.push(reply),
            }
        }
        Received::Changes(changes)
    }

    /// Commits new changes, or spools them behind those that already wait.
    async fn take(&mut self, changes: Vec<Stamped>) {
        if changes.is_empty() {
            return;
        }
        if self.link.is_up() && self.status.spool.records == 0 && self.write(&changes).await {
            return;
        }
        let lasting: Vec<_> = changes.into_iter().filter(|c| !c.change.is_fleeting()).collect();
        if lasting.is_empty() {
            return;
        }
        let count = lasting.len() as u64;
        let dropped = match self.with_spool(move |spool| spool.push(&lasting)).await {
            Ok(pushed) => pushed.dropped,
            Err(error) => {
                tracing::error!(%error, "changes for the database are lost until a rescan");
                count
            }
        };
        if dropped > 0 && self.dropped.fetch_add(dropped, Ordering::Relaxed) == 0 {
            tracing::error!(
                dropped,
                "the spool is full or fails; run `stitcher rescan` when the database is back"
            );
        }
    }

    /// Moves one batch from the spool to the database.
    async fn replay(&mut self) {
        if !self.can_replay() {
            return;
        }
        let most = self.batch;
        let waiting = match self.with_spool(move |spool| spool.next(most)).await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::error!(%error, "the spool cannot be read; run `stitcher rescan`");
                self.replay_after = Instant::now() + SPOOL_PAUSE;
                return;
            }
        };
        if (waiting.is_empty() || self.write(&waiting).await)
            && let Err(error) = self.with_spool(Spool::confirm).await
        {
            tracing::warn!(%error, "the spool cannot be emptied; its changes will be repeated");
            self.replay_after = Instant::now() + SPOOL_PAUSE;
        }
    }

    fn can_replay(&self) -> bool {
        self.link.is_up() && self.status.spool.records > 0 && Instant::now() >= self.replay_after
    }

    /// Writes a batch; false if the database is away. A batch that the database
    /// refuses is written one by one, so that one bad change holds up nobody.
    async fn write(&mut self, changes: &[Stamped]) -> bool {
        match self.link.commit(changes).await {
            Ok(took) => self.committed(changes.len(), took),
            Err(Failed::Away) => return false,
            Err(Failed::Never(_)) => {
                for change in changes {
                    match self.link.commit(std::slice::from_ref(change)).await {
                        Ok(took) => self.committed(1, took),
                        Err(Failed::Away) => return false,
                        Err(Failed::Never(error)) => {
                            self.status.refused += 1;
                            tracing::error!(%error, ?change, "the database refuses a change");
                        }
                    }
                }
            }
        }
        true
    }

    fn committed(&mut self, changes: usize, took: Duration) {
        self.status.committed += changes as u64;
        self.status.commits += 1;
        self.status.commit_time += took;
        self.status.last_commit = Some(took);
    }

    /// Works on the spool where blocking is allowed.
    async fn with_spool<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Spool) -> Result<T, SpoolError> + Send + 'static,
    ) -> Result<T, SpoolError> {
        let spool = Arc::clone(&self.spool);
        let done = tokio::task::spawn_blocking(move || {
            let mut spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
            (work(&mut spool), spool.depth())
        });
        let (result, depth) = done.await.expect("work on the spool does not panic");
        self.status.spool = depth;
        result
    }

    fn publish(&mut self) {
        self.status.link = self.link.state().clone();
        self.status.dropped = self.dropped.load(Ordering::Relaxed);
        self.tell.send_if_modified(|told| {
            let changed = *told != self.status;
            told.clone_from(&self.status);
            changed
        });
    }

    /// A flush is answered when everything is committed, or when the database
    /// was tried and is away.
    fn answer_flushes(&mut self) {
        if self.can_replay() {
            return;
        }
        let waiting = self.status.spool.records > 0;
        let answer = if waiting { Flushed::Spooled } else { Flushed::Committed };
        for flush in self.flushes.drain(..) {
            // Whoever asked may have stopped waiting.
            let _ = flush.send(answer);
        }
    }
}
