//! One strand: what is recorded of a camera without interruption.
//!
//! Takes access units from the first key frame on, has decode times and
//! durations given to them (`spacing`), decides where segments end, and hands
//! samples to the pipeline. Ends when the session ends, when the camera's clock jumps, or when the
//! storage cannot follow; then another strand begins at another key frame.
//!
//! Invariants: between two segments of a strand no sample is lost or doubled;
//! segments begin at key frames; a change of parameter sets begins a segment
//! (in a new pipeline, since a muxer cannot take it), not a strand.

pub mod border;
pub mod clock;
pub mod gate;
pub mod keys;
pub mod pace;
mod parts;
pub mod reorder;
pub mod sound;
mod spacing;
pub mod tally;

pub use parts::{CameraParts, StrandEnd, Unit, VideoSetup};

use crate::keeper::{Begun, Note, SegmentHeader, ToKeeper};
use crate::pipeline::{AudioFormat, AudioSample, Pipeline, PipelineEvent, VideoSample};
use border::BorderClock;
use clock::CameraClock;
use hitless_model::{MediaSpan, MediaTime, SegmentName, Utc};
use sound::{Gaps, Silence, Sound};
use spacing::{Spaced, Spacing};
use std::sync::Arc;
use tally::Tally;

/// The segment that samples go to.
struct Current {
    name: SegmentName,
    tally: Tally,
}

/// A strand being recorded.
pub struct Strand {
    camera: Arc<CameraParts>,
    number: u32,
    setup: VideoSetup,
    audio: Option<AudioFormat>,
    sound: Option<Sound>,
    border: BorderClock,
    spacing: Spacing,
    pipeline: Pipeline,
    current: Current,
    started: bool,
}

impl Strand {
    /// Begins with the key frame that will be pushed first, shown at `start`.
    pub fn begin(
        camera: &Arc<CameraParts>,
        number: u32,
        setup: VideoSetup,
        audio: Option<(AudioFormat, u32)>,
        start: MediaTime,
        clock: &CameraClock,
    ) -> Result<Self, StrandEnd> {
        let sound = audio.as_ref().map(|(format, rate)| {
            let gaps = if format.silence().is_some() { Gaps::Filled } else { Gaps::Empty };
            Sound::new(*rate, gaps, start)
        });
        let audio = audio.map(|(format, _)| format);
        let pipeline = start_pipeline(camera, &setup, audio.as_ref(), start)?;
        let name = camera.next_name(start, clock);
        let tally = Tally::new(start, &setup.format, setup.hash, audio.as_ref());
        let mut strand = Self {
            camera: Arc::clone(camera),
            number,
            spacing: Spacing::new(setup.reorder_depth),
            border: BorderClock::new(camera.segment_length, start),
            setup,
            audio,
            sound,
            pipeline,
            current: Current { name, tally },
            started: false,
        };
        strand.open_segment(start, clock);
        Ok(strand)
    }

    /// Takes the next access unit of the video.
    pub fn on_video(
        &mut self,
        pts: MediaTime,
        unit: Unit,
        clock: &CameraClock,
    ) -> Result<(), StrandEnd> {
        if self.pipeline.has_failed() {
            return Err(StrandEnd::StorageFailed);
        }
        if self.camera.in_flight.bytes() > self.camera.queue_bytes {
            return Err(StrandEnd::StorageSlow);
        }
        if let Some(setup) = unit.setup.clone().filter(|s| *s != self.setup) {
            self.change_setup(setup, pts, clock)?;
        }
        for sample in self.spacing.push(pts, unit) {
            self.send(sample, clock)?;
        }
        if self.spacing.contradicted() {
            return Err(StrandEnd::Reordered);
        }
        self.keep_sound_up(pts)
    }

    /// Takes a frame of the audio; `length` in ticks of its own clock.
    pub fn on_audio(
        &mut self,
        pts: MediaTime,
        length: MediaSpan,
        data: Vec<u8>,
        arrived: Utc,
        clock: &CameraClock,
    ) -> Result<(), StrandEnd> {
        let Some(sound) = &mut self.sound else { return Ok(()) };
        let duration = sound.length(length);
        let Some(at) = sound.on_frame(pts, duration, arrived, clock) else { return Ok(()) };
        self.current.tally.audio();
        self.pipeline.push_audio(AudioSample { pts: at, duration, data })?;
        Ok(())
    }

    /// A sender report of the audio came.
    pub fn on_audio_report(&mut self, media: MediaTime, utc: Utc) {
        if let Some(sound) = &mut self.sound {
            sound.on_report(media, utc);
        }
    }

    /// Tells the segment's file what became known of the clock.
    pub fn note_clock(&self, clock: &CameraClock) {
        if let Some(map) = clock.map() {
            self.note(Note::Clock(map));
        }
    }

