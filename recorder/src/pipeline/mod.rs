//! One GStreamer pipeline around a `splitmuxsink`, one camera, one strand.
//!
//! Takes finished samples in decode order and the names of the segments they
//! go to, and tells when a segment was opened, closed or could not be written.
//! It decides nothing: where a segment ends is the strand's business.
//!
//! Invariants: pushing never blocks the caller (each track has a queue, see
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
mod mend;
mod release;
mod sample;
#[cfg(test)]
mod tests;

pub use in_flight::InFlight;
pub use sample::{AudioFormat, AudioSample, Treatment, VideoFormat, VideoSample};

use gstreamer as gst;
use gstreamer::prelude::*;
use hitless_model::{CameraId, MediaSpan, MediaTime};
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
    video: feed::Feed,
    audio: Option<feed::Feed>,
    planned: Planned,
    origin: MediaTime,
    release: release::Release,
    hold: hold::Hold,
    failed: Arc<AtomicBool>,
}

impl Pipeline {
    /// Builds and starts a pipeline whose first sample lies at `origin` on the
    /// strand's clock. Events go to `post` until `Finished` or `Failed`.
    pub fn start(
        camera: &CameraId,
        id: u64,
        video: &VideoFormat,
        audio: Option<&AudioFormat>,
        origin: MediaTime,
        in_flight: &Arc<InFlight>,
        post: Post,
    ) -> Result<Self, PipelineError> {
        let planned = Planned::default();
        let parts = build::build(camera, video, audio, &planned, in_flight)?;
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
            video: parts.video,
            audio: parts.audio,
            planned,
            origin,
            release: release::Release::new(),
            hold: hold::Hold::new(audio.map_or(MediaSpan::new(0), AudioFormat::kept_back)),
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
        let buffer = buffer::video_buffer(sample, self.origin, begins_group, &self.video.in_flight);
        let group = self.hold.video(buffer, begins_group.then_some(pts));
        self.push_group(group)
    }

    /// Hands over one audio sample; nothing happens without an audio track.
    pub fn push_audio(&mut self, sample: AudioSample) -> Result<(), PipelineError> {
        let Some(feed) = &self.audio else { return Ok(()) };
        let pts = sample.pts;
        let buffer = buffer::audio_buffer(sample, self.origin, &feed.in_flight);
        self.pass_audio(buffer, pts)
    }

    /// Tells the audio track that nothing comes before `until`, so that video
    /// does not wait for it.
    pub fn audio_is_silent(&mut self, until: MediaTime) -> Result<(), PipelineError> {
        match &self.audio {
            Some(_) => self.pass_audio(buffer::silence(until.since(self.origin)), until),
            None => Ok(()),
        }
    }

    /// Ends all tracks; the open file is finished in the background and
    /// `Finished` follows.
    pub fn finish(&mut self) {
        let group = self.hold.all();
        // An error means that the pipeline has failed already, and said so.
        let _ = self.push_group(group);
        for feed in self.audio.iter().chain([&self.video]) {
            let _ = feed.end();
        }
    }

    /// Stops all threads of the pipeline. Blocks: call it where that is allowed.
    pub fn stop(self) {
        let _ = self.pipeline.set_state(gst::State::Null);
        for feed in self.audio.iter().chain([&self.video]) {
            feed.stop();
        }
    }

    fn pass_audio(&mut self, buffer: gst::Buffer, pts: MediaTime) -> Result<(), PipelineError> {
        match (&self.audio, self.hold.audio(buffer, pts)) {
            (Some(feed), Some(buffer)) => self.push(feed, [buffer]),
            _ => Ok(()),
        }
    }

    fn push_group(&self, group: hold::Group) -> Result<(), PipelineError> {
        if let Some(feed) = &self.audio {
            self.push(feed, group.audio)?;
        }
        self.push(&self.video, group.video)
    }

    fn push(
        &self,
        feed: &feed::Feed,
        buffers: impl IntoIterator<Item = gst::Buffer>,
    ) -> Result<(), PipelineError> {
        let closed = |_| PipelineError::Closed { camera: self.camera.clone() };
        feed.push(buffers).map_err(closed)
    }
}
