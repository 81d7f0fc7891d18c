//! From pads to packets: an appsink behind each stream of a session posts what
//! comes, with the camera's UTC where it is known.
//!
//! Runs on GStreamer's threads, and never waits there.

use super::Post;
use crate::rtp::StreamDescription;
use crate::source::choose::track_of;
use crate::source::{SourceError, Track};
use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use hitless_model::Utc;
use tokio::sync::mpsc;

/// A packet with its header still on.
pub(super) struct RawPacket {
    pub(super) bytes: Bytes,
    pub(super) arrived: Utc,
    pub(super) reported: Option<Utc>,
}

/// Joins each stream as its pad appears.
pub(super) fn take_packets(
    pipeline: &gst::Pipeline,
    source: &gst::Element,
    sender: &mpsc::Sender<Post>,
) {
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

/// What caps say of a stream.
pub(super) fn describe(caps: &gst::Caps) -> Option<StreamDescription> {
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