    /// Ends the strand: everything taken so far is written, the segment is
    /// finished in the background.
    pub fn end(mut self, clock: &CameraClock) {
        // A storage that failed has said so already.
        let _ = self.drain(None, clock);
        let last = self.current.take_ended(clock);
        self.camera.tell(last);
        self.camera.tell(ToKeeper::Retire(Box::new(self.pipeline)));
    }

    /// Sends what waits for a follower, which is at `next` if it is known.
    fn drain(&mut self, next: Option<MediaTime>, clock: &CameraClock) -> Result<(), StrandEnd> {
        self.spacing.finish(next).into_iter().try_for_each(|sample| self.send(sample, clock))
    }

    fn send(&mut self, sample: Spaced, clock: &CameraClock) -> Result<(), StrandEnd> {
        let Spaced { dts, pts, duration, unit } = sample;
        if unit.key && self.started && self.border.on_key_frame(pts, clock) {
            self.next_segment(pts, clock);
        }
        self.started = true;
        let damaged =
            self.current.tally.video(unit.data.len(), unit.key, unit.damaged, dts, duration);
        if let Some(number) = damaged {
            self.note(Note::Damaged(number));
        }
        self.camera.count_sample(&unit, self.setup.format.codec);
        let sample = VideoSample { pts, dts, duration, key: unit.key, data: unit.data };
        self.pipeline.push_video(sample)?;
        Ok(())
    }

    fn next_segment(&mut self, start: MediaTime, clock: &CameraClock) {
        let ended = self.current.take_ended(clock);
        self.camera.tell(ended);
        if let Some(sound) = &mut self.sound {
            sound.on_segment(clock);
        }
        self.current = Current {
            name: self.camera.next_name(start, clock),
            tally: Tally::new(start, &self.setup.format, self.setup.hash, self.audio.as_ref()),
        };
        self.open_segment(start, clock);
    }

    fn open_segment(&mut self, start: MediaTime, clock: &CameraClock) {
        let header = SegmentHeader {
            name: self.current.name.clone(),
            run: self.camera.run.clone(),
            strand: self.number,
            media_start: start,
            reorder_depth: self.setup.reorder_depth,
            frame: self.spacing.usual(),
            clock: clock.map(),
        };
        let begun = Begun::new(&self.camera, self.pipeline.id(), header);
        self.pipeline.begin_segment(Box::new(move || begun.create()), start);
    }

    /// A new pipeline for new parameter sets; the strand goes on.
    fn change_setup(
        &mut self,
        setup: VideoSetup,
        start: MediaTime,
        clock: &CameraClock,
    ) -> Result<(), StrandEnd> {
        self.drain(Some(start), clock)?;
        self.setup = setup;
        self.spacing.begin_again(self.setup.reorder_depth);
        let next = start_pipeline(&self.camera, &self.setup, self.audio.as_ref(), start)?;
        let old = std::mem::replace(&mut self.pipeline, next);
        self.next_segment(start, clock);
        self.started = false;
        self.camera.tell(ToKeeper::Retire(Box::new(old)));
        Ok(())
    }

    fn note(&self, note: Note) {
        self.camera.tell(ToKeeper::Note { name: self.current.name.clone(), note });
    }

    /// Keeps the video from waiting for audio that does not come: a gap where
    /// the coding knows one, else silence itself.
    fn keep_sound_up(&mut self, video: MediaTime) -> Result<(), StrandEnd> {
        let silence = self.sound.as_mut().and_then(|sound| sound.on_video(video));
        let (Some(Silence { from, until }), Some(format)) = (silence, &self.audio) else {
            return Ok(());
        };
        match format.silent_sample(from, until) {
            Some(silent) => {
                self.current.tally.audio();
                self.pipeline.push_audio(silent)?;
            }
            None => self.pipeline.audio_is_silent(until)?,
        }
        Ok(())
    }
}

impl Current {
    fn take_ended(&self, clock: &CameraClock) -> ToKeeper {
        ToKeeper::Ended {
            name: self.name.clone(),
            tally: Box::new(self.tally.clone()),
            clock: clock.map(),
        }
    }
}

fn start_pipeline(
    camera: &Arc<CameraParts>,
    setup: &VideoSetup,
    audio: Option<&AudioFormat>,
    origin: MediaTime,
) -> Result<Pipeline, StrandEnd> {
    let (id, keeper) = (camera.next_pipeline(), camera.keeper.clone());
    let post = Box::new(move |event: PipelineEvent| {
        // Without a keeper the camera is gone, and nobody wants to know.
        let _ = keeper.send(ToKeeper::Pipeline { id, event });
    });
    let (format, in_flight, feeders) = (&setup.format, &camera.in_flight, &camera.crews.feeders);
    Ok(Pipeline::start(&camera.id, id, format, audio, origin, in_flight, feeders, post)?)
}
