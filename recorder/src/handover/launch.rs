//! The predecessor's side of starting a successor.

use super::link::{line, send_listener};
use super::message::ToSuccessor;
use super::program::Program;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::io::{self, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::timeout;

/// Tells a process of this program what it is; see [`Role`](super::Role).
pub(super) const ROLE: &str = "HITLESS_HANDOVER_ROLE";
pub(super) const AS_LAUNCHER: &str = "launcher";
pub(super) const AS_SUCCESSOR: &str = "successor";

/// How long a successor that is told to leave may take, before it is killed.
const LEAVE_LIMIT: Duration = Duration::from_secs(10);
/// How often is looked whether it has left.
const LOOK: Duration = Duration::from_millis(20);

/// Starts the launcher, with the link as its standard input. Blocks.
pub(super) fn launch(
    program: &Program,
    listener: Option<&TcpListener>,
    begin: &ToSuccessor,
) -> io::Result<(UnixStream, Child)> {
    let (ours, theirs) = UnixStream::pair()?;
    send_listener(&ours, listener)?;
    (&ours).write_all(&line(begin)?)?;
    let launcher = Command::new(&program.path)
        .arg0(&program.path)
        .args(&program.arguments)
        .env(ROLE, AS_LAUNCHER)
        // Ours: a successor that believed it would not feed the watchdog.
        .env_remove("WATCHDOG_PID")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()?;
    Ok((ours, launcher))
}

/// A successor's process, which is no child of this one.
pub(super) struct SuccessorProcess {
    pub(super) pid: u32,
    handle: OwnedFd,
}

impl SuccessorProcess {
    pub(super) fn of(pid: u32) -> io::Result<Self> {
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let number = number.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self { pid, handle: pidfd_open(number, PidfdFlags::empty())? })
    }

    /// Tells it to leave, and makes it.
    pub(super) async fn stop(&self) {
        self.signal(Signal::TERM);
        if timeout(LEAVE_LIMIT, self.gone()).await.is_err() {
            self.signal(Signal::KILL);
            // A process that outlives this waits for the kernel, not for us.
            let _ = timeout(LEAVE_LIMIT, self.gone()).await;
        }
    }

    /// Returns once it is gone.
    pub(super) async fn gone(&self) {
        while !self.has_gone() {
            tokio::time::sleep(LOOK).await;
        }
    }

    pub(super) fn has_gone(&self) -> bool {
        let mut handles = [PollFd::new(&self.handle, PollFlags::IN)];
        matches!(poll(&mut handles, Some(&Timespec::default())), Ok(1..))
    }

    fn signal(&self, signal: Signal) {
        // An error: it is gone, which is what was wanted.
        let _ = pidfd_send_signal(&self.handle, signal);
    }
}
