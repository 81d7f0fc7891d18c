//! What a drawn day goes from and to, and its marks.

use super::days::length;
use hitless_model::{Nanos, TimeRange, Utc};
use std::fmt::Write as _;

const DAY: Nanos = Nanos::from_secs(86_400);
/// Seconds from mark to mark.
const STEPS: [i64; 16] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400];
/// More marks than this crowd a narrow screen.
const MARKS: i64 = 8;

/// The time that a strip shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis(TimeRange);

impl Axis {
    /// The whole day, so that days lie under each other; of a report on less
    /// than a day what was asked for, so that seconds are seen.
    pub(super) fn of(day: TimeRange, asked: TimeRange) -> Self {
        if length(asked) < DAY {
            return Self(day);
        }
        let midnight = Utc::from_ns(day.from.as_ns().div_euclid(DAY.get()) * DAY.get());
        Self(TimeRange { from: midnight, to: midnight.plus(DAY) })
    }

    /// Where an instant is, from 0 to 1.
    pub(super) fn place(self, at: Utc) -> f64 {
        self.share(at.since(self.0.from))
    }

    /// How much of it a length is.
    pub(super) fn share(self, time: Nanos) -> f64 {
        time.as_secs_f64() / length(self.0).as_secs_f64()
    }

    /// The instants of its marks.
    pub(super) fn marks(self) -> Vec<Utc> {
        let fits = |step: &&i64| length(self.0).get() / (**step * 1_000_000_000) <= MARKS;
        let seconds = STEPS.iter().find(fits).copied().unwrap_or(14_400);
        let step = Nanos::from_secs(seconds);
        let mut at = self.0.from.plus(Nanos::new(-1)).next_multiple(step);
        let mut marks = Vec::new();
        while at <= self.0.to {
            marks.push(at);
            at = at.next_multiple(step);
        }
        marks
    }

    /// The line of times below a strip.
    pub(super) fn labels(self) -> String {
        let marks = self.marks();
        let whole = marks.iter().all(|at| at.as_ns() % 60_000_000_000 == 0);
        let mut text = String::from("<p class=\"hours\">");
        for at in marks {
            let (left, time) = (100.0 * self.place(at), at.to_string());
            let time = time.get(11..if whole { 16 } else { 19 }).unwrap_or_default();
            let time = if at == self.0.to && time.starts_with("00:00") { "24:00" } else { time };
            // writing to a string cannot fail
            let _ = write!(text, "<span style=\"left:{left:.3}%\">{time}</span>");
        }
        text.push_str("</p>");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: &str, to: &str) -> TimeRange {
        let at = |text: &str| Utc::parse(&format!("2026-08-{text}Z")).expect("an instant");
        TimeRange { from: at(from), to: at(to) }
    }

    #[test]
    fn a_day_is_drawn_whole_and_a_part_of_one_large() {
        let day = range("11T10:00:00", "12T00:00:00");
        let axis = Axis::of(day, range("11T10:00:00", "13T10:00:00"));
        assert_eq!(axis.place(day.from), 10.0 / 24.0);
        let labels = axis.labels();
        assert!(labels.contains("<span style=\"left:25.000%\">06:00</span>"), "{labels}");
        assert!(labels.contains("<span style=\"left:100.000%\">24:00</span>"), "{labels}");
        let minute = range("11T10:00:05", "11T10:01:05");
        let axis = Axis::of(minute, minute);
        assert_eq!(axis.place(minute.to), 1.0);
        let labels = axis.labels();
        assert!(labels.contains("<span style=\"left:8.333%\">10:00:10</span>"), "{labels}");
        assert_eq!(axis.marks().len(), 6);
    }
}
