//! The connection between the two: JSON lines over a socket pair, and the
//! listening socket that goes along.

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream as StdStream;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

/// The byte that a listening socket travels with.
const WITH_LISTENER: u8 = b'L';
/// The byte if there is none.
const WITHOUT: u8 = b'-';

/// Both directions.
pub(super) struct Link {
    lines: tokio::io::Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
    /// Heard before their turn.
    kept: VecDeque<String>,
}

impl Link {
    /// Over a connected socket.
    pub(super) fn new(stream: StdStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let (reader, writer) = UnixStream::from_std(stream)?.into_split();
        Ok(Self { lines: BufReader::new(reader).lines(), writer, kept: VecDeque::new() })
    }

    /// Says something; an error means that the other is gone.
    pub(super) async fn say(&mut self, message: &impl Serialize) -> io::Result<()> {
        self.writer.write_all(&line(message)?).await
    }

    /// The next message; `None` once the other is gone. May be cancelled.
    pub(super) async fn hear<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let line = match self.kept.pop_front() {
            Some(line) => Some(line),
            None => self.next_line().await?,
        };
        line.map(|line| Ok(serde_json::from_str(&line)?)).transpose()
    }

    /// The first message of which `wanted` makes something, which says what;
    /// `None` once the other is gone. Those before it are heard after it.
    pub(super) async fn hear_first<T: DeserializeOwned, W>(
        &mut self,
        wanted: impl Fn(T) -> Option<W>,
    ) -> io::Result<Option<W>> {
        while let Some(line) = self.next_line().await? {
            match wanted(serde_json::from_str(&line)?) {
                Some(found) => return Ok(Some(found)),
                None => self.kept.push_back(line),
            }
        }
        Ok(None)
    }

    async fn next_line(&mut self) -> io::Result<Option<String>> {
        match self.lines.next_line().await {
            Err(e) if e.kind() == io::ErrorKind::ConnectionReset => Ok(None),
            line => line,
        }
    }
}

/// One message as it is sent.
pub(super) fn line(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

/// The first byte on the link, with the listening socket if there is one.
pub(super) fn send_listener(link: &StdStream, listener: Option<&TcpListener>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let sockets = [listener.map_or(link.as_fd(), AsFd::as_fd)];
    let byte = match listener {
        Some(_) if control.push(SendAncillaryMessage::ScmRights(&sockets)) => WITH_LISTENER,
        Some(_) => return Err(io::Error::other("no room for the listening socket")),
        None => WITHOUT,
    };
    sendmsg(link, &[IoSlice::new(&[byte])], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Takes the first byte and what came with it. Blocks.
pub(super) fn take_listener(link: &StdStream) -> io::Result<Option<TcpListener>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0_u8];
    let got =
        recvmsg(link, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    if got.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let sockets = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
        _ => None,
    });
    Ok(sockets.flatten().next().map(TcpListener::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_heard_before_its_turn_is_kept() {
        let (one, other) = StdStream::pair().expect("a pair");
        let (mut one, mut other) = (Link::new(one).expect("new"), Link::new(other).expect("new"));
        for number in [7, 8, 100, 9] {
            one.say(&number).await.expect("says");
        }
        drop(one);
        let large = |number: u32| (number >= 100).then_some(number);
        assert_eq!(other.hear_first(large).await.expect("hears"), Some(100));
        for number in [Some(7), Some(8), Some(9), None] {
            assert_eq!(other.hear::<u32>().await.expect("hears"), number);
        }
        assert_eq!(other.hear_first(large).await.expect("hears"), None);
    }

    #[test]
    fn a_listening_socket_goes_along() {
        let (one, other) = StdStream::pair().expect("a pair");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        send_listener(&one, Some(&listener)).expect("sends");
        let got = take_listener(&other).expect("takes").expect("a socket");
        let address = listener.local_addr().expect("bound");
        assert_eq!(got.local_addr().expect("bound"), address);
        drop(listener);
        std::net::TcpStream::connect(address).expect("still listens");
        send_listener(&one, None).expect("sends");
        assert!(take_listener(&other).expect("takes").is_none());
    }
}
