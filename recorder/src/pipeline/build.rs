//! The parts of a pipeline and how they are joined.

use super::in_flight::{Counted, InFlight};
use super::mend;
use super::sample::{AudioFormat, AudioSample, Treatment, VideoFormat, VideoSample};
use super::{PipelineError, PipelineEvent, Planned, Post};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{AudioCodec, CameraId, MediaSpan, MediaTime, VideoCodec};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, PoisonError};

/// Where a strand's first sample lies in running time. Room before it for
/// decode times of reordered pictures and for audio that leads.
const ORIGIN: gst::ClockTime = gst::ClockTime::from_seconds(3600);

/// Marks a delta frame that is shown to splitmuxsink as a key frame. The flag
/// means nothing to the elements it passes.
const SHOWN_AS_KEY: gst::BufferFlags = gst::BufferFlags::MARKER;

/// Length of a fragment: what a killed process loses of what was muxed.
const FRAGMENT_MS: u32 = 1000;
/// Length of a file's first fragment. A file is readable once it is complete,
/// so it must be shorter than the first group that splitmuxsink lets go.
const FIRST_FRAGMENT_MS: u32 = 300;

/// Where a file goes that must not be written.
const REFUSED: &str = "/dev/null/refused";

/// An appsrc and what its buffers need.
pub(super) struct Feed {
    pub(super) source: gst_app::AppSrc,
    in_flight: Arc<InFlight>,
}

/// A pipeline that is not started yet.
pub(super) struct Parts {
    pub(super) pipeline: gst::Pipeline,
    pub(super) sink: gst::Element,
    pub(super) video: Feed,
    pub(super) audio: Option<Feed>,
}

pub(super) fn build(
    camera: &CameraId,
    video: &VideoFormat,
    audio: Option<&AudioFormat>,
    planned: &Planned,
    in_flight: &Arc<InFlight>,
) -> Result<Parts, PipelineError> {
    let fail = |detail: String| PipelineError::Build { camera: camera.clone(), detail };
    join(video, audio, planned, in_flight).map_err(|e| fail(e.to_string()))
}

fn join(
    video: &VideoFormat,
    audio: Option<&AudioFormat>,
    planned: &Planned,
    in_flight: &Arc<InFlight>,
) -> Result<Parts, gst::glib::BoolError> {
    let pipeline = gst::Pipeline::new();
    let sink = split_mux_sink(audio, planned)?;
    let video_source = app_source(&video_caps(video));
    pipeline.add_many([video_source.upcast_ref(), &sink])?;
    video_source.link_pads(Some("src"), &sink, Some("video"))?;
    let audio = match audio {
        Some(format) => Some(audio_chain(&pipeline, &sink, format)?),
        None => None,
    };
    let feed = |source| Feed { source, in_flight: Arc::clone(in_flight) };
    Ok(Parts { pipeline, sink, video: feed(video_source), audio: audio.map(feed) })
}

/// `appsrc [! decode ! encode] ! splitmuxsink.audio_0`
fn audio_chain(
    pipeline: &gst::Pipeline,
    sink: &gst::Element,
    format: &AudioFormat,
) -> Result<gst_app::AppSrc, gst::glib::BoolError> {
    let source = app_source(&audio_caps(format));
    pipeline.add(&source)?;
    let mut last: gst::Element = source.clone().upcast();
    let decoder = if format.codec == AudioCodec::Pcma { "alawdec" } else { "mulawdec" };
    let parts: &[&str] = match format.treatment {
        Treatment::AsIs => &[],
        Treatment::Pcm => &[decoder],
        Treatment::Aac => &[decoder, "audioconvert", "avenc_aac", "aacparse"],
    };
    for name in parts {
        let element = gst::ElementFactory::make(name).build()?;
        pipeline.add(&element)?;
        last.link(&element)?;
        last = element;
    }
    last.link_pads(Some("src"), sink, Some("audio_0"))?;
    Ok(source)
}

