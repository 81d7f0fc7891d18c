//! Where packets come from: a session with a camera.
//!
//! Two makers, one shape. [`tcp::TcpSession`] (retina) reads RTSP over TCP and
//! costs least; [`rtspsrc::RtspSrcSession`] (GStreamer) does UDP with its
//! jitter buffer, `rtsps`, and whatever retina refuses. Both yield RTP packets
//! in order with what was lost between them, and the camera's sender reports;
//! what the packets mean is decided behind them, once for both.
//!
//! Credentials never leave this room in an error or a log line.

pub mod address;
mod choose;
pub mod rtspsrc;
pub mod tcp;
mod tls;
mod words;

use crate::rtp::{Packet, StreamDescription};
use address::Address;
use hitless_model::Utc;
use std::time::Duration;

/// Which stream of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Track {
    /// The picture.
    Video,
    /// The sound.
    Audio,
}

/// What a session yields.
#[derive(Debug)]
pub enum SourceEvent {
    /// A packet of a stream, in order.
    Packet(Track, Packet),
    /// The camera's UTC at a time of the stream's clock (unwrapped ticks).
    Report(Track, i64, Utc),
}

/// Why there is no session, or no more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The camera does not answer, or not in time.
    #[error("{0}")]
    Unreachable(String),
    /// The camera wants other credentials.
    #[error("{0}")]
    Unauthorized(String),
    /// The camera answers, but not with what is needed.
    #[error("{0}")]
    Refused(String),
    /// Nothing in the session that can be recorded.
    #[error("{0}")]
    NoVideo(String),
    /// The session ended.
    #[error("{0}")]
    Ended(String),
}

/// The RTP transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Interleaved with RTSP.
    Tcp,
    /// Datagrams.
    Udp,
}

/// Which maker is to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// retina where it can, else GStreamer.
    Auto,
    /// retina only.
    Retina,
    /// GStreamer only.
    GStreamer,
}

/// How to open a session.
#[derive(Debug, Clone)]
pub struct SourceOptions {
    /// Where.
    pub address: Address,
    /// Over what.
    pub transport: Transport,
    /// By which maker.
    pub maker: Maker,
    /// Whether sound is wanted.
    pub audio: bool,
    /// How long each step of opening may take.
    pub timeout: Duration,
    /// A file of certificates to trust for `rtsps`.
    pub tls_ca_file: Option<std::path::PathBuf>,
    /// Trust any certificate.
    pub tls_insecure: bool,
}

/// An open session.
pub enum Session {
    /// By retina.
    Tcp(Box<tcp::TcpSession>),
    /// By GStreamer.
    RtspSrc(Box<rtspsrc::RtspSrcSession>),
}

impl Session {
    /// Opens a session; on `Auto`, by the other maker if the first cannot.
    pub async fn open(options: &SourceOptions) -> Result<Self, SourceError> {
        let retina_can = options.transport == Transport::Tcp && !options.address.is_tls();
        match options.maker {
            Maker::Retina => Self::by_retina(options).await,
            Maker::Auto if retina_can => match Self::by_retina(options).await {
                Err(SourceError::Refused(why)) => {
                    tracing::info!(address = %options.address, "retina cannot open the session, trying GStreamer: {why}");
                    Self::by_gstreamer(options).await
                }
                other => other,
            },
            Maker::Auto | Maker::GStreamer => Self::by_gstreamer(options).await,
        }
    }

    async fn by_retina(options: &SourceOptions) -> Result<Self, SourceError> {
        Ok(Self::Tcp(Box::new(tcp::TcpSession::open(options).await?)))
    }

    async fn by_gstreamer(options: &SourceOptions) -> Result<Self, SourceError> {
        Ok(Self::RtspSrc(Box::new(rtspsrc::RtspSrcSession::open(options).await?)))
    }

    /// What the camera says of a stream; audio may be missing.
    pub fn description(&self, track: Track) -> Option<&StreamDescription> {
        match self {
            Self::Tcp(session) => session.description(track),
            Self::RtspSrc(session) => session.description(track),
        }
    }

    /// The name of the maker, for logs.
    pub fn maker(&self) -> &'static str {
        match self {
            Self::Tcp(_) => "retina",
            Self::RtspSrc(_) => "gstreamer",
        }
    }

    /// The next event. May be dropped while waiting: nothing is lost.
    pub async fn next(&mut self) -> Result<SourceEvent, SourceError> {
        match self {
            Self::Tcp(session) => session.next().await,
            Self::RtspSrc(session) => session.next().await,
        }
    }

    /// Says goodbye to the camera, so that it keeps no stale session.
    pub async fn close(self) {
        match self {
            Self::Tcp(session) => session.close().await,
            Self::RtspSrc(session) => session.close().await,
        }
    }
}
