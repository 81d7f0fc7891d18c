//! Why a session failed or ended, from GStreamer's messages, in our words.

use super::Post;
use crate::source::address::Address;
use crate::source::{SourceError, SourceOptions, words};
use gstreamer as gst;
use gstreamer::prelude::*;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Posts what ends the session.
pub(super) fn pass_on(
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

fn failure_of(address: &Address, error: &gst::message::Error) -> SourceError {
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
