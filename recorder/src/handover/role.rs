//! How this process came to be: started by somebody, as the launcher of a
//! successor, or as the successor itself.
//!
//! The successor must not be a child of the predecessor, or the service
//! manager would kill it with that one's end. So the predecessor starts a
//! launcher, which starts the successor and ends: an orphan belongs to the
//! service manager. The link to the predecessor is standard input all the way.

use super::launch::{AS_LAUNCHER, AS_SUCCESSOR, ROLE};
use super::link::{Link, line, take_listener};
use super::message::{PROTOCOL, ToPredecessor, ToSuccessor};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode, Stdio};

/// How this process was started.
pub enum Role {
    /// By a person or a service manager.
    Ordinary,
    /// To start a successor and end.
    Launcher,
    /// To take over.
    Successor,
}

impl Role {
    /// What the environment says.
    pub fn of_process() -> Self {
        match std::env::var(ROLE).as_deref() {
            Ok(AS_LAUNCHER) => Self::Launcher,
            Ok(AS_SUCCESSOR) => Self::Successor,
            _ => Self::Ordinary,
        }
    }
}

/// Starts the successor with the arguments of this process, and tells which
/// process it is.
pub fn launch() -> ExitCode {
    match start_successor() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("the successor cannot be started: {problem}");
            ExitCode::from(2)
        }
    }
}

fn start_successor() -> io::Result<()> {
    let mut link = standard_input()?;
    let mut arguments = std::env::args_os();
    let program = arguments.next().ok_or(io::ErrorKind::InvalidInput)?;
    let successor = Command::new(program)
        .args(arguments)
        .env(ROLE, AS_SUCCESSOR)
        .stdin(Stdio::inherit())
        .spawn()?;
    link.write_all(&line(&ToPredecessor::Launched { pid: successor.id() })?)
}

fn standard_input() -> io::Result<UnixStream> {
    Ok(UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// What a successor gets from its predecessor.
pub struct Inherited {
    stream: UnixStream,
    /// The predecessor's first word.
    pub instance: hitless_model::InstanceId,
    /// The predecessor's process.
    pub pid: u32,
    /// The listening socket, with what it listens on.
    pub listener: Option<(TcpListener, SocketAddr)>,
}

impl Inherited {
    /// Takes it from standard input. Blocks until the predecessor has spoken.
    pub fn take() -> io::Result<Self> {
        let stream = standard_input()?;
        // Nothing that this process starts is to hold the link open.
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        let listener = take_listener(&stream)?;
        let begin = first_line(&stream)?;
        let ToSuccessor::Begin { protocol: PROTOCOL, instance, pid, listens } = begin else {
            let mut inherited = &stream;
            let reason = format!("this version speaks protocol {PROTOCOL} of handover");
            inherited.write_all(&line(&ToPredecessor::Refused { reason: reason.clone() })?)?;
            return Err(io::Error::other(reason));
        };
        Ok(Self { stream, instance, pid, listener: listener.zip(listens) })
    }

    /// Tells the predecessor that nothing comes of it.
    pub fn refuse(&self, reason: &str) {
        refuse(&self.stream, reason);
    }

    /// Can still refuse when the rest was used up.
    pub fn refusal(&self) -> io::Result<Refusal> {
        Ok(Refusal(self.stream.try_clone()?))
    }

    pub(super) fn into_link(self) -> io::Result<Link> {
        Link::new(self.stream)
    }
}

/// Refuses to take over after all.
pub struct Refusal(UnixStream);

impl Refusal {
    /// Tells the predecessor why.
    pub fn tell(self, reason: &str) {
        refuse(&self.0, reason);
    }
}

fn refuse(mut stream: &UnixStream, reason: &str) {
    let refused = ToPredecessor::Refused { reason: reason.to_owned() };
    // If the predecessor is gone, nobody is left to be told.
    let _ = line(&refused).and_then(|line| stream.write_all(&line));
}

/// The first line alone: what comes after it stays in the socket.
fn first_line(stream: &UnixStream) -> io::Result<ToSuccessor> {
    let mut text = String::new();
    BufReader::with_capacity(1, stream).read_line(&mut text)?;
    Ok(serde_json::from_str(&text)?)
}
