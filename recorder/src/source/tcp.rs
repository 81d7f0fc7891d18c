//! RTSP over TCP by retina, at the level of packets.

use super::address::Address;
use super::{SourceError, SourceEvent, SourceOptions, Track, words};
use crate::rtp::{Packet, StreamDescription, parse_sdp};
use futures::StreamExt;
use hitless_model::Utc;
use retina::client::{
    Credentials, InitialSequenceNumberPolicy, InitialTimestampPolicy, PacketItem, PlayOptions,
    Playing, SessionGroup, SessionOptions, SetupOptions, TcpTransportOptions, Transport,
    UnknownRtcpSsrcPolicy,
};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// Nanoseconds from 1900, where NTP counts from, to 1970.
const NTP_EPOCH_SECS: i64 = 2_208_988_800;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// A playing session.
pub struct TcpSession {
    session: retina::client::Session<Playing>,
    group: Arc<SessionGroup>,
    tracks: Vec<(usize, Track)>,
    video: StreamDescription,
    audio: Option<StreamDescription>,
    address: Address,
}

impl TcpSession {
    /// DESCRIBE, SETUP, PLAY.
    pub async fn open(options: &SourceOptions) -> Result<Self, SourceError> {
        let group = Arc::new(SessionGroup::default());
        let creds = options.address.credentials().map(|(user, password)| Credentials {
            username: user.to_owned(),
            password: password.to_owned(),
        });
        let session_options = SessionOptions::default()
            .creds(creds)
            .user_agent(concat!("hitless/", env!("CARGO_PKG_VERSION")).to_owned())
            .session_group(Arc::clone(&group));
        let url = options.address.url().clone();
        let mut session =
            step(options, retina::client::Session::describe(url, session_options)).await?;
        let described =
            parse_sdp(session.sdp()).map_err(|e| SourceError::Refused(e.to_string()))?;
        let chosen = super::choose::streams(described, options.audio)?;
        for (index, _) in chosen.setup_order() {
            let setup =
                SetupOptions::default().transport(Transport::Tcp(TcpTransportOptions::default()));
            step(options, session.setup(index, setup)).await?;
        }
        let play = PlayOptions::default()
            .initial_timestamp(InitialTimestampPolicy::Permissive)
            .initial_seq(InitialSequenceNumberPolicy::Ignore)
            .unknown_rtcp_ssrc(UnknownRtcpSsrcPolicy::DropPackets);
        let tracks = chosen.setup_order();
        let session = step(options, session.play(play)).await?;
        let (video, audio) = (chosen.video.1, chosen.audio.map(|a| a.1));
        Ok(Self { session, group, tracks, video, audio, address: options.address.clone() })
    }

    /// What the camera says of a stream.
    pub fn description(&self, track: Track) -> Option<&StreamDescription> {
        match track {
            Track::Video => Some(&self.video),
            Track::Audio => self.audio.as_ref(),
        }
    }

    /// The next packet or report.
    pub async fn next(&mut self) -> Result<SourceEvent, SourceError> {
        loop {
            let item = match self.session.next().await {
                Some(Ok(item)) => item,
                Some(Err(e)) => return Err(broken_off(&self.address, &e.to_string())),
                None => return Err(SourceError::Ended("the camera ended the session".to_owned())),
            };
            if let Some(event) = self.event_of(item) {
                return Ok(event);
            }
        }
    }

    fn event_of(&self, item: PacketItem) -> Option<SourceEvent> {
        match item {
            PacketItem::Rtp(packet) => {
                let track = self.track(packet.stream_id())?;
                let packet = Packet {
                    sequence: packet.sequence_number(),
                    timestamp: packet.timestamp().timestamp(),
                    marker: packet.mark(),
                    lost_before: u32::from(packet.loss()),
                    arrived: crate::clock::now(),
                    payload: packet.into_payload_bytes(),
                };
                Some(SourceEvent::Packet(track, packet))
            }
            PacketItem::Rtcp(compound) => {
                let track = self.track(compound.stream_id())?;
                let media = compound.rtp_timestamp()?.timestamp();
                let report = compound.pkts().find_map(|p| p.as_sender_report().ok().flatten())?;
                Some(SourceEvent::Report(track, media, utc_of_ntp(report.ntp_timestamp().0)))
            }
            _ => None,
        }
    }

