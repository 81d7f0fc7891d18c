//! Notices when a session's pictures are on another clock than before.
//!
//! A camera that reboots within a session, or changes its mind, goes on under
//! other RTP times: what it sends then is of another strand.

use hitless_model::MediaTime;
use hitless_model::time::VIDEO_TIMESCALE;
use std::time::{Duration, Instant};

/// A picture this far off from where the last one and the time since put it is
/// on another clock.
const JUMP: Duration = Duration::from_secs(5);

/// The picture that came last, and when.
#[derive(Debug, Default)]
pub(super) struct JumpWatch {
    last: Option<(MediaTime, Instant)>,
}

impl JumpWatch {
    /// Media time from the last picture to this one.
    pub(super) fn since_last(&self, pts: MediaTime) -> Duration {
        let missing = self.last.map_or(0, |(last, _)| media_ns(last, pts));
        Duration::from_nanos(missing.max(0).unsigned_abs())
    }

    /// Notes the picture; whether it is on another clock than the last one.
    pub(super) fn jumps(&mut self, pts: MediaTime, now: Instant) -> bool {
        let Some((last, at)) = self.last.replace((pts, now)) else { return false };
        let passed = i64::try_from(now.duration_since(at).as_nanos()).unwrap_or(i64::MAX);
        let limit = i64::try_from(JUMP.as_nanos()).unwrap_or(i64::MAX);
        media_ns(last, pts).saturating_sub(passed).saturating_abs() > limit
    }
}

fn media_ns(from: MediaTime, to: MediaTime) -> i64 {
    to.since(from).to_nanos(VIDEO_TIMESCALE).get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_that_wait_are_on_time_and_others_are_not() {
        let (begin, mut watch) = (Instant::now(), JumpWatch::default());
        let mut jumps = |seconds: i64, passed: u64| {
            let at = MediaTime::new(seconds * i64::from(VIDEO_TIMESCALE));
            watch.jumps(at, begin + Duration::from_secs(passed))
        };
        assert!(!jumps(1000, 0), "the first");
        assert!(!jumps(1001, 1));
        assert!(!jumps(1031, 31), "nothing came for half a minute");
        assert!(!jumps(1035, 31), "four seconds come at once");
        assert!(jumps(0, 32), "the camera counts anew");
        assert!(!jumps(1, 33));
        assert!(jumps(9, 34), "eight seconds are gone in one");
    }

    #[test]
    fn nothing_is_missing_before_the_first_picture_or_where_time_goes_back() {
        let mut watch = JumpWatch::default();
        let at = |seconds: i64| MediaTime::new(seconds * i64::from(VIDEO_TIMESCALE));
        assert_eq!(watch.since_last(at(7)), Duration::ZERO);
        watch.jumps(at(7), Instant::now());
        assert_eq!(watch.since_last(at(9)), Duration::from_secs(2));
        assert_eq!(watch.since_last(at(6)), Duration::ZERO);
    }
}
