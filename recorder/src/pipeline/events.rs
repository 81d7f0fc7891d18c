//! What GStreamer says on its bus, as events.

use super::{PipelineEvent, Post};
use gstreamer as gst;
use gstreamer::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
