//! One GStreamer pipeline around a `splitmuxsink`, one camera, one strand.
//!
//! Takes finished samples in decode order and the names of the segments they
//! go to, and tells when a segment was opened, closed or could not be written.
//! It decides nothing: where a segment ends is the strand's business.
//!
//! Invariants: pushing never blocks the caller (there is a queue, see
//! `feed.rs`; what is in flight is counted in [`InFlight`] and limited by the
//! strand); a file starts exactly with the sample that its
//! segment was planned for; a file that exists is never opened.

mod buffer;
mod build;
mod caps;
mod events;
mod feed;
mod hold;
mod in_flight;
mod marks;
mod mend;
mod release;
mod sample;
mod sound_way;
#[cfg(test)]
mod tests;

pub use in_flight::InFlight;
pub use sample::{AudioFormat, AudioSample, Treatment, VideoFormat, VideoSample};

use crate::crew::Crew;
use gstreamer as gst;
use gstreamer::prelude::*;
use hitless_model::{CameraId, MediaTime};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Why a pipeline could not be made or fed.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// GStreamer lacks a part or refused to build it.
    #[error("camera {camera}: GStreamer cannot build the writing pipeline: {detail}")]
    Build {
        /// Whose pipeline.
        camera: CameraId,
        /// What GStreamer said.
        detail: String,
    },
    /// The pipeline is gone (failed or finished) and takes nothing more.
    #[error("camera {camera}: the writing pipeline takes no more samples")]
    Closed {
        /// Whose pipeline.
        camera: CameraId,
    },
}

/// What a pipeline tells.
#[derive(Debug)]
pub enum PipelineEvent {
    /// The file was opened; it is still without samples.
    Opened(PathBuf),
    /// The file is finished and closed.
    Closed(PathBuf),
    /// Everything was written, no file is open any more.
    Finished,
    /// It failed; files not closed yet end as after a crash.
    Failed {
        /// What GStreamer said.
        detail: String,
        /// The storage had no room.
        no_space: bool,
    },
}

/// Takes a pipeline's events; must not block.
pub type Post = Box<dyn Fn(PipelineEvent) + Send + Sync>;

/// Creates the next file, which must not exist yet, and says where; `None`
/// refuses and fails the pipeline. Runs on the pipeline's own thread, where it
/// may wait for the disk.
pub type MakeFile = Box<dyn FnOnce() -> Option<PathBuf> + Send>;

/// The files to come, in order.
type Planned = Arc<Mutex<VecDeque<MakeFile>>>;

/// A running pipeline.
pub struct Pipeline {
    camera: CameraId,
    id: u64,
    pipeline: gst::Pipeline,
    sink: gst::Element,
    feed: feed::Feed,
    has_sound: bool,
    in_flight: Arc<InFlight>,
    planned: Planned,
    origin: MediaTime,
    release: release::Release,
    hold: hold::Hold,
    failed: Arc<AtomicBool>,
}

impl Pipeline {
    /// Builds and starts a pipeline whose first sample lies at `origin` on the
    /// strand's clock, and which `workers` feed. Events go to `post` until
    /// `Finished` or `Failed`.
    #[allow(clippy::too_many_arguments, reason = "a list of parts")]
    pub fn start(
        camera: &CameraId,
        id: u64,
        video: &VideoFormat,
        audio: Option<&AudioFormat>,
        origin: MediaTime,
        in_flight: &Arc<InFlight>,
        workers: &Crew,
        post: Post,
    ) -> Result<Self, PipelineError> {
        let planned = Planned::default();
        let parts = build::build(camera, video, audio, &planned, workers)?;
        let failed = Arc::new(AtomicBool::new(false));
        events::watch(&parts.pipeline, &failed, post);
        parts
            .pipeline
            .set_state(gst::State::Playing)
            .map_err(|e| PipelineError::Build { camera: camera.clone(), detail: e.to_string() })?;
        Ok(Self {
            camera: camera.clone(),
            id,
            pipeline: parts.pipeline,
            sink: parts.sink,
            feed: parts.feed,
            has_sound: audio.is_some(),
            in_flight: Arc::clone(in_flight),
            planned,
            origin,
            release: release::Release::new(),
            hold: hold::Hold::new(audio.map(AudioFormat::kept_back)),
            failed,
        })
    }

    /// The number that its events bear.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The sample pushed next opens the file that `make` makes. Must be a key
    /// frame, shown at `at`.
    pub fn begin_segment(&mut self, make: MakeFile, at: MediaTime) {
        let first = {
            let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
            planned.push_back(make);
            self.release.is_first()
        };
        if !first {
            // Splits where a group begins at or after this time: exactly here.
            let border = self.release.border_before(at);
            let time = buffer::running_time(border.since(self.origin));
            self.sink.emit_by_name::<()>("split-at-running-time", &[&time.nseconds()]);
        }
    }

    /// It told that it failed, and takes nothing more.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Hands over one video sample.
    pub fn push_video(&mut self, sample: VideoSample) -> Result<(), PipelineError> {
        let pts = sample.pts;
        let begins_group = self.release.begins_group(sample.key, pts);
        let buffer = buffer::video_buffer(sample, self.origin, begins_group, &self.in_flight);
        let groups = self.hold.video(buffer, begins_group.then_some(pts));
        self.push(groups)
    }

    /// Hands over one audio sample; nothing happens without an audio track.
    pub fn push_audio(&mut self, sample: AudioSample) -> Result<(), PipelineError> {
        if !self.has_sound {
            return Ok(());
        }
        let pts = sample.pts;
        let buffer = buffer::audio_buffer(sample, self.origin, &self.in_flight);
        let groups = self.hold.audio(buffer, pts);
        self.push(groups)
    }

    /// Tells the audio track that nothing comes before `until`, so that video
    /// does not wait for it.
    pub fn audio_is_silent(&mut self, until: MediaTime) -> Result<(), PipelineError> {
        let groups = self.hold.audio(buffer::silence(until.since(self.origin)), until);
        self.push(groups)
    }

    /// Ends all tracks; the open file is finished in the background and
    /// `Finished` follows.
    pub fn finish(&mut self) {
        let (groups, last) = self.hold.end();
        // An error means that the pipeline has failed already, and said so.
        let _ = self.feed.end(groups, last);
    }

    /// Stops all threads of the pipeline. Blocks: call it where that is allowed.
    pub fn stop(self) {
        let _ = self.pipeline.set_state(gst::State::Null);
        self.feed.stop();
    }

    fn push(&self, groups: Vec<hold::Group>) -> Result<(), PipelineError> {
        let closed = |_| PipelineError::Closed { camera: self.camera.clone() };
        self.feed.push(groups).map_err(closed)
    }
}
