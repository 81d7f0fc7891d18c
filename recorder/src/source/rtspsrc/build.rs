//! The pipeline of a session: `rtspsrc` as we want it, and of what the camera
//! offers only what is recorded.

use super::packets::{describe, take_packets};
use super::{Post, messages};
use crate::source::choose::track_of;
use crate::source::{SourceOptions, Track, Transport, tls};
use gstreamer as gst;
use gstreamer::prelude::*;
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;

/// How long the jitter buffer waits for a late packet.
const JITTER_MS: u32 = 200;
/// Builds it; it is not started.
pub(super) fn pipeline(
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
    tls::set_up(&source, options)?;
    pipeline.add(&source)?;
    select_streams(&source, options.audio, sender);
    take_packets(&pipeline, &source, sender);
    messages::pass_on(&pipeline, options, sender);
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
