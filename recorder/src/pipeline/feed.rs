//! Hands a track's buffers to splitmuxsink, from threads that cameras share.
//!
//! Pushing blocks: splitmuxsink waits for the other track, for the muxer, for
//! the disk. So a track has a queue, and a worker empties it that exists only
//! while there is something in it. An `appsrc` would have a thread of its own
//! for each track, which sleeps most of the time, and costs a wake-up more.
//!
//! Invariants: pushing never blocks the caller; one worker at most is at a
//! track, so its order is kept; once GStreamer refused something, nothing more
//! is taken.

use super::in_flight::InFlight;
use gstreamer as gst;
use gstreamer::prelude::*;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;

/// The way into one track.
pub(super) struct Feed {
    lane: Arc<Lane>,
    pub(super) in_flight: Arc<InFlight>,
}

/// GStreamer takes nothing more.
#[derive(Debug)]
pub(super) struct Refused;

struct Lane {
    pad: gst::Pad,
    queue: Mutex<Queue>,
    workers: Handle,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Item>,
    has_worker: bool,
    refused: bool,
}

enum Item {
    Buffer(gst::Buffer),
    End,
}

impl Feed {
    /// A source of `caps` before `sink`.
    pub(super) fn before(
        sink: &gst::Pad,
        caps: &gst::Caps,
        workers: Handle,
        in_flight: &Arc<InFlight>,
    ) -> Result<Self, gst::glib::BoolError> {
        let pad = gst::Pad::new(gst::PadDirection::Src);
        pad.link(sink).map_err(|e| gst::glib::bool_error!("no link to {}: {e}", sink.name()))?;
        pad.set_active(true)?;
        let start = gst::event::StreamStart::builder(&format!("{}", sink.name()))
            .group_id(gst::GroupId::next())
            .build();
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let events = [start, gst::event::Caps::new(caps), gst::event::Segment::new(&segment)];
        for event in events {
            // Kept at the pad, and sent on in front of the first buffer.
            pad.store_sticky_event(&event)
                .map_err(|e| gst::glib::bool_error!("an event is refused: {e}"))?;
        }
        let lane = Lane { pad, queue: Mutex::default(), workers };
        Ok(Self { lane: Arc::new(lane), in_flight: Arc::clone(in_flight) })
    }

    /// Hands over buffers in this order.
    pub(super) fn push(
        &self,
        buffers: impl IntoIterator<Item = gst::Buffer>,
    ) -> Result<(), Refused> {
        self.enqueue(buffers.into_iter().map(Item::Buffer))
    }

    /// Nothing comes after what was pushed.
    pub(super) fn end(&self) -> Result<(), Refused> {
        self.enqueue(std::iter::once(Item::End))
    }

    /// Sends a worker home that is still there.
    pub(super) fn stop(&self) {
        // A pad that is not active any more is what is wanted.
        let _ = self.lane.pad.set_active(false);
    }

    fn enqueue(&self, items: impl Iterator<Item = Item>) -> Result<(), Refused> {
        let mut queue = self.lane.queue();
        if queue.refused {
            return Err(Refused);
        }
        queue.waiting.extend(items);
        if !queue.waiting.is_empty() && !queue.has_worker {
            queue.has_worker = true;
            let lane = Arc::clone(&self.lane);
            drop(queue);
            self.lane.workers.spawn_blocking(move || lane.work());
        }
        Ok(())
    }
}

impl Lane {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        loop {
            let items = {
                let mut queue = self.queue();
                if queue.waiting.is_empty() {
                    queue.has_worker = false;
                    return;
                }
                std::mem::take(&mut queue.waiting)
            };
            if !items.into_iter().all(|item| self.pass(item)) {
                let mut queue = self.queue();
                queue.refused = true;
                queue.waiting.clear();
                queue.has_worker = false;
                return;
            }
        }
    }

    fn pass(&self, item: Item) -> bool {
        match item {
            Item::Buffer(buffer) => self.pad.push(buffer).is_ok(),
            Item::End => self.pad.push_event(gst::event::Eos::new()),
        }
    }
}
