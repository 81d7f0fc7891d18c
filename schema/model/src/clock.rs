//! The way from media time to wall time, with its evidence.
//!
//! A map is a line through one point: a media time, the UTC it fell on, and
//! how far the camera's clock runs from true time. It always knows where it
//! came from and how wrong it may be; nothing else turns one time into the
//! other.

use crate::id::{CameraId, InstanceId, RunId};
use crate::time::{MediaSpan, MediaTime, Nanos, Utc};
use serde::{Deserialize, Serialize};

/// Where a clock mapping came from, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockSource {
    /// The camera's RTCP sender report.
    SenderReport,
    /// When the data reached the recording host.
    HostArrival,
    /// The time written in the file's name.
    FileName,
}

impl ClockSource {
    /// As written in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SenderReport => "sender_report",
            Self::HostArrival => "host_arrival",
            Self::FileName => "file_name",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::SenderReport, Self::HostArrival, Self::FileName]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

/// One observation: this media time fell on this instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockPoint {
    /// Position on the camera's clock.
    pub media: MediaTime,
    /// The instant that it fell on.
    pub utc: Utc,
    /// Who says so.
    pub source: ClockSource,
    /// How far off it may be, to either side.
    pub error: Nanos,
}

/// A clock was seen to step. A row of `clock_events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockStep {
    /// Which recorder noticed.
    pub instance: InstanceId,
    /// Which life of it.
    pub run: RunId,
    /// Whose clock; `None`: that of the recorder's host.
    pub camera: Option<CameraId>,
    /// When, on the host's clock after the step.
    pub at: Utc,
    /// How far it went; negative: backwards.
    pub step: Nanos,
}

/// A line from media time to UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockMap {
    /// A point on the line.
    pub point: ClockPoint,
    /// Ticks per second of the media clock, as declared.
    pub timescale: u32,
    /// How much faster than declared the media clock runs against UTC, in
    /// parts per billion; 0 where not measured.
    pub drift_ppb: i64,
}

impl ClockMap {
    /// The map of one point and a clock that runs as declared.
    pub fn through(point: ClockPoint, timescale: u32) -> Self {
        Self { point, timescale, drift_ppb: 0 }
    }

    /// The instant of a media time.
    pub fn to_utc(&self, media: MediaTime) -> Utc {
        let ns = media.since(self.point.media).to_nanos(self.timescale);
        self.point.utc.plus(self.without_drift(ns))
    }

    /// The media time of an instant.
    pub fn to_media(&self, utc: Utc) -> MediaTime {
        let ns = self.with_drift(utc.since(self.point.utc));
        self.point.media.plus(MediaSpan::from_nanos(ns, self.timescale))
    }

    fn without_drift(&self, media: Nanos) -> Nanos {
        scale(media, 1_000_000_000, 1_000_000_000 + i128::from(self.drift_ppb))
    }

    fn with_drift(&self, wall: Nanos) -> Nanos {
        scale(wall, 1_000_000_000 + i128::from(self.drift_ppb), 1_000_000_000)
    }
}

fn scale(length: Nanos, by: i128, of: i128) -> Nanos {
    let of = of.max(1);
    let ns = (i128::from(length.get()) * by + of / 2).div_euclid(of);
    Nanos::new(i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A camera whose clock is 100 ppm fast counts 1,000 s in 999.9 s.
    #[test]
    fn a_fast_clock_has_counted_more_than_has_passed() {
        let at = |ms: i64| Utc::from_ns(1_780_000_000_000_000_000).plus(Nanos::from_millis(ms));
        let second = |seconds: i64| MediaTime::new(7 + seconds * 90_000);
        let point = ClockPoint {
            media: second(0),
            utc: at(0),
            source: ClockSource::SenderReport,
            error: Nanos::ZERO,
        };
        for (drift_ppb, passed) in [(100_000, 999_900), (0, 1_000_000), (-100_000, 1_000_100)] {
            let map = ClockMap { point, timescale: 90_000, drift_ppb };
            let off = map.to_utc(second(1000)).since(at(passed)).abs();
            assert!(off < Nanos::from_millis(1), "{drift_ppb}: {off:?}");
            let back = map.to_media(at(passed)).since(second(1000)).ticks().abs();
            assert!(back < 99, "{drift_ppb}: {back}");
        }
    }

    /// Rows come from a database that anyone can write to.
    #[test]
    fn absurd_maps_are_held_at_the_ends_of_time() {
        let point = ClockPoint {
            media: MediaTime::new(0),
            utc: Utc::from_ns(0),
            source: ClockSource::FileName,
            error: Nanos::ZERO,
        };
        let map = |drift_ppb| ClockMap { point, timescale: 1, drift_ppb };
        let far = MediaTime::new(1 << 33);
        assert_eq!(map(-1_000_000_000).to_utc(far), Utc::from_ns(i64::MAX));
        assert_eq!(map(-999_999_999).to_utc(far), Utc::from_ns(i64::MAX));
        let before = MediaTime::new(-(1 << 33));
        assert_eq!(map(-999_999_999).to_utc(before), Utc::from_ns(i64::MIN));
    }

    proptest! {
        #[test]
        fn there_and_back_is_within_a_tick(
            ticks in 0_i64..1 << 45, ppb in -1_000_000_i64..1_000_000, at in 0_i64..1 << 60,
        ) {
            let point = ClockPoint {
                media: MediaTime::new(12_345),
                utc: Utc::from_ns(at),
                source: ClockSource::SenderReport,
                error: Nanos::ZERO,
            };
            let map = ClockMap { point, timescale: 90_000, drift_ppb: ppb };
            let back = map.to_media(map.to_utc(MediaTime::new(ticks)));
            prop_assert!((back.ticks() - ticks).abs() <= 1);
        }
    }
}
