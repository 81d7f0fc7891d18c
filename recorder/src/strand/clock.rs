//! What a strand knows of its camera's clock: sender reports and arrivals.
//!
//! A sender report ties media time to the camera's UTC exactly; without one,
//! the earliest arrival against media time within the last minute is the best
//! guess, since delay only ever adds. The map given out is the best of these
//! with its error bound; what was given out before never changes with it.

use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{ClockMap, ClockPoint, ClockSource, MediaTime, Nanos, Utc};

/// Senders stamp reports within a few tens of milliseconds of the pictures
/// that they name (measured: 20 ms on one server).
const REPORT_ERROR: Nanos = Nanos::from_millis(50);
/// Encoding, sending and the first burst of a session.
const ARRIVAL_ERROR: Nanos = Nanos::from_millis(500);
/// A report that is further off the line of the earlier ones is a step.
const STEP: Nanos = Nanos::from_millis(250);
/// Below this distance between two reports drift cannot be told from jitter.
const DRIFT_BASE: Nanos = Nanos::from_secs(10);
/// Faster than any real clock runs wrong: 2,000 ppm.
const WORST_DRIFT_PPB: i64 = 2_000_000;
/// How long the earliest arrival counts.
const ARRIVAL_WINDOW: Nanos = Nanos::from_secs(30);
/// Cameras that do not know the time start at 1970, or count from 2000.
const PLAUSIBLE_FROM: Utc = Utc::from_ns(1_000_000_000 * 1_000_000_000);

/// What a sender report changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportNews {
    /// The first usable one of this strand.
    First,
    /// As expected.
    Steady,
    /// The camera's clock was set by this much.
    Stepped(Nanos),
    /// The camera does not know the time.
    Implausible,
}

/// Earliest arrival seen, as UTC minus media time.
#[derive(Debug, Clone, Copy)]
struct Earliest {
    offset: Nanos,
    media: MediaTime,
}

/// One strand's knowledge of its camera's clock.
#[derive(Debug, Default)]
pub struct CameraClock {
    base: Option<ClockPoint>,
    latest: Option<ClockPoint>,
    drift_ppb: i64,
    window_start: Option<Utc>,
    current: Option<Earliest>,
    previous: Option<Earliest>,
}

impl CameraClock {
    /// Notes that the unit of `media` reached this host at `at`.
    pub fn on_arrival(&mut self, media: MediaTime, at: Utc) {
        let seen = Earliest { offset: offset_of(media, at), media };
        let stale = self.window_start.is_none_or(|start| {
            let age = at.since(start);
            age > ARRIVAL_WINDOW || age < Nanos::ZERO
        });
        if stale {
            self.previous = self.current.take();
            self.window_start = Some(at);
        }
        if self.current.is_none_or(|c| seen.offset < c.offset) {
            self.current = Some(seen);
        }
    }

    /// Notes a sender report.
    pub fn on_report(&mut self, media: MediaTime, utc: Utc) -> ReportNews {
        if utc < PLAUSIBLE_FROM {
            return ReportNews::Implausible;
        }
        let point =
            ClockPoint { media, utc, source: ClockSource::SenderReport, error: REPORT_ERROR };
        let Some(base) = self.base else {
            self.base = Some(point);
            self.latest = Some(point);
            return ReportNews::First;
        };
        let expected = self.reported().map_or(utc, |map| map.to_utc(media));
        let off = utc.since(expected);
        self.latest = Some(point);
        if off.abs() > STEP {
            self.base = Some(point);
            self.drift_ppb = 0;
            return ReportNews::Stepped(off);
        }
        self.drift_ppb = drift(base, point).unwrap_or(self.drift_ppb);
        ReportNews::Steady
    }

    /// A sender report came.
    pub fn has_report(&self) -> bool {
        self.latest.is_some()
    }

    /// The best map known.
    pub fn map(&self) -> Option<ClockMap> {
        self.reported().or_else(|| self.arrived())
    }

    /// The map of the host's clock alone.
    pub fn arrived(&self) -> Option<ClockMap> {
        let best = [self.current, self.previous].into_iter().flatten().min_by_key(|e| e.offset)?;
        let media_ns = best.media.since(MediaTime::new(0)).to_nanos(VIDEO_TIMESCALE);
        let point = ClockPoint {
            media: best.media,
            utc: Utc::from_ns(media_ns.plus(best.offset).get()),
            source: ClockSource::HostArrival,
            error: ARRIVAL_ERROR,
        };
        Some(ClockMap::through(point, VIDEO_TIMESCALE))
    }

    fn reported(&self) -> Option<ClockMap> {
        let point = self.latest?;
        Some(ClockMap { point, timescale: VIDEO_TIMESCALE, drift_ppb: self.drift_ppb })
    }
}

fn offset_of(media: MediaTime, at: Utc) -> Nanos {
    let media_ns = media.since(MediaTime::new(0)).to_nanos(VIDEO_TIMESCALE);
    Nanos::new(at.as_ns()).minus(media_ns)
}

