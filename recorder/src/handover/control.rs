//! The control socket: takes what is asked of the running recorder.
//!
//! One JSON object a line, both ways. A client that says nothing, or nonsense,
//! holds up nobody but itself.

use super::link::line;
use super::socket;
use hitless_model::InstanceId;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{debug, warn};

/// How long a client may take to ask.
const ASK_LIMIT: Duration = Duration::from_secs(5);
/// A client that does not read its answer is not waited for.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// Questions that may wait.
const WAITING: usize = 16;

/// What may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Question {
    /// Hand over, and tell when it is done.
    Handover,
    /// Something that only a later version knows.
    #[serde(other)]
    Unknown,
}

/// What is answered; the last one of a conversation is not `Progress`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// How far it is, as a sentence.
    Progress {
        /// The sentence.
        text: String,
    },
    /// Done; the process that answers leaves now.
    Done {
        /// How it went, as a sentence.
        text: String,
    },
    /// Nothing came of it; all is as before.
    Failed {
        /// Why.
        reason: String,
    },
    /// Something that only a later version knows.
    #[serde(other)]
    Unknown,
}

/// Somebody who asked and waits.
#[derive(Debug)]
pub struct Asker {
    stream: UnixStream,
}

impl Asker {
    /// Tells it something. Clients that went away are no concern.
    pub async fn answer(&mut self, answer: &Answer) {
        let Ok(line) = line(answer) else { return };
        if !matches!(timeout(ANSWER_LIMIT, self.stream.write_all(&line)).await, Ok(Ok(()))) {
            debug!("who asked over the control socket does not listen any more");
        }
    }
}

/// The control socket of a recorder that is in charge. Gone when dropped.
#[derive(Debug)]
pub struct Control {
    asked: mpsc::Receiver<Asker>,
    path: PathBuf,
    accepting: JoinHandle<()>,
}

impl Control {
    /// Listens for who wants a handover.
    pub fn open(storage: &Path, instance: &InstanceId) -> io::Result<Self> {
        let listener = socket::bind(storage, instance)?;
        listener.set_nonblocking(true)?;
        let (tell, asked) = mpsc::channel(WAITING);
        let accepting = tokio::spawn(accept(UnixListener::from_std(listener)?, tell));
        Ok(Self { asked, path: socket::path_of(storage, instance), accepting })
    }

    /// The next who asks for a handover. May be cancelled.
    pub async fn asked(&mut self) -> Asker {
        match self.asked.recv().await {
            Some(asker) => asker,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.accepting.abort();
        // One that stays behind is replaced by the next recorder.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn accept(listener: UnixListener, tell: mpsc::Sender<Asker>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(take(stream, tell.clone()))),
            Err(problem) => {
                warn!("the control socket takes nobody at the moment: {problem}");
                tokio::time::sleep(ANSWER_LIMIT).await;
            }
        }
    }
}

async fn take(mut stream: UnixStream, tell: mpsc::Sender<Asker>) {
    let mut text = String::new();
    let mut reader = BufReader::new(&mut stream);
    if !matches!(timeout(ASK_LIMIT, reader.read_line(&mut text)).await, Ok(Ok(1..))) {
        return;
    }
    let mut asker = Asker { stream };
    let refused = match serde_json::from_str(&text) {
        Ok(Question::Handover) => match tell.try_send(asker) {
            Ok(()) => return,
            Err(full) => {
                asker = full.into_inner();
                "too many wait for a handover already"
            }
        },
        Ok(Question::Unknown) | Err(_) => "this recorder does not know what that means",
    };
    asker.answer(&Answer::Failed { reason: refused.to_owned() }).await;
}
