//! Counters of one camera, for health and metrics.

use super::state::Standing;
use hitless_model::Segment;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

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
    strands: AtomicU32,
    moment: Mutex<Moment>,
}

/// Nothing for longer than this is a gap.
const GAP: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct Moment {
    standing: Standing,
    first_sample: Option<Instant>,
    last_sample: Option<Instant>,
    /// The next sample is the first of a strand.
    broken: bool,
    gaps: u64,
    gap_time: Duration,
    /// A gap that was not told yet.
    untold: Option<Duration>,
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
    /// Gaps of more than a second, as they were noticed.
    pub gaps: u64,
    /// All of them together.
    pub gap_seconds: f64,
    /// Seconds since the last sample.
    pub last_sample_age: Option<f64>,
    /// Seconds since the first sample of this process.
    pub first_sample_age: Option<f64>,
    /// The last segment closed.
    pub last_segment: Option<String>,
    /// Which maker of sessions reads it.
    pub reader: Option<&'static str>,
}

impl Moment {
    fn note_gap(&mut self, missing: Duration) {
        if missing > GAP {
            self.gaps += 1;
            self.gap_time += missing;
            self.untold = Some(missing);
        }
    }
}

impl CameraStats {
    pub(crate) fn count_sample(&self, bytes: usize, key: bool, damaged: bool) {
        self.samples.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.key_frames.fetch_add(u64::from(key), Ordering::Relaxed);
        self.damaged.fetch_add(u64::from(damaged), Ordering::Relaxed);
        let (mut moment, now) = (self.moment(), Instant::now());
        if std::mem::take(&mut moment.broken)
            && let Some(last) = moment.last_sample
        {
            moment.note_gap(now.saturating_duration_since(last));
        }
        moment.first_sample.get_or_insert(now);
        moment.last_sample = Some(now);
    }

    /// The number of the next strand: none is used twice in one life of the
    /// recorder, also by a camera's task that was started again.
    pub(crate) fn next_strand(&self) -> u32 {
        self.strands.load(Ordering::Relaxed)
    }

    /// All below this number were used.
    pub(crate) fn strands_begun(&self, next: u32) {
        self.strands.fetch_max(next, Ordering::Relaxed);
    }

    /// The next sample begins a strand: what came between is missing.
    pub(crate) fn strand_begun(&self) {
        self.moment().broken = true;
    }

    /// So much is missing inside of a strand.
    pub(crate) fn note_hole(&self, missing: Duration) {
        self.moment().note_gap(missing);
    }

    /// Another recorder had its last sample then; this one goes on from there.
    pub(crate) fn goes_on_from(&self, last: Instant) {
        let mut moment = self.moment();
        match moment.first_sample {
            Some(first) => moment.note_gap(first.saturating_duration_since(last)),
            None => moment.last_sample = Some(last),
        }
    }

    /// A gap that was not asked for yet.
    pub(crate) fn take_gap(&self) -> Option<Duration> {
        self.moment().untold.take()
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
            gaps: moment.gaps,
            gap_seconds: moment.gap_time.as_secs_f64(),
            last_sample_age: moment.last_sample.map(|at| at.elapsed().as_secs_f64()),
            first_sample_age: moment.first_sample.map(|at| at.elapsed().as_secs_f64()),
            last_segment: moment.last_segment.clone(),
            reader: moment.reader,
        }
    }

    fn moment(&self) -> std::sync::MutexGuard<'_, Moment> {
        self.moment.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_for_more_than_a_second_is_a_gap() {
        let stats = CameraStats::default();
        stats.note_hole(Duration::from_millis(900));
        assert_eq!(stats.take_gap(), None);
        stats.note_hole(Duration::from_secs(3));
        assert_eq!(stats.take_gap(), Some(Duration::from_secs(3)));
        assert_eq!(stats.take_gap(), None, "told once");
        assert_eq!((stats.snapshot().gaps, stats.snapshot().gap_seconds), (1, 3.0));
    }

    #[test]
    fn a_gap_begins_where_the_predecessor_ended() {
        let now = Instant::now();
        let Some(before) = now.checked_sub(Duration::from_secs(2)) else { return };
        for begins_first in [false, true] {
            let stats = CameraStats::default();
            stats.strand_begun();
            let sample = || stats.count_sample(1, true, false);
            if begins_first {
                sample();
                stats.goes_on_from(before);
            } else {
                stats.goes_on_from(before);
                sample();
            }
            assert_eq!(stats.snapshot().gaps, 1, "{begins_first}");
        }
    }
}
