//! Hands groups to splitmuxsink, from threads that cameras share.
//!
//! Pushing may block: splitmuxsink makes files while it holds its lock, and a
//! disk may hang. So groups wait in a queue, and a worker of a crew empties it
//! that is there only while there is something in it. An `appsrc` would have a
//! thread of its own for each track, which sleeps most of the time, and costs a
//! wake-up more.
//!
//! splitmuxsink lets go of a group when the next one has begun and the sound has
//! come as far; whichever comes first waits for the other, and with it whoever
//! brings it. So that one thread can bring both, the picture that begins the
//! next group comes last, and a mark in each track says before it that the
//! track has come so far. Marks end in front of the muxer (`marks.rs`).
//!
//! Invariants: pushing never blocks the caller; one worker at most is at a
//! pipeline, so its order is kept; once GStreamer refused something, nothing
//! more is taken.

use super::hold::Group;
use super::marks;
use super::sound_way::SoundWay;
use crate::crew::Crew;
use gstreamer as gst;
use gstreamer::prelude::*;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The way into all tracks of a pipeline.
pub(super) struct Feed(Arc<Lane>);

/// GStreamer takes nothing more.
#[derive(Debug)]
pub(super) struct Refused;

struct Lane {
    video: gst::Pad,
    audio: Option<gst::Pad>,
    queue: Mutex<Queue>,
    workers: Crew,
}

struct Queue {
    waiting: VecDeque<Item>,
    /// What a worker works on; gone while there is one, and after a refusal.
    tracks: Option<Tracks>,
    refused: bool,
}

enum Item {
    Group(Group),
    End(Group),
}

/// Both tracks, as the one worker sees them.
struct Tracks {
    video: gst::Pad,
    sound: Option<SoundWay>,
    begun: bool,
    /// When the latest picture is shown.
    latest: Option<gst::ClockTime>,
}

/// A pad that gives `caps` to `sink`.
pub(super) fn source_before(
    sink: &gst::Pad,
    caps: &gst::Caps,
) -> Result<gst::Pad, gst::glib::BoolError> {
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
    Ok(pad)
}

impl Feed {
    /// Into the track behind `video`, and the one that `sound` leads to.
    pub(super) fn new(video: gst::Pad, sound: Option<SoundWay>, workers: Crew) -> Self {
        let audio = sound.as_ref().map(|sound| sound.source().clone());
        let tracks = Tracks { video: video.clone(), sound, begun: false, latest: None };
        let queue = Queue { waiting: VecDeque::new(), tracks: Some(tracks), refused: false };
        Self(Arc::new(Lane { video, audio, queue: Mutex::new(queue), workers }))
    }

    /// Hands over groups in this order.
    pub(super) fn push(&self, groups: Vec<Group>) -> Result<(), Refused> {
        self.enqueue(groups.into_iter().map(Item::Group))
    }

    /// Nothing comes after these and `last`.
    pub(super) fn end(&self, groups: Vec<Group>, last: Group) -> Result<(), Refused> {
        self.enqueue(groups.into_iter().map(Item::Group).chain([Item::End(last)]))
    }

    /// Sends a worker home that is still there.
    pub(super) fn stop(&self) {
        for pad in self.0.audio.iter().chain([&self.0.video]) {
            // A pad that is not active any more is what is wanted.
            let _ = pad.set_active(false);
        }
    }

    fn enqueue(&self, items: impl Iterator<Item = Item>) -> Result<(), Refused> {
        let mut queue = self.0.queue();
        if queue.refused {
            return Err(Refused);
        }
        queue.waiting.extend(items);
        if queue.waiting.is_empty() {
            return Ok(());
        }
        if let Some(tracks) = queue.tracks.take() {
            drop(queue);
            let lane = Arc::clone(&self.0);
            self.0.workers.submit(move || lane.work(tracks));
        }
        Ok(())
    }
}

impl Lane {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, mut tracks: Tracks) {
        loop {
            let items = {
                let mut queue = self.queue();
                if queue.waiting.is_empty() {
                    queue.tracks = Some(tracks);
                    return;
                }
                std::mem::take(&mut queue.waiting)
            };
            if items.into_iter().try_for_each(|item| tracks.pass(item)).is_err() {
                let mut queue = self.queue();
                queue.refused = true;
                queue.waiting.clear();
                return;
            }
        }
    }
}

impl Tracks {
    fn pass(&mut self, item: Item) -> Result<(), Refused> {
        let refused = |_: gst::FlowError| Refused;
        match item {
            Item::Group(group) => self.group(group).map_err(refused),
            Item::End(last) => self.end(last),
        }
    }

    /// Completes the group that has begun, and begins the next one.
    fn group(&mut self, group: Group) -> Result<(), gst::FlowError> {
        let Group { mut video, audio } = group;
        let Some(next) = video.pop() else { return Ok(()) };
        self.pictures(video)?;
        if let Some(sound) = &mut self.sound {
            sound.take(audio)?;
            if let Some(border) = next.pts().filter(|_| self.begun) {
                self.video.push(marks::of_pictures(border, next.dts()))?;
                if sound.takes_marks() {
                    sound.pass_until(border, marks::of_sound(border))?;
                } else if !sound.end() {
                    // It ends before its sound came, and the pictures wait for none.
                    return Err(gst::FlowError::Error);
                }
            }
        }
        self.begun = true;
        self.pictures(vec![next])
    }

    /// Pictures end first: from then on sound waits for nothing. Before the end
    /// a mark says that all have been decoded: the last group is let go of only
    /// then, and otherwise the one after it would be taken for its rest.
    fn end(&mut self, last: Group) -> Result<(), Refused> {
        let refused = |_: gst::FlowError| Refused;
        self.pictures(last.video).map_err(refused)?;
        if let Some(latest) = self.latest {
            self.video.push(marks::of_last_picture(latest)).map_err(refused)?;
        }
        let mut ended = self.video.push_event(gst::event::Eos::new());
        if let Some(sound) = &mut self.sound {
            let taken = sound.take(last.audio);
            ended &= sound.end() && taken.is_ok();
        }
        if ended { Ok(()) } else { Err(Refused) }
    }

    fn pictures(&mut self, buffers: Vec<gst::Buffer>) -> Result<(), gst::FlowError> {
        buffers.into_iter().try_for_each(|buffer| {
            self.latest = self.latest.max(buffer.pts());
            self.video.push(buffer).map(drop)
        })
    }
}
