//! What a recorder has to say to the database, as values that can wait.
//!
//! A [`Change`] is a statement about one row. Together with its [`Stamp`] it
//! may be applied at any time, in any order and any number of times: for each
//! row the statement with the highest stamp wins, so a spool can be replayed
//! whole, twice, or next to newer changes, and ends in the same rows.

use hitless_model::{CameraEvent, CameraId, ClockStep, Run, RunId, Segment, SegmentName, Utc};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicI64, Ordering};

/// The version of a statement: nanoseconds of its author's clock, increasing
/// even where that clock does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamp(i64);

impl Stamp {
    /// As stored.
    pub fn from_ns(ns: i64) -> Self {
        Self(ns)
    }

    /// As stored.
    pub fn as_ns(self) -> i64 {
        self.0
    }
}

/// Gives out stamps; one per process.
#[derive(Debug, Default)]
pub struct Stamper(AtomicI64);

impl Stamper {
    /// A stamper that has given out none.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next stamp: `now`, or just after the last one if the clock stood
    /// still or stepped back.
    pub fn next(&self, now: Utc) -> Stamp {
        let after = |last: i64| now.as_ns().max(last.saturating_add(1));
        let last = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |l| Some(after(l)));
        Stamp(after(last.unwrap_or_else(|l| l)))
    }
}

/// A statement about one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A recorder has this camera in its configuration.
    CameraSeen {
        /// Which camera.
        camera: CameraId,
        /// Whether it is to be recorded.
        enabled: bool,
        /// When, on the host's clock.
        at: Utc,
    },
    /// A run as it stands: started, ready, draining or stopped. Instants once
    /// reached stay.
    Run(Run),
    /// A run is alive. Not worth a place in a spool.
    Heartbeat {
        /// Which run.
        run: RunId,
        /// When, on the host's clock.
        at: Utc,
    },
    /// A segment as it stands: opened, updated, closed, recovered; whole, never
    /// a difference. `overlap` counts only when the row is new.
    Segment(Box<Segment>),
    /// Retention removed the file of a segment.
    SegmentExpired {
        /// Which segment.
        name: SegmentName,
    },
    /// A camera's state changed.
    CameraEvent(CameraEvent),
    /// A clock stepped.
    ClockStep(ClockStep),
}

impl Change {
    /// Whether it is worth nothing once it is late.
    pub fn is_fleeting(&self) -> bool {
        matches!(self, Self::Heartbeat { .. })
    }
}

/// A change and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    /// Its version.
    pub stamp: Stamp,
    /// What it says.
    pub change: Change,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_increase_when_the_clock_steps_back() {
        let stamper = Stamper::new();
        let a = stamper.next(Utc::from_ns(1_000));
        let b = stamper.next(Utc::from_ns(10));
        let c = stamper.next(Utc::from_ns(2_000));
        assert!(a < b && b < c);
        assert_eq!(c.as_ns(), 2_000);
    }
}
