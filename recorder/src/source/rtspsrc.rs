//! RTSP by GStreamer's `rtspsrc`: UDP with its jitter buffer, TLS, and cameras
//! that retina refuses.
//!
//! `rtspsrc ! appsink`, an appsink per stream that hands out RTP packets as
//! they leave the jitter buffer. The camera's UTC comes with each packet once
//! its first sender report is there. GStreamer's threads only post.

use super::choose::track_of;
use super::{SourceError, SourceEvent, SourceOptions, Track, Transport, words};
use crate::rtp::{Continuity, Packet, StreamDescription, Unwrap};
use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use hitless_model::Utc;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Packets that may wait for the camera's task: about a second of 20 Mbit/s.
const WAITING: usize = 4096;
/// How long the jitter buffer waits for a late packet.
const JITTER_MS: u32 = 200;
/// A report is passed on again when the camera's clock has moved this much
/// against its media clock (a tick of 90 kHz is 11 us).
const WORTH_TELLING_NS: i64 = 20_000;

/// What GStreamer's threads post.
enum Post {
    Described(Track, Box<StreamDescription>),
    Plays,
    Packet(Track, RawPacket),
    Failed(SourceError),
}

/// A packet with its header still on.
struct RawPacket {
    bytes: Bytes,
    arrived: Utc,
    reported: Option<Utc>,
}

/// One stream's numbers.
#[derive(Default)]
struct Lane {
    description: Option<StreamDescription>,
    unwrap: Unwrap,
    continuity: Continuity,
    told: Option<i64>,
}

/// A playing session.
pub struct RtspSrcSession {
    pipeline: gst::Pipeline,
    posts: mpsc::Receiver<Post>,
    video: Lane,
    audio: Lane,
    ready: VecDeque<SourceEvent>,
}

impl RtspSrcSession {
    /// Opens the session and waits until its streams are known.
    pub async fn open(options: &SourceOptions) -> Result<Self, SourceError> {
        let (sender, posts) = mpsc::channel(WAITING);
        let pipeline = build(options, &sender)
            .map_err(|e| SourceError::Refused(format!("GStreamer cannot build rtspsrc: {e}")))?;
        let mut session = Self {
            pipeline,
            posts,
            video: Lane::default(),
            audio: Lane::default(),
            ready: VecDeque::new(),
        };
        // Failures come as messages, with better words.
        let _ = session.pipeline.set_state(gst::State::Playing);
        let seconds = options.timeout.as_secs_f64() * 2.0;
        let limit = options.timeout * 2;
        match tokio::time::timeout(limit, session.wait_for_streams()).await {
            Ok(result) => result?,
            Err(_) => {
                return Err(SourceError::Unreachable(format!("no session within {seconds} s")));
            }
        }
        Ok(session)
    }

    /// What the camera says of a stream.
    pub fn description(&self, track: Track) -> Option<&StreamDescription> {
        match track {
            Track::Video => self.video.description.as_ref(),
            Track::Audio => self.audio.description.as_ref(),
        }
    }

    /// The next packet or report.
    pub async fn next(&mut self) -> Result<SourceEvent, SourceError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            match self.posts.recv().await {
                Some(Post::Packet(track, raw)) => self.on_packet(track, &raw),
                Some(Post::Failed(error)) => return Err(error),
                Some(_) => {}
                None => return Err(SourceError::Ended("GStreamer went away".to_owned())),
            }
        }
    }

    /// Stops the session, with TEARDOWN where the camera still listens.
    pub async fn close(self) {
        drop(self);
    }

    async fn wait_for_streams(&mut self) -> Result<(), SourceError> {
        while let Some(post) = self.posts.recv().await {
            match post {
                Post::Described(track, description) => {
                    self.lane(track).description = Some(*description);
                }
                // All streams were described before the first of them plays.
                Post::Plays if self.video.description.is_some() => return Ok(()),
                Post::Plays => {
                    let why = "no H.264 or H.265 in the session; set the camera to one of them";
                    return Err(SourceError::NoVideo(why.to_owned()));
                }
                Post::Failed(error) => return Err(error),
                Post::Packet(track, raw) => self.on_packet(track, &raw),
            }
        }
        Err(SourceError::Ended("GStreamer went away".to_owned()))
    }

    fn lane(&mut self, track: Track) -> &mut Lane {
        match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        }
    }

    fn on_packet(&mut self, track: Track, raw: &RawPacket) {
        let lane = self.lane(track);
        let Some((packet, report)) = lane.take(raw) else { return };
        if let Some((media, utc)) = report {
            self.ready.push_back(SourceEvent::Report(track, media, utc));
        }
        self.ready.push_back(SourceEvent::Packet(track, packet));
    }
}

