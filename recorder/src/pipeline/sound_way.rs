//! The way of the sound into its track: as it comes, or through a decoder and
//! an encoder, whose output is taken at their end and handed on when its time
//! has come.
//!
//! Invariants: sound goes into the track in order, and not before it is let
//! through; nothing here waits for another track.

use gstreamer as gst;
use gstreamer::prelude::*;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What comes out of an encoder.
#[derive(Default)]
struct Encoded {
    buffers: Mutex<Vec<gst::Buffer>>,
    /// It goes on into the track by itself.
    passes: AtomicBool,
}

/// From the hand-over of sound to splitmuxsink.
pub(super) struct SoundWay {
    /// Where sound as it came is handed in.
    source: gst::Pad,
    /// Splitmuxsink's pad, and what is on its way there, if that is not the
    /// next one.
    through: Option<(gst::Pad, Arc<Encoded>)>,
    waiting: VecDeque<gst::Buffer>,
    ended: bool,
}

impl SoundWay {
    /// From `source` straight into the track.
    pub(super) fn direct(source: gst::Pad) -> Self {
        Self { source, through: None, waiting: VecDeque::new(), ended: false }
    }

    /// From `source` through elements of which `end` is the last pad, into
    /// `track`.
    pub(super) fn through(source: gst::Pad, end: &gst::Pad, track: gst::Pad) -> Self {
        let encoded = Arc::new(Encoded::default());
        let taken = Arc::clone(&encoded);
        end.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if taken.passes.load(Ordering::Relaxed) {
                return gst::PadProbeReturn::Ok;
            }
            if let Some(buffer) = info.buffer() {
                let mut buffers = taken.buffers.lock().unwrap_or_else(PoisonError::into_inner);
                buffers.push(buffer.clone());
            }
            gst::PadProbeReturn::Handled
        });
        let through = Some((track, encoded));
        Self { source, through, waiting: VecDeque::new(), ended: false }
    }

    /// Takes sound as it came; it waits until it is let through.
    pub(super) fn take(&mut self, buffers: Vec<gst::Buffer>) -> Result<(), gst::FlowError> {
        let Some((_, encoded)) = &self.through else {
            self.waiting.extend(buffers);
            return Ok(());
        };
        for buffer in buffers {
            self.source.push(buffer)?;
        }
        let mut made = encoded.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.extend(made.drain(..));
        Ok(())
    }

    /// Lets through what starts before `border`, and `mark` behind it.
    pub(super) fn pass_until(
        &mut self,
        border: gst::ClockTime,
        mark: gst::Buffer,
    ) -> Result<(), gst::FlowError> {
        let is_due = |buffer: &mut gst::Buffer| buffer.pts().is_none_or(|pts| pts < border);
        while let Some(buffer) = self.waiting.pop_front_if(is_due) {
            self.pass(buffer)?;
        }
        self.pass(mark)
    }

    /// Where sound as it came is handed in.
    pub(super) fn source(&self) -> &gst::Pad {
        &self.source
    }

    /// A mark can be let through: an encoder tells what it makes only with the
    /// first that it has made, and nothing comes after the end.
    pub(super) fn takes_marks(&self) -> bool {
        let told = |(track, _): &(gst::Pad, _)| track.current_caps().is_some();
        !self.ended && self.through.as_ref().is_none_or(told)
    }

    /// Lets everything through, and says that nothing follows.
    pub(super) fn end(&mut self) -> bool {
        if std::mem::replace(&mut self.ended, true) {
            return true;
        }
        let waiting = std::mem::take(&mut self.waiting);
        let passed = waiting.into_iter().try_for_each(|buffer| self.pass(buffer));
        if let Some((_, encoded)) = &self.through {
            // What an encoder still has comes before the end.
            encoded.passes.store(true, Ordering::Relaxed);
        }
        self.source.push_event(gst::event::Eos::new()) && passed.is_ok()
    }

    fn pass(&self, buffer: gst::Buffer) -> Result<(), gst::FlowError> {
        match &self.through {
            Some((track, _)) => track.chain(buffer).map(drop),
            None => self.source.push(buffer).map(drop),
        }
    }
}