fn app_source(caps: &gst::Caps) -> gst_app::AppSrc {
    gst_app::AppSrc::builder()
        .caps(caps)
        .format(gst::Format::Time)
        .block(false)
        .max_bytes(0)
        .build()
}

fn split_mux_sink(
    audio: Option<&AudioFormat>,
    planned: &Planned,
) -> Result<gst::Element, gst::glib::BoolError> {
    let muxer = muxer(audio)?;
    let groups = Arc::new(AtomicU32::new(0));
    mark_delta_frames(&muxer, &groups);
    // Written out unit by unit: what a killed process has muxed is in the file.
    let file = gst::ElementFactory::make("filesink").property("async", false).build()?;
    file.set_property_from_str("buffer-mode", "unbuffered");
    let sink = gst::ElementFactory::make("splitmuxsink")
        .property("muxer", &muxer)
        .property("sink", &file)
        .property("max-size-time", 0_u64)
        .property("max-size-bytes", 0_u64)
        .property("send-keyframe-requests", false)
        .build()?;
    let planned = Planned::clone(planned);
    let muxing = muxer.downgrade();
    sink.connect("format-location-full", false, move |_| {
        groups.store(0, Ordering::Relaxed);
        if let Some(muxer) = muxing.upgrade() {
            muxer.set_property("fragment-duration", FIRST_FRAGMENT_MS);
        }
        let next = planned.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let made = next.and_then(|make| make());
        // A path below a file: filesink cannot open it, and truncates nothing.
        let location = made.unwrap_or_else(|| PathBuf::from(REFUSED));
        Some(location.to_string_lossy().into_owned().to_value())
    });
    Ok(sink)
}

/// mp4mux takes no G.711; qtmux, its sibling, does.
fn muxer(audio: Option<&AudioFormat>) -> Result<gst::Element, gst::glib::BoolError> {
    let raw = audio.is_some_and(|a| {
        matches!(a.stored_as(), AudioCodec::Pcmu | AudioCodec::Pcma | AudioCodec::Pcm)
    });
    let muxer = gst::ElementFactory::make(if raw { "qtmux" } else { "mp4mux" })
        .property("fragment-duration", FRAGMENT_MS)
        .property("trak-timescale", VIDEO_TIMESCALE)
        // Lets a whole group pass at once instead of buffer by buffer between
        // two threads.
        .property("latency", 2_000_000_000_u64)
        .build()?;
    muxer.set_property_from_str("fragment-mode", "first-moov-then-finalise");
    if let Some(pad) = muxer.static_pad("src") {
        pad.add_probe(gst::PadProbeType::BUFFER, |_, info| {
            if let Some(buffer) = info.buffer_mut() {
                mend_boxes(buffer);
            }
            gst::PadProbeReturn::Ok
        });
    }
    Ok(muxer)
}

fn mend_boxes(buffer: &mut gst::Buffer) {
    let mut head = [0_u8; 8];
    if buffer.size() >= head.len()
        && buffer.copy_to_slice(0, &mut head).is_ok()
        && mend::concerns(head)
        && let Ok(mut map) = buffer.make_mut().map_writable()
    {
        mend::mend(&mut map);
    }
}

/// In front of the muxer delta frames get their flag back; and once the first
/// group of a file has passed, fragments get their full length.
fn mark_delta_frames(muxer: &gst::Element, groups: &Arc<AtomicU32>) {
    let (groups, muxing) = (Arc::clone(groups), muxer.downgrade());
    muxer.connect_pad_added(move |_, pad| {
        if !pad.name().starts_with("video") {
            return;
        }
        let (groups, muxing) = (Arc::clone(&groups), muxing.clone());
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let Some(buffer) = info.buffer_mut() else { return gst::PadProbeReturn::Ok };
            let begins_group = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
            let second = begins_group && groups.fetch_add(1, Ordering::Relaxed) == 1;
            if let Some(muxer) = muxing.upgrade().filter(|_| second) {
                muxer.set_property("fragment-duration", FRAGMENT_MS);
            }
            if buffer.flags().contains(SHOWN_AS_KEY) {
                let buffer = buffer.make_mut();
                buffer.unset_flags(SHOWN_AS_KEY);
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
            gst::PadProbeReturn::Ok
        });
    });
}

