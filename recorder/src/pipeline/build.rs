//! The parts of a pipeline and how they are joined.

use super::buffer::SHOWN_AS_KEY;
use super::caps::{audio_caps, video_caps};
use super::feed::{Feed, source_before};
use super::marks;
use super::mend;
use super::sample::{AudioFormat, Treatment, VideoFormat};
use super::sound_way::SoundWay;
use super::{PipelineError, Planned};
use crate::crew::Crew;
use gstreamer as gst;
use gstreamer::prelude::*;
use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{AudioCodec, CameraId};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Length of a fragment: what a killed process loses of what was muxed. Half of
/// what is promised, because encoded sound comes up to 0.4 s behind its video.
const FRAGMENT_MS: u32 = 500;
/// Length of a file's first fragment. A file is readable once it is complete,
/// so it must be shorter than the first group that splitmuxsink lets go.
const FIRST_FRAGMENT_MS: u32 = 300;

/// What the muxer takes of a track before the other one follows: without sound a
/// whole group passes at once instead of buffer by buffer between two threads.
const WHOLE_GROUP: gst::ClockTime = gst::ClockTime::from_seconds(2);
/// With sound it has to be less than a group. When a group is released, the first
/// of splitmuxsink's threads to wake takes the order; one that got through its
/// group before the other woke waits for the next order, and the other, finding
/// none, sleeps on: a group stayed behind for a second, about every other time.
const LEAD: gst::ClockTime = gst::ClockTime::from_mseconds(200);

/// Where a file goes that must not be written.
const REFUSED: &str = "/dev/null/refused";

/// The sizes of the latest key frames that went into a muxer.
#[derive(Clone, Default)]
struct KeySizes(Arc<Mutex<VecDeque<u32>>>);

impl KeySizes {
    /// More than a fragment has.
    const KEPT: usize = 32;

    fn note(&self, size: usize) {
        let mut sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sizes.extend(u32::try_from(size));
        if sizes.len() > Self::KEPT {
            sizes.pop_front();
        }
    }

    fn contain(&self, size: u32) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&size)
    }
}

/// More buffers than fit into memory: a queue of this length is never full.
const UNLIMITED: u32 = u32::MAX / 2;

/// A pipeline that is not started yet.
pub(super) struct Parts {
    pub(super) pipeline: gst::Pipeline,
    pub(super) sink: gst::Element,
    pub(super) feed: Feed,
}

pub(super) fn build(
    camera: &CameraId,
    video: &VideoFormat,
    audio: Option<&AudioFormat>,
    planned: &Planned,
    workers: &Crew,
) -> Result<Parts, PipelineError> {
    let fail = |detail: String| PipelineError::Build { camera: camera.clone(), detail };
    join(video, audio, planned, workers).map_err(|e| fail(e.to_string()))
}

fn join(
    video: &VideoFormat,
    audio: Option<&AudioFormat>,
    planned: &Planned,
    workers: &Crew,
) -> Result<Parts, gst::glib::BoolError> {
    let pipeline = gst::Pipeline::new();
    let sink = split_mux_sink(audio, planned)?;
    pipeline.add(&sink)?;
    let video = source_before(&track(&sink, "video")?, &video_caps(video))?;
    let sound = match audio {
        Some(format) => Some(sound_way(&pipeline, track(&sink, "audio_0")?, format)?),
        None => None,
    };
    leave_queues_open(&sink);
    Ok(Parts { pipeline, sink, feed: Feed::new(video, sound, workers.clone()) })
}

fn track(sink: &gst::Element, name: &str) -> Result<gst::Pad, gst::glib::BoolError> {
    let pad = sink.request_pad_simple(name);
    pad.ok_or_else(|| gst::glib::bool_error!("splitmuxsink has no pad {name}"))
}

/// What waits for the disk is limited by the strand, which counts it; who
/// hands it over must not be held up.
fn leave_queues_open(sink: &gst::Element) {
    let Some(bin) = sink.downcast_ref::<gst::Bin>() else { return };
    for queue in bin.iterate_all_by_element_factory_name("queue").into_iter().flatten() {
        queue.set_property("max-size-buffers", UNLIMITED);
    }
}

/// `[decode ! encode !] track`.
fn sound_way(
    pipeline: &gst::Pipeline,
    track: gst::Pad,
    format: &AudioFormat,
) -> Result<SoundWay, gst::glib::BoolError> {
    let decoder = if format.codec == AudioCodec::Pcma { "alawdec" } else { "mulawdec" };
    let parts: &[&str] = match format.treatment {
        Treatment::AsIs => &[],
        Treatment::Pcm => &[decoder],
        Treatment::Aac => &[decoder, "audioconvert", "avenc_aac", "aacparse"],
    };
    let (mut into, mut end) = (track.clone(), None);
    for name in parts.iter().rev() {
        let element = gst::ElementFactory::make(name).build()?;
        pipeline.add(&element)?;
        let pad = |side| {
            let pad = element.static_pad(side);
            pad.ok_or_else(|| gst::glib::bool_error!("{name} has no pad {side}"))
        };
        let source = pad("src")?;
        source.link(&into).map_err(|e| gst::glib::bool_error!("no link from {name}: {e}"))?;
        end.get_or_insert(source);
        into = pad("sink")?;
    }
    let source = source_before(&into, &audio_caps(format))?;
    Ok(match end {
        Some(end) => SoundWay::through(source, &end, track),
        None => SoundWay::direct(source),
    })
}

fn split_mux_sink(
    audio: Option<&AudioFormat>,
    planned: &Planned,
) -> Result<gst::Element, gst::glib::BoolError> {
    let muxer = muxer(audio)?;
    let groups = Arc::new(AtomicU32::new(0));
    let keys = KeySizes::default();
    prepare_video(&muxer, &groups, &keys);
    mend_fragments(&muxer, keys);
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
        .property("latency", if audio.is_some() { LEAD } else { WHOLE_GROUP }.nseconds())
        .build()?;
    muxer.set_property_from_str("fragment-mode", "first-moov-then-finalise");
    Ok(muxer)
}

fn mend_fragments(muxer: &gst::Element, keys: KeySizes) {
    let Some(pad) = muxer.static_pad("src") else { return };
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            mend_boxes(buffer, &keys);
        }
        gst::PadProbeReturn::Ok
    });
}

fn mend_boxes(buffer: &mut gst::Buffer, keys: &KeySizes) {
    let mut head = [0_u8; 8];
    if buffer.size() >= head.len()
        && buffer.copy_to_slice(0, &mut head).is_ok()
        && mend::concerns(head)
        && let Ok(mut map) = buffer.make_mut().map_writable()
    {
        mend::mend(&mut map, |size| keys.contain(size));
    }
}

/// The video track gets its timescale; in front of the muxer marks end and delta
/// frames get their flag back; and once the first group of a file has passed,
/// fragments get their full length.
fn prepare_video(muxer: &gst::Element, groups: &Arc<AtomicU32>, keys: &KeySizes) {
    let (groups, muxing, keys) = (Arc::clone(groups), muxer.downgrade(), keys.clone());
    muxer.connect_pad_added(move |_, pad| {
        marks::end_at(pad);
        // Sound keeps its own: in any other the muxer miscounts PCM.
        if !pad.name().starts_with("video") {
            return;
        }
        pad.set_property("trak-timescale", VIDEO_TIMESCALE);
        let (groups, muxing, keys) = (Arc::clone(&groups), muxing.clone(), keys.clone());
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
            } else if begins_group {
                keys.note(buffer.size());
            }
            gst::PadProbeReturn::Ok
        });
    });
}
