//! The handle on a writer's task.

use super::options::WriterOptions;
use super::status::WriterStatus;
use super::task::{Message, Task};
use crate::change::{Change, Stamped, Stamper};
use crate::spool::{Spool, SpoolError};
use hitless_model::Utc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// A handle on a writer; cheap to clone. The task ends when the last handle is
/// gone, having committed or spooled what was sent.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: mpsc::Sender<Message>,
    status: watch::Receiver<WriterStatus>,
    stamper: Arc<Stamper>,
    dropped: Arc<AtomicU64>,
    patience: Duration,
    clock: fn() -> Utc,
}

/// Why a change was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The queue stayed full; the change is counted as dropped.
    #[error("the queue to the database is full")]
    Full,
    /// The task has ended.
    #[error("the writer of the database has ended")]
    Closed,
}

/// Where everything sent before a flush is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flushed {
    /// In the database.
    Committed,
    /// Some of it still waits in the spool.
    Spooled,
}

/// Why a flush did not come to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FlushError {
    /// Not within the time given; the writer goes on.
    #[error("the writer of the database did not finish in time")]
    TimedOut,
    /// The task has ended.
    #[error("the writer of the database has ended")]
    Closed,
}

impl Writer {
    /// Opens the spool and starts the task. The database need not be there.
    pub async fn start(options: WriterOptions) -> Result<(Self, JoinHandle<()>), SpoolError> {
        let (folder, limit) = (options.spool.clone(), options.spool_limit_bytes);
        let spool = tokio::task::spawn_blocking(move || Spool::open(&folder, limit))
            .await
            .expect("opening the spool does not panic")?;
        let (queue, receiver) = mpsc::channel(options.queue);
        let (tell, status) = watch::channel(WriterStatus::new(spool.depth()));
        let dropped = Arc::new(AtomicU64::new(0));
        let handle = Self {
            queue,
            status,
            stamper: Arc::new(Stamper::new()),
            dropped: Arc::clone(&dropped),
            patience: options.patience,
            clock: options.clock,
        };
        let task = Task::new(options, spool, receiver, tell, dropped);
        Ok((handle, tokio::spawn(task.run())))
    }

    /// Hands over a change; waits at most `patience` for room.
    pub async fn send(&self, change: Change) -> Result<(), SendError> {
        match self.queue.send_timeout(self.stamped(change), self.patience).await {
            Ok(()) => Ok(()),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(self.full()),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(SendError::Closed),
        }
    }

    /// Hands over a change without waiting, from any thread.
    pub fn try_send(&self, change: Change) -> Result<(), SendError> {
        match self.queue.try_send(self.stamped(change)) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(self.full()),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(SendError::Closed),
        }
    }

    /// Waits until everything sent so far is in the database or in the spool.
    /// An absent database is tried once more, at once.
    pub async fn flush(&self, within: Duration) -> Result<Flushed, FlushError> {
        let (reply, answer) = oneshot::channel();
        let flushed = async {
            self.queue.send(Message::Flush(reply)).await.map_err(|_| FlushError::Closed)?;
            answer.await.map_err(|_| FlushError::Closed)
        };
        tokio::time::timeout(within, flushed).await.unwrap_or(Err(FlushError::TimedOut))
    }

    /// The status as it changes.
    pub fn status(&self) -> watch::Receiver<WriterStatus> {
        self.status.clone()
    }

    fn stamped(&self, change: Change) -> Message {
        let stamp = self.stamper.next((self.clock)());
        Message::Change(Stamped { stamp, change })
    }

    fn full(&self) -> SendError {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        SendError::Full
    }
}
