//! Rows as `tools/bench` reads them, printed as they become known.

use std::fmt::Display;
use std::time::Duration;

/// Prints rows.
pub struct Rows;

impl Rows {
    /// A figure that nothing is asked of.
    pub fn told(&mut self, what: impl Display, measured: impl Display) {
        println!("{what} | {measured} | |");
    }

    /// A floor, and what it was where the limits were set.
    pub fn floor(&mut self, what: impl Display, took: Duration, there: &str) {
        println!("floor: {what} | {} | (there {there}) |", seconds(took));
    }

    /// A figure with a limit.
    pub fn held(&mut self, what: impl Display, measured: impl Display, limit: &str, is: bool) {
        let verdict = if is { "ok" } else { "MISSED" };
        println!("{what} | {measured} | {limit} | {verdict}");
    }

    /// A time as a multiple of another.
    pub fn ratio(&mut self, what: impl Display, took: Duration, floor: Duration, most: f64) {
        let ratio = took.as_secs_f64() / floor.as_secs_f64();
        let measured = format!("{} = {ratio:.2} x", seconds(took));
        self.held(what, measured, &format!("at most {most} x"), ratio <= most);
    }
}

/// A time with three digits that mean something.
pub fn seconds(took: Duration) -> String {
    match took.as_secs_f64() {
        s if s >= 1.0 => format!("{s:.2} s"),
        s => format!("{:.1} ms", s * 1e3),
    }
}

/// The middle one of an odd number of times.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