/// How much faster the media clock ran than the reports' UTC between two
/// points; nothing if they are too near or the answer is absurd.
fn drift(from: ClockPoint, to: ClockPoint) -> Option<i64> {
    let wall = to.utc.since(from.utc);
    if wall < DRIFT_BASE {
        return None;
    }
    let media = to.media.since(from.media).to_nanos(VIDEO_TIMESCALE);
    let ahead = i128::from(media.minus(wall).get()) * 1_000_000_000 / i128::from(wall.get());
    i64::try_from(ahead).ok().filter(|ppb| ppb.abs() <= WORST_DRIFT_PPB)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_780_000_000;

    fn at(seconds: i64, ms: i64) -> Utc {
        Utc::from_ns(0).plus(Nanos::from_secs(START + seconds)).plus(Nanos::from_millis(ms))
    }

    fn media(seconds: i64) -> MediaTime {
        MediaTime::new(7 + seconds * i64::from(VIDEO_TIMESCALE))
    }

    #[test]
    fn the_earliest_arrival_counts_until_a_report_comes() {
        let mut clock = CameraClock::default();
        for (s, late) in [(0, 300), (1, 80), (2, 120)] {
            clock.on_arrival(media(s), at(s, late));
        }
        let map = clock.map().expect("arrivals came");
        assert_eq!(map.point.source, ClockSource::HostArrival);
        assert_eq!(map.to_utc(media(2)), at(2, 80));
        assert_eq!(clock.on_report(media(3), at(3, -40)), ReportNews::First);
        let map = clock.map().expect("a report came");
        assert_eq!(map.point.source, ClockSource::SenderReport);
        assert_eq!(map.to_utc(media(2)), at(2, -40));
    }

    #[test]
    fn steps_are_told_and_drift_is_followed() {
        let mut clock = CameraClock::default();
        for s in 0..60 {
            // 500 ppm slow camera: each second of media is 500 us late.
            let news = clock.on_report(media(s), at(s, 0).plus(Nanos::new(s * 500_000)));
            assert!(matches!(news, ReportNews::First | ReportNews::Steady), "{s}: {news:?}");
        }
        let map = clock.map().expect("reports came");
        assert!((map.drift_ppb + 500_000).abs() < 1_000, "{}", map.drift_ppb);
        let news = clock.on_report(media(60), at(60 - 3600, 30));
        assert!(
            matches!(news, ReportNews::Stepped(by) if (by.as_secs_f64() + 3600.0).abs() < 0.01)
        );
    }

    /// Frame by second: the offset that the map has then, in milliseconds.
    fn late_by(clock: &CameraClock, second: i64) -> i64 {
        let map = clock.map().expect("arrivals came");
        map.to_utc(media(second)).since(at(second, 0)).get() / 1_000_000
    }

    /// Else a camera that runs slow would be behind its earliest frame for ever.
    #[test]
    fn an_early_arrival_counts_for_a_minute() {
        let mut clock = CameraClock::default();
        for s in 0..100 {
            clock.on_arrival(media(s), at(s, if s == 5 { 80 } else { 300 }));
            let wanted = if (5..=31).contains(&s) { Some(80) } else { None };
            assert!(wanted.is_none_or(|wanted| late_by(&clock, s) == wanted), "{s}");
        }
        assert_eq!(late_by(&clock, 99), 300);
    }

    #[test]
    fn a_host_that_was_set_back_forgets_as_soon() {
        let mut clock = CameraClock::default();
        clock.on_arrival(media(0), at(0, 300));
        let hour = 3600;
        for s in 1..100 {
            clock.on_arrival(media(s), at(s - hour, if s == 1 { 80 } else { 300 }));
        }
        assert_eq!(late_by(&clock, 99), 300 - hour * 1000);
    }

    #[test]
    fn a_quarter_of_a_second_is_the_step() {
        let on = |ms: i64| {
            let mut clock = CameraClock::default();
            clock.on_report(media(0), at(0, 0));
            clock.on_report(media(5), at(5, ms))
        };
        for ms in [250, -250] {
            assert_eq!(on(ms), ReportNews::Steady);
            let one_more = ms + ms.signum();
            assert_eq!(on(one_more), ReportNews::Stepped(Nanos::from_millis(one_more)));
        }
    }

    /// Reports jitter: neither two that are near nor one that is far off is a drift.
    #[test]
    fn drift_is_believed_from_afar_and_within_reason_and_forgotten_with_a_step() {
        let mut clock = CameraClock::default();
        let mut ppb = |second, ms| {
            clock.on_report(media(second), at(second, ms));
            clock.map().expect("reports came").drift_ppb
        };
        assert_eq!(ppb(0, 0), 0);
        assert_eq!(ppb(1, 1), 0, "too near");
        assert_eq!(ppb(100, 50), -499_750);
        assert_eq!(ppb(50, 225), -499_750, "more than any clock");
        assert_eq!(ppb(110, 3_000), 0, "set");
    }

    #[test]
    fn a_camera_that_does_not_know_the_time_is_not_believed() {
        let mut clock = CameraClock::default();
        assert_eq!(clock.on_report(media(0), Utc::from_ns(5_000_000_000)), ReportNews::Implausible);
        assert!(!clock.has_report());
    }
}