impl Drop for RtspSrcSession {
    fn drop(&mut self) {
        let pipeline = self.pipeline.clone();
        // Waits for the camera's answer to TEARDOWN: not on a reader's thread.
        std::thread::spawn(move || {
            let _ = pipeline.set_state(gst::State::Null);
        });
    }
}

impl Lane {
    fn take(&mut self, raw: &RawPacket) -> Option<(Packet, Option<(i64, Utc)>)> {
        let header = Header::read(&raw.bytes)?;
        let lost_before = self.continuity.packet(header.sequence)?;
        let timestamp = self.unwrap.packet(header.timestamp);
        let report = raw.reported.filter(|utc| self.is_news(timestamp, *utc));
        let packet = Packet {
            sequence: header.sequence,
            timestamp,
            marker: header.marker,
            lost_before,
            payload: raw.bytes.slice(header.payload),
            arrived: raw.arrived,
        };
        Some((packet, report.map(|utc| (timestamp, utc))))
    }

    /// The relation of the two clocks is not the one told last.
    fn is_news(&mut self, timestamp: i64, utc: Utc) -> bool {
        let rate = self.description.as_ref().map_or(90_000, |d| d.clock_rate.max(1));
        let media_ns = i128::from(timestamp) * 1_000_000_000 / i128::from(rate);
        let offset = i64::try_from(i128::from(utc.as_ns()) - media_ns).unwrap_or(i64::MAX);
        let news = self.told.is_none_or(|told| (told - offset).abs() > WORTH_TELLING_NS);
        if news {
            self.told = Some(offset);
        }
        news
    }
}

/// The fixed part of an RTP header.
struct Header {
    sequence: u16,
    timestamp: u32,
    marker: bool,
    payload: std::ops::Range<usize>,
}

impl Header {
    /// RFC 3550, section 5.1; nothing on anything malformed.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (first, second) = (*bytes.first()?, *bytes.get(1)?);
        let mut start = 12 + 4 * usize::from(first & 0x0f);
        if first & 0x10 != 0 {
            let words = bytes.get(start + 2..start + 4)?;
            start += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
        }
        let padding = if first & 0x20 != 0 { usize::from(*bytes.last()?) } else { 0 };
        let end = bytes.len().checked_sub(padding)?;
        let fixed = bytes.get(..12)?;
        (first >> 6 == 2 && start <= end).then(|| Self {
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            marker: second & 0x80 != 0,
            payload: start..end,
        })
    }
}

fn build(
    options: &SourceOptions,
    sender: &mpsc::Sender<Post>,
) -> Result<gst::Pipeline, gst::glib::BoolError> {
    let pipeline = gst::Pipeline::new();
    let source = gst::ElementFactory::make("rtspsrc")
        .property("location", options.address.url().as_str())
        .property("latency", JITTER_MS)
        .property("add-reference-timestamp-meta", true)
        .property("tcp-timeout", u64::try_from(options.timeout.as_micros()).unwrap_or(0))
        .property("udp-buffer-size", 2_097_152_i32)
        .property("user-agent", concat!("hitless/", env!("CARGO_PKG_VERSION")))
        .build()?;
    source.set_property_from_str("buffer-mode", "none");
    source.set_property_from_str(
        "protocols",
        match (options.transport, options.address.is_tls()) {
            (Transport::Udp, false) => "udp",
            (Transport::Udp, true) => "udp+tls",
            (Transport::Tcp, false) => "tcp",
            (Transport::Tcp, true) => "tcp+tls",
        },
    );
    if let Some((user, password)) = options.address.credentials() {
        source.set_property("user-id", user);
        source.set_property("user-pw", password);
    }
    super::tls::set_up(&source, options)?;
    pipeline.add(&source)?;
    select_streams(&source, options.audio, sender);
    take_packets(&pipeline, &source, sender);
    pass_on_messages(&pipeline, options, sender);
    Ok(pipeline)
}

/// Only what is recorded is set up: the first video and the first audio. What
/// the session says of them is told here, before they play: pads come one by
/// one, a sound that never starts has none, and the signal that says there are
/// no more of them overtakes the last.
fn select_streams(source: &gst::Element, audio: bool, sender: &mpsc::Sender<Post>) {
    let chosen = Mutex::new((false, !audio));
    let posts = sender.clone();
    source.connect("select-stream", false, move |values| {
        let caps = values.get(2)?.get::<gst::Caps>().ok()?;
        let described = describe(&caps).and_then(|d| Some((track_of(&d.encoding)?, d)));
        let Some((track, description)) = described else { return Some(false.to_value()) };
        let mut chosen = chosen.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = match track {
            Track::Video => !std::mem::replace(&mut chosen.0, true),
            Track::Audio => !std::mem::replace(&mut chosen.1, true),
        };
        if taken {
            let _ = posts.try_send(Post::Described(track, Box::new(description)));
        }
        Some(taken.to_value())
    });
}

