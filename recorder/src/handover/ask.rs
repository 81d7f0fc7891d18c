//! `recorder handover`: asks the running recorder, and waits until it is gone.

use super::control::{Answer, Question};
use super::link::line;
use super::names::partner;
use super::socket;
use hitless_config::Config;
use hitless_model::InstanceId;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{PidfdFlags, pidfd_open};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

/// Why there was no handover.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens.
    #[error(
        "no recorder runs as {tried} on {storage}; is it started, and with this configuration?"
    )]
    NobodyThere {
        /// The instances that were tried.
        tried: String,
        /// The storage.
        storage: String,
    },
    /// The recorder said why not, and goes on as it was.
    #[error("{0}")]
    Failed(String),
    /// It went away before it answered.
    #[error("the recorder ended before the handover was complete; see its log")]
    Ended,
    /// The conversation broke.
    #[error("cannot talk to the recorder: {0}")]
    Io(#[from] io::Error),
}

/// Asks for a handover and waits for its end; `tell` gets a line for each step.
/// The text is how it went. Blocks.
pub fn handover(config: &Config, mut tell: impl FnMut(&str)) -> Result<String, AskError> {
    let mut stream = connect(config)?;
    let recorder = process_behind(&stream)?;
    stream.write_all(&line(&Question::Handover)?)?;
    let mut done = None;
    for answer in BufReader::new(stream).lines() {
        // It may be gone with an answer of ours unread.
        let Ok(answer) = answer else { break };
        match serde_json::from_str(&answer).map_err(io::Error::from)? {
            Answer::Progress { text } => tell(&text),
            Answer::Failed { reason } => return Err(AskError::Failed(reason)),
            Answer::Done { text } => done = Some(text),
            Answer::Unknown => {}
        }
    }
    let done = done.ok_or(AskError::Ended)?;
    wait_until_gone(&recorder)?;
    Ok(done)
}

/// The instance of the configuration, or its partner if that one is in charge.
fn connect(config: &Config) -> Result<UnixStream, AskError> {
    let configured = &config.recorder.instance;
    let candidates: Vec<InstanceId> =
        [Some(configured.clone()), partner(configured).ok()].into_iter().flatten().collect();
    for instance in &candidates {
        if let Ok(stream) = socket::connect(&config.storage, instance) {
            return Ok(stream);
        }
    }
    Err(AskError::NobodyThere {
        tried: candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "),
        storage: config.storage.display().to_string(),
    })
}

fn process_behind(stream: &UnixStream) -> io::Result<OwnedFd> {
    let peer = rustix::net::sockopt::socket_peercred(stream)?;
    Ok(pidfd_open(peer.pid, PidfdFlags::empty())?)
}

fn wait_until_gone(process: &OwnedFd) -> io::Result<()> {
    loop {
        let mut handles = [PollFd::new(process, PollFlags::IN)];
        match poll(&mut handles, None) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(problem) => return Err(problem.into()),
        }
    }
}