fn video_caps(format: &VideoFormat) -> gst::Caps {
    let (name, stream_format) = match format.codec {
        VideoCodec::H264 => ("video/x-h264", "avc"),
        VideoCodec::H265 => ("video/x-h265", "hvc1"),
    };
    gst::Caps::builder(name)
        .field("stream-format", stream_format)
        .field("alignment", "au")
        .field("width", i32::try_from(format.width).unwrap_or(i32::MAX))
        .field("height", i32::try_from(format.height).unwrap_or(i32::MAX))
        .field("codec_data", gst::Buffer::from_slice(format.configuration.clone()))
        .build()
}

fn audio_caps(format: &AudioFormat) -> gst::Caps {
    let rate = i32::try_from(format.sample_rate).unwrap_or(i32::MAX);
    let channels = i32::try_from(format.channels).unwrap_or(1);
    let caps = match format.codec {
        AudioCodec::Aac => gst::Caps::builder("audio/mpeg")
            .field("mpegversion", 4_i32)
            .field("stream-format", "raw")
            .field("framed", true)
            .field("codec_data", gst::Buffer::from_slice(format.configuration.clone())),
        AudioCodec::Opus => {
            gst::Caps::builder("audio/x-opus").field("channel-mapping-family", 0_i32)
        }
        AudioCodec::Pcmu => gst::Caps::builder("audio/x-mulaw"),
        AudioCodec::Pcma => gst::Caps::builder("audio/x-alaw"),
        AudioCodec::Pcm => gst::Caps::builder("audio/x-raw")
            .field("format", "S16LE")
            .field("layout", "interleaved"),
    };
    caps.field("rate", rate).field("channels", channels).build()
}

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
    feed: &Feed,
) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_slice(Counted::new(sample.data, &feed.in_flight));
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

pub(super) fn audio_buffer(sample: AudioSample, origin: MediaTime, feed: &Feed) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_slice(Counted::new(sample.data, &feed.in_flight));
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

/// Turns bus messages into events. The handler only posts.
pub(super) fn watch(pipeline: &gst::Pipeline, failed: &Arc<AtomicBool>, post: Post) {
    if let Some(bus) = pipeline.bus() {
        let failed = Arc::clone(failed);
        bus.set_sync_handler(move |_, message| {
            if let Some(event) = event_of(message) {
                if matches!(event, PipelineEvent::Failed { .. }) {
                    failed.store(true, Ordering::Relaxed);
                }
                post(event);
            }
            gst::BusSyncReply::Drop
        });
    }
}

fn event_of(message: &gst::Message) -> Option<PipelineEvent> {
    match message.view() {
        gst::MessageView::Eos(_) => Some(PipelineEvent::Finished),
        gst::MessageView::Error(error) => Some(PipelineEvent::Failed {
            detail: match error.debug() {
                // Its last line; the ones before name source file and element.
                Some(debug) => {
                    let said = debug.trim_end().rsplit('\n').next().unwrap_or_default();
                    format!("{} ({said})", error.error())
                }
                None => error.error().to_string(),
            },
            no_space: error.error().matches(gst::ResourceError::NoSpaceLeft),
        }),
        gst::MessageView::Element(element) => {
            let structure = element.structure()?;
            let file = || structure.get::<String>("location").ok().map(PathBuf::from);
            match structure.name().as_str() {
                "splitmuxsink-fragment-opened" => file().map(PipelineEvent::Opened),
                "splitmuxsink-fragment-closed" => file().map(PipelineEvent::Closed),
                _ => None,
            }
        }
        _ => None,
    }
}
