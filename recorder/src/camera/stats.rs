//! Counters of one camera, for health and metrics.

use super::state::Standing;
use hitless_model::Segment;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Counts up for the life of the process; read at any time from any thread.
#[derive(Debug, Default)]
pub struct CameraStats {
    samples: AtomicU64,
    bytes: AtomicU64,
    key_frames: AtomicU64,
    damaged: AtomicU64,
    lost_packets: AtomicU64,
    dropped: AtomicU64,
    sessions: AtomicU64,
    segments: AtomicU64,
    moment: Mutex<Moment>,
}

#[derive(Debug, Default)]
struct Moment {
    standing: Standing,
    last_sample: Option<Instant>,
    last_segment: Option<String>,
    reader: Option<&'static str>,
}

/// All counters at one moment.
#[derive(Debug, Clone)]
pub struct CameraSnapshot {
    /// Video samples recorded.
    pub samples: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many were key frames.
    pub key_frames: u64,
    /// How many were damaged by loss.
    pub damaged: u64,
    /// RTP packets that never came.
    pub lost_packets: u64,
    /// Pictures dropped because the storage could not follow.
    pub dropped: u64,
    /// Sessions opened.
    pub sessions: u64,
    /// Segments closed.
    pub segments: u64,
    /// State with cause and detail.
    pub standing: Standing,
    /// Seconds since the last sample.
    pub last_sample_age: Option<f64>,
    /// The last segment closed.
    pub last_segment: Option<String>,
    /// Which maker of sessions reads it.
    pub reader: Option<&'static str>,
}

impl CameraStats {
    pub(crate) fn count_sample(&self, bytes: usize, key: bool, damaged: bool) {
        self.samples.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.key_frames.fetch_add(u64::from(key), Ordering::Relaxed);
        self.damaged.fetch_add(u64::from(damaged), Ordering::Relaxed);
        self.moment().last_sample = Some(Instant::now());
    }

    pub(crate) fn count_lost(&self, packets: u32) {
        self.lost_packets.fetch_add(u64::from(packets), Ordering::Relaxed);
    }

    pub(crate) fn count_dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn session_opened(&self, reader: &'static str) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
        self.moment().reader = Some(reader);
    }

    pub(crate) fn segment_closed(&self, segment: &Segment) {
        self.segments.fetch_add(1, Ordering::Relaxed);
        self.moment().last_segment = Some(segment.name.to_string());
    }

    pub(crate) fn set_standing(&self, standing: Standing) {
        self.moment().standing = standing;
    }

    /// All counters now.
    pub fn snapshot(&self) -> CameraSnapshot {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let moment = self.moment();
        CameraSnapshot {
            samples: get(&self.samples),
            bytes: get(&self.bytes),
            key_frames: get(&self.key_frames),
            damaged: get(&self.damaged),
            lost_packets: get(&self.lost_packets),
            dropped: get(&self.dropped),
            sessions: get(&self.sessions),
            segments: get(&self.segments),
            standing: moment.standing.clone(),
            last_sample_age: moment.last_sample.map(|at| at.elapsed().as_secs_f64()),
            last_segment: moment.last_segment.clone(),
            reader: moment.reader,
        }
    }

    fn moment(&self) -> std::sync::MutexGuard<'_, Moment> {
        self.moment.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
