//! Samples as GStreamer's buffers.

use super::in_flight::{Counted, InFlight};
use super::sample::{AudioSample, VideoSample};
use gstreamer as gst;
use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{MediaSpan, MediaTime};
use std::sync::Arc;

/// Where a strand's first sample lies in running time. Room before it for
/// decode times of reordered pictures and for audio that leads.
const ORIGIN: gst::ClockTime = gst::ClockTime::from_seconds(3600);

/// Marks a delta frame that is shown to splitmuxsink as a key frame. The flag
/// means nothing to the elements it passes.
pub(super) const SHOWN_AS_KEY: gst::BufferFlags = gst::BufferFlags::MARKER;

/// Running time of a place `since_origin` into the pipeline.
pub(super) fn running_time(since_origin: MediaSpan) -> gst::ClockTime {
    let ns = since_origin.to_nanos(VIDEO_TIMESCALE).get();
    let origin = i64::try_from(ORIGIN.nseconds()).unwrap_or(i64::MAX);
    let time = origin.saturating_add(ns).max(0);
    gst::ClockTime::from_nseconds(u64::try_from(time).unwrap_or(0))
}

pub(super) fn video_buffer(
    sample: VideoSample,
    origin: MediaTime,
    begins_group: bool,
    in_flight: &Arc<InFlight>,
) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_slice(Counted::new(sample.data, in_flight));
    let b = buffer.get_mut().expect("a new buffer has one owner");
    let start = running_time(sample.dts.since(origin));
    b.set_dts(start);
    b.set_pts(running_time(sample.pts.since(origin)));
    b.set_duration(running_time(sample.dts.plus(sample.duration).since(origin)) - start);
    if !sample.key {
        b.set_flags(if begins_group { SHOWN_AS_KEY } else { gst::BufferFlags::DELTA_UNIT });
    }
    buffer
}

pub(super) fn audio_buffer(
    sample: AudioSample,
    origin: MediaTime,
    in_flight: &Arc<InFlight>,
) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_slice(Counted::new(sample.data, in_flight));
    let b = buffer.get_mut().expect("a new buffer has one owner");
    let start = running_time(sample.pts.since(origin));
    b.set_pts(start);
    b.set_dts(start);
    b.set_duration(running_time(sample.pts.plus(sample.duration).since(origin)) - start);
    buffer
}

/// An empty buffer that says: nothing until here.
pub(super) fn silence(since_origin: MediaSpan) -> gst::Buffer {
    let mut buffer = gst::Buffer::new();
    let b = buffer.get_mut().expect("a new buffer has one owner");
    b.set_pts(running_time(since_origin));
    b.set_dts(running_time(since_origin));
    b.set_flags(gst::BufferFlags::GAP | gst::BufferFlags::DROPPABLE);
    buffer
}