    fn track(&self, stream: usize) -> Option<Track> {
        self.tracks.iter().find(|(index, _)| *index == stream).map(|(_, track)| *track)
    }

    /// TEARDOWN.
    pub async fn close(self) {
        drop(self.session);
        // A camera that is gone takes no goodbye.
        let _ = tokio::time::timeout(GOODBYE, self.group.await_teardown()).await;
    }
}

/// 32.32 fixed point since 1900 (or, after 2036, since then) to UTC.
pub(super) fn utc_of_ntp(ntp: u64) -> Utc {
    let seconds = i64::try_from(ntp >> 32).unwrap_or(0);
    // RFC 5905: a clear top bit is the era that begins in 2036 - except for
    // cameras without a clock, which count from 0 and must not end up there.
    let fraction = (u128::from(ntp & 0xffff_ffff) * 1_000_000_000) >> 32;
    let ns = i64::try_from(fraction).unwrap_or(0);
    Utc::from_ns((seconds - NTP_EPOCH_SECS).saturating_mul(1_000_000_000).saturating_add(ns))
}

async fn step<T>(
    options: &SourceOptions,
    work: impl Future<Output = Result<T, retina::Error>>,
) -> Result<T, SourceError> {
    let Ok(result) = tokio::time::timeout(options.timeout, work).await else {
        let seconds = options.timeout.as_secs_f64();
        return Err(SourceError::Unreachable(format!("no answer within {seconds} s")));
    };
    result.map_err(|e| {
        let (address, said) = (&options.address, e.to_string());
        match e.status_code() {
            Some(status) => words::refusal(address, status, &said),
            None if is_connect(&said) => words::unreachable(address, &said),
            None => SourceError::Refused(words::plain(address, &said)),
        }
    })
}

/// Why packets stopped. A camera that announces another source of its packets
/// than it then sends is refused by retina at the first one, each time.
fn broken_off(address: &Address, said: &str) -> SourceError {
    match said.contains("wrong ssrc after 0 RTP") {
        true => SourceError::Refused(words::plain(address, said)),
        false => SourceError::Ended(words::plain(address, said)),
    }
}

/// retina does not tell its kinds of error apart but in words.
fn is_connect(text: &str) -> bool {
    ["nable to connect", "onnection refused", "onnection reset", "timed out", "unreachable"]
        .iter()
        .any(|part| text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_that_announces_another_source_is_not_for_retina() {
        let url = url::Url::parse("rtsp://127.0.0.1/cam1").expect("valid");
        let address = Address::new(url.clone(), url.to_string(), None, None);
        let first = "wrong ssrc after 0 RTP pkts + 1 RTCP pkts; expecting ssrc=Some(..)";
        let error = broken_off(&address, first);
        assert!(matches!(error, SourceError::Refused(_)), "{error}");
        // one that begins anew in mid-session is opened again by retina
        for said in ["wrong ssrc after 90 RTP pkts + 1 RTCP pkts", "Connection closed"] {
            let error = broken_off(&address, said);
            assert!(matches!(error, SourceError::Ended(_)), "{error}");
        }
    }

    #[test]
    fn ntp_times_are_utc() {
        // 2026-08-11T03:07:47.5Z
        let ntp = ((1_786_417_667_u64 + 2_208_988_800) << 32) | 0x8000_0000;
        assert_eq!(utc_of_ntp(ntp).to_string(), "2026-08-11T03:07:47.500000Z");
        assert!(utc_of_ntp(5 << 32) < Utc::from_ns(0));
    }
}
