//! Two kinds of time that never add: wall time ([`Utc`]) and media time
//! ([`MediaTime`], ticks of a camera's own clock).
//!
//! Crossing from one to the other takes a [`ClockMap`](crate::ClockMap). All
//! arithmetic is checked or saturates at the ends of the range; nothing wraps.

use serde::{Deserialize, Serialize};
use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Why a text is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not RFC 3339.
    #[error("\"{0}\" is not an instant like 2026-08-11T03:07:47.123456Z")]
    NotAnInstant(String),
    /// Before 1677 or after 2262.
    #[error("\"{0}\" is outside of the years 1678 to 2261")]
    OutOfRange(String),
}

/// A length of wall time in nanoseconds; may be negative.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Nanos(i64);

impl Nanos {
    /// No time at all.
    pub const ZERO: Nanos = Nanos(0);

    /// From nanoseconds.
    pub const fn new(ns: i64) -> Self {
        Self(ns)
    }

    /// From milliseconds.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms.saturating_mul(1_000_000))
    }

    /// From whole seconds.
    pub const fn from_secs(s: i64) -> Self {
        Self(s.saturating_mul(1_000_000_000))
    }

    /// The bare nanoseconds.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// In seconds, for people and JSON.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Without its sign.
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// The sum, held at the ends of the range.
    pub const fn plus(self, other: Nanos) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, held at the ends of the range.
    pub const fn minus(self, other: Nanos) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// An instant of wall time: nanoseconds since 1970, UTC, leap seconds smeared
/// by whoever set the clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Utc(i64);

impl Utc {
    /// From nanoseconds since 1970.
    pub const fn from_ns(ns: i64) -> Self {
        Self(ns)
    }

    /// Nanoseconds since 1970.
    pub const fn as_ns(self) -> i64 {
        self.0
    }

    /// Later (or, with a negative length, earlier); held at the ends.
    pub const fn plus(self, length: Nanos) -> Self {
        Self(self.0.saturating_add(length.0))
    }

    /// How much later this instant is than `earlier`; held at the ends.
    pub const fn since(self, earlier: Utc) -> Nanos {
        Nanos(self.0.saturating_sub(earlier.0))
    }

    /// The first multiple of `length` since 1970 that is after this instant.
    pub fn next_multiple(self, length: Nanos) -> Self {
        let length = length.0.max(1);
        Self(self.0.div_euclid(length).saturating_add(1).saturating_mul(length))
    }

    /// Reads RFC 3339 with any offset.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let instant = OffsetDateTime::parse(text, &Rfc3339)
            .map_err(|_| TimeError::NotAnInstant(text.to_owned()))?;
        i64::try_from(instant.unix_timestamp_nanos())
            .map(Self)
            .map_err(|_| TimeError::OutOfRange(text.to_owned()))
    }

    /// Year, month and so on, in UTC.
    pub fn parts(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0))
            .expect("every i64 of nanoseconds is inside of time's range")
    }

    /// The UTC day as `2026-08-11`.
    pub fn day(self) -> String {
        let p = self.parts();
        format!("{:04}-{:02}-{:02}", p.year(), u8::from(p.month()), p.day())
    }
}

/// RFC 3339 with microseconds.
impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = self.parts();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            p.year(),
            u8::from(p.month()),
            p.day(),
            p.hour(),
            p.minute(),
            p.second(),
            p.microsecond()
        )
    }
}

impl fmt::Debug for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A position on a camera's own clock, in ticks of that clock since the point
/// that a strand calls zero.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MediaTime(i64);

/// A length on a camera's own clock, in ticks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MediaSpan(i64);

/// Ticks per second of video tracks: RTP's 90 kHz, for every camera.
pub const VIDEO_TIMESCALE: u32 = 90_000;

impl MediaTime {
    /// From ticks.
    pub const fn new(ticks: i64) -> Self {
        Self(ticks)
    }

    /// The bare ticks.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// Later by `span`.
    pub const fn plus(self, span: MediaSpan) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// How much later this is than `earlier`.
    pub const fn since(self, earlier: MediaTime) -> MediaSpan {
        MediaSpan(self.0.saturating_sub(earlier.0))
    }
}

impl MediaSpan {
    /// From ticks.
    pub const fn new(ticks: i64) -> Self {
        Self(ticks)
    }

    /// The bare ticks.
    pub const fn ticks(self) -> i64 {
        self.0
    }

    /// As nanoseconds at `timescale` ticks per second, rounded to the nearest.
    pub fn to_nanos(self, timescale: u32) -> Nanos {
        let scale = i128::from(timescale.max(1));
        let ns = (i128::from(self.0) * 1_000_000_000 + scale / 2).div_euclid(scale);
        Nanos(i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX }))
    }

    /// From nanoseconds at `timescale` ticks per second, rounded to the nearest.
    pub fn from_nanos(length: Nanos, timescale: u32) -> Self {
        let ticks =
            (i128::from(length.0) * i128::from(timescale) + 500_000_000).div_euclid(1_000_000_000);
        Self(i64::try_from(ticks).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instants_are_written_with_microseconds() {
        let t = Utc::parse("2026-08-11T05:07:47.123456+02:00").expect("valid");
        assert_eq!(t.to_string(), "2026-08-11T03:07:47.123456Z");
        assert_eq!(t.day(), "2026-08-11");
        assert!(Utc::parse("yesterday").is_err());
    }

    #[test]
    fn borders_before_1970_and_of_no_length_are_after_too() {
        let next = |ns, length| Utc::from_ns(ns).next_multiple(Nanos::new(length)).as_ns();
        assert_eq!((next(-1, 10), next(-10, 10), next(-11, 10)), (0, 0, -10));
        assert_eq!((next(5, 0), next(5, -3)), (6, 6));
    }

    proptest! {
        #[test]
        fn ticks_survive_the_way_through_nanoseconds(ticks in -1_i64 << 49..1_i64 << 49) {
            let span = MediaSpan::new(ticks);
            let ns = span.to_nanos(VIDEO_TIMESCALE);
            prop_assert_eq!(MediaSpan::from_nanos(ns, VIDEO_TIMESCALE), span);
        }

        #[test]
        fn a_border_is_the_next_multiple(ns in 0_i64..1 << 62, secs in 1_i64..7200) {
            let length = Nanos::from_secs(secs);
            let border = Utc::from_ns(ns).next_multiple(length);
            prop_assert!(border.as_ns() > ns && border.as_ns() - ns <= length.get());
            prop_assert_eq!(border.as_ns() % length.get(), 0);
        }
    }
}
