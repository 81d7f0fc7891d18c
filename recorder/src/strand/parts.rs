//! What strands of one camera share, and what goes into and comes out of one.

use super::clock::CameraClock;
use super::keys::RecentKeys;
use crate::camera::stats::CameraStats;
use crate::crew::Crews;
use crate::keeper::ToKeeper;
use crate::pipeline::{InFlight, PipelineError, VideoFormat};
use crate::storage::{Numbers, Storage};
use hitless_media::Fingerprint;
use hitless_media::nal::{Framing, LengthSize};
use hitless_model::{CameraId, MediaTime, Nanos, RunId, SegmentName, Utc, VideoCodec};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Notify, mpsc};

/// What all strands of a camera share.
#[derive(Debug)]
pub struct CameraParts {
    /// Which camera.
    pub id: CameraId,
    /// Which life of the recorder.
    pub run: RunId,
    /// Where files go.
    pub storage: Arc<Storage>,
    /// Segment numbers.
    pub numbers: Numbers,
    /// Bytes handed to GStreamer and not written yet.
    pub in_flight: Arc<InFlight>,
    /// More than this in flight means that the storage cannot follow.
    pub queue_bytes: usize,
    /// How long a segment is.
    pub segment_length: Nanos,
    /// How often the open file is synced; zero: only when it is closed.
    pub sync_interval: std::time::Duration,
    /// Threads for what may block.
    pub crews: Crews,
    /// Who looks after files once they are begun.
    pub keeper: mpsc::UnboundedSender<ToKeeper>,
    /// Counters for health and metrics.
    pub stats: Arc<CameraStats>,
    /// The key frames recorded last.
    pub keys: RecentKeys,
    /// Ends a wait before the next session.
    pub try_again: Notify,
    pipelines: AtomicU64,
}

impl CameraParts {
    /// Puts the parts together.
    #[allow(clippy::too_many_arguments, reason = "a list of parts")]
    pub fn new(
        id: CameraId,
        run: RunId,
        storage: Arc<Storage>,
        numbers: Numbers,
        queue_bytes: usize,
        segment_length: Nanos,
        sync_interval: std::time::Duration,
        crews: Crews,
        keeper: mpsc::UnboundedSender<ToKeeper>,
        stats: Arc<CameraStats>,
    ) -> Self {
        Self {
            id,
            run,
            storage,
            numbers,
            in_flight: Arc::default(),
            queue_bytes,
            segment_length,
            sync_interval,
            crews,
            keeper,
            stats,
            keys: RecentKeys::default(),
            try_again: Notify::new(),
            pipelines: AtomicU64::new(0),
        }
    }

    /// The name of a segment that starts at `start`.
    pub(super) fn next_name(&self, start: MediaTime, clock: &CameraClock) -> SegmentName {
        let utc = clock.map().map_or(Utc::from_ns(0), |map| map.to_utc(start));
        // What is stored with microseconds compares equal to what was named.
        let start = Utc::from_ns(utc.as_ns().div_euclid(1000).saturating_mul(1000));
        SegmentName {
            camera: self.id.clone(),
            start,
            instance: self.storage.instance().clone(),
            number: self.numbers.take(),
        }
    }

    /// An id for a new pipeline.
    pub(super) fn next_pipeline(&self) -> u64 {
        self.pipelines.fetch_add(1, Ordering::Relaxed)
    }

    /// Tells that the camera's clock was set.
    pub(crate) fn note_camera_step(&self, step: Nanos) {
        self.tell(ToKeeper::CameraClockStep { at: crate::clock::now(), step });
    }

    /// Sends to the keeper.
    pub(super) fn tell(&self, message: ToKeeper) {
        // The keeper ends after its camera; a test may do without one.
        let _ = self.keeper.send(message);
    }

    pub(super) fn count_sample(&self, unit: &Unit, codec: VideoCodec) {
        self.stats.count_sample(unit.data.len(), unit.key, unit.damaged);
        if unit.key && !unit.damaged {
            let framing = Framing::LengthPrefixed(LengthSize::Four);
            // A unit that cannot be taken apart proves nothing.
            if let Ok(Some(key)) = Fingerprint::of_sample(codec, &unit.data, framing) {
                self.keys.note(key);
            }
        }
    }
}

/// How the video track is set up, with what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoSetup {
    /// For the pipeline.
    pub format: VideoFormat,
    /// Hash of the parameter sets.
    pub hash: u64,
    /// How deeply pictures are reordered, if the parameter sets tell.
    pub reorder_depth: Option<u8>,
}

/// One access unit of the video.
#[derive(Debug)]
pub struct Unit {
    /// NAL units with four length bytes each.
    pub data: Vec<u8>,
    /// Decoding can start here.
    pub key: bool,
    /// A part of it was lost.
    pub damaged: bool,
    /// The parameter sets from here on, on key frames.
    pub setup: Option<VideoSetup>,
}

/// Why a strand takes nothing more.
#[derive(Debug, thiserror::Error)]
pub enum StrandEnd {
    /// A file could not be created or written; the keeper says which.
    #[error("the storage failed")]
    StorageFailed,
    /// More waits for the disk than is allowed.
    #[error("the storage is too slow: too much waits to be written")]
    StorageSlow,
    /// Pictures come in another order than the parameter sets say.
    #[error("pictures come in another order than declared")]
    Reordered,
    /// GStreamer could not build or feed the pipeline.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}
