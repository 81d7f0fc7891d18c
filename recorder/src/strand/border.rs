//! Where a segment ends.
//!
//! At the first key frame at or after a multiple of the segment length since
//! 1970 on the camera's clock, so that two recorders cut at the same frame;
//! and at the latest at the first key frame after twice the length. The clock
//! used for this is fixed once per strand and never steps: neither a late
//! sender report nor a camera set right an hour back makes a segment too long,
//! too short or out of order.

use super::clock::CameraClock;
use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{ClockMap, MediaTime, Nanos, Utc};

/// How long the first sender report is waited for. They come after 1-3 s.
const REPORT_WAIT: Nanos = Nanos::from_secs(5);

/// Decides the borders of one strand.
#[derive(Debug)]
pub struct BorderClock {
    length: Nanos,
    segment_start: MediaTime,
    fixed: Option<ClockMap>,
    next: Option<Utc>,
}

impl BorderClock {
    /// For a strand whose first segment starts at `start`.
    pub fn new(length: Nanos, start: MediaTime) -> Self {
        Self { length, segment_start: start, fixed: None, next: None }
    }

    /// Whether the key frame shown at `key` begins a new segment.
    pub fn on_key_frame(&mut self, key: MediaTime, clock: &CameraClock) -> bool {
        let age = key.since(self.segment_start).to_nanos(VIDEO_TIMESCALE);
        let twice = self.length.plus(self.length);
        self.fix(age, twice, clock);
        let due = match (&self.fixed, self.next) {
            (Some(map), Some(next)) => map.to_utc(key) >= next,
            _ => false,
        };
        let cut = due || age >= twice;
        if cut {
            self.segment_start = key;
            self.next = self.fixed.map(|map| map.to_utc(key).next_multiple(self.length));
        }
        cut
    }

    fn fix(&mut self, age: Nanos, twice: Nanos, clock: &CameraClock) {
        if self.fixed.is_some() {
            return;
        }
        let waited = age >= REPORT_WAIT || age >= twice;
        if clock.has_report() || waited {
            self.fixed = clock.map();
            let start = self.segment_start;
            self.next = self.fixed.map(|map| map.to_utc(start).next_multiple(self.length));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: i64 = 1_780_000_000;
    const SECOND: i64 = VIDEO_TIMESCALE as i64;

    fn utc(ms: i64) -> Utc {
        Utc::from_ns(0).plus(Nanos::from_secs(START)).plus(Nanos::from_millis(ms))
    }

    fn media(ms: i64) -> MediaTime {
        MediaTime::new(ms * SECOND / 1000)
    }

    /// Key frames of one second, the first at `from_ms`; the segments' starts.
    fn cuts(from_ms: i64, keys: i64, length: i64, report_at: Option<i64>) -> Vec<i64> {
        let mut clock = CameraClock::default();
        let mut border = BorderClock::new(Nanos::from_secs(length), media(from_ms));
        let mut out = Vec::new();
        for k in 0..keys {
            let ms = from_ms + k * 1000;
            clock.on_arrival(media(ms), utc(ms + 100));
            if report_at.is_some_and(|r| k >= r) {
                clock.on_report(media(ms), utc(ms));
            }
            if k > 0 && border.on_key_frame(media(ms), &clock) {
                out.push(ms);
            }
        }
        out
    }

    #[test]
    fn two_recorders_cut_at_the_same_key_frames() {
        // The first minute since 1970 is full 20 s after the start.
        let minutes: Vec<i64> = (0..7).map(|n| 20_000 + n * 60_000).collect();
        assert_eq!(cuts(0, 400, 60, Some(2)), minutes);
        assert_eq!(cuts(17_000, 383, 60, Some(1)), minutes);
    }

    #[test]
    fn without_reports_the_hosts_clock_serves() {
        assert_eq!(cuts(0, 200, 60, None), [20_000, 80_000, 140_000]);
    }

    #[test]
    fn short_segments_wait_for_a_report_for_twice_their_length_only() {
        assert_eq!(cuts(0, 10, 2, None), [4_000, 6_000, 8_000]);
    }

    #[test]
    fn where_no_clock_is_known_a_segment_ends_at_twice_its_length() {
        let clock = CameraClock::default();
        let mut border = BorderClock::new(Nanos::from_secs(10), media(0));
        let mut cut = |second: &i64| border.on_key_frame(media(second * 1000), &clock);
        let cuts: Vec<i64> = (1..60).filter(|second| cut(second)).collect();
        assert_eq!(cuts, [20, 40]);
    }

    #[test]
    fn a_clock_that_steps_moves_no_border() {
        let mut clock = CameraClock::default();
        let mut border = BorderClock::new(Nanos::from_secs(60), media(0));
        let mut cuts = Vec::new();
        for k in 0..600 {
            let step = if k > 250 { -3_617_000 } else { 0 };
            clock.on_report(media(k * 1000), utc(k * 1000 + step));
            if k > 0 && border.on_key_frame(media(k * 1000), &clock) {
                cuts.push(k);
            }
        }
        assert!(cuts.windows(2).all(|w| w[1] - w[0] == 60), "{cuts:?}");
    }

    proptest! {
        #[test]
        fn no_segment_is_longer_than_twice_its_length(
            gaps in prop::collection::vec(1_i64..5000, 1..200), length in 1_i64..60,
        ) {
            let mut clock = CameraClock::default();
            let mut border = BorderClock::new(Nanos::from_secs(length), media(0));
            let (mut now, mut start) = (0, 0);
            for gap in gaps {
                prop_assert!(now - start < 2 * length * 1000, "key frame at {now} not used");
                now += gap;
                clock.on_arrival(media(now), utc(now));
                if border.on_key_frame(media(now), &clock) {
                    start = now;
                }
            }
        }
    }
}