fn take_packets(pipeline: &gst::Pipeline, source: &gst::Element, sender: &mpsc::Sender<Post>) {
    let (weak, posts) = (pipeline.downgrade(), sender.clone());
    source.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        // A new pad may know its caps before it has passed them on.
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let joined = describe(&caps)
            .and_then(|d| track_of(&d.encoding))
            .ok_or_else(|| gst::glib::bool_error!("unknown stream {caps}"))
            .and_then(|track| join(&pipeline, pad, track, &posts));
        let _ = posts.try_send(match joined {
            Ok(()) => Post::Plays,
            Err(error) => {
                let why = format!("GStreamer cannot join a stream: {error}");
                Post::Failed(SourceError::Refused(why))
            }
        });
    });
}

fn join(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    track: Track,
    posts: &mpsc::Sender<Post>,
) -> Result<(), gst::glib::BoolError> {
    let sink = app_sink(track, posts);
    pipeline.add(&sink)?;
    sink.sync_state_with_parent()?;
    let sink_pad = sink.static_pad("sink").ok_or_else(|| gst::glib::bool_error!("no pad"))?;
    pad.link(&sink_pad).map_err(|error| gst::glib::bool_error!("{error}"))?;
    Ok(())
}

fn app_sink(track: Track, posts: &mpsc::Sender<Post>) -> gst_app::AppSink {
    let posts = posts.clone();
    let sink = gst_app::AppSink::builder().sync(false).async_(false).build();
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                if let Some(raw) = sample.buffer().and_then(raw_packet) {
                    // A full queue loses the packet; its sequence number tells.
                    let _ = posts.try_send(Post::Packet(track, raw));
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    sink
}

fn raw_packet(buffer: &gst::BufferRef) -> Option<RawPacket> {
    let map = buffer.map_readable().ok()?;
    let reported = buffer.meta::<gst::ReferenceTimestampMeta>().and_then(|meta| {
        let ntp = meta.reference().structure(0)?.name() == "timestamp/x-ntp";
        ntp.then(|| utc_of_reference(meta.timestamp()))
    });
    Some(RawPacket { bytes: Bytes::copy_from_slice(&map), arrived: crate::clock::now(), reported })
}

/// Nanoseconds since 1900.
fn utc_of_reference(time: gst::ClockTime) -> Utc {
    let since_1900 = i128::from(time.nseconds());
    let ns = since_1900 - 2_208_988_800_i128 * 1_000_000_000;
    Utc::from_ns(i64::try_from(ns).unwrap_or(i64::MIN))
}

fn describe(caps: &gst::Caps) -> Option<StreamDescription> {
    let structure = caps.structure(0)?.to_owned();
    Some(StreamDescription::from_fields(|name| {
        let value = structure.value(name).ok()?;
        value
            .get::<String>()
            .ok()
            .or_else(|| value.get::<i32>().ok().map(|n| n.to_string()))
            .or_else(|| value.get::<u32>().ok().map(|n| n.to_string()))
    }))
}

fn pass_on_messages(
    pipeline: &gst::Pipeline,
    options: &SourceOptions,
    sender: &mpsc::Sender<Post>,
) {
    let (posts, address) = (sender.clone(), Arc::new(options.address.clone()));
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        let failure = match message.view() {
            gst::MessageView::Eos(_) => {
                Some(SourceError::Ended("the camera ended the session".to_owned()))
            }
            gst::MessageView::Error(error) => Some(failure_of(&address, error)),
            _ => None,
        };
        if let Some(failure) = failure {
            // A full queue is read until it is empty, and then found closed.
            let _ = posts.try_send(Post::Failed(failure));
        }
        gst::BusSyncReply::Drop
    });
}

fn failure_of(address: &super::address::Address, error: &gst::message::Error) -> SourceError {
    let debug = error.debug().unwrap_or_default();
    let (said, kind) = (words::of_element(&debug), error.error());
    if let Some(status) = words::status_in(said) {
        words::refusal(address, status, said)
    } else if kind.matches(gst::ResourceError::OpenRead)
        || kind.matches(gst::ResourceError::OpenReadWrite)
        || kind.matches(gst::ResourceError::NotFound)
        || kind.matches(gst::ResourceError::Read)
    {
        words::unreachable(address, said)
    } else {
        SourceError::Refused(words::plain(address, &format!("{kind} ({said})")))
    }
}
