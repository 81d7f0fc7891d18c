//! `[shutdown]`: how long each step of a clean stop may take.

use crate::reader::Section;
use std::time::Duration;

/// `[shutdown]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shutdown {
    /// All steps together.
    pub total: Duration,
    /// Requests in flight.
    pub requests: Duration,
    /// Segments in flight.
    pub segments: Duration,
    /// Rows not yet written.
    pub database: Duration,
    /// Events not yet delivered.
    pub events: Duration,
}

impl Shutdown {
    pub(crate) fn read(section: &Section<'_>) -> Self {
        let seconds = |key, default| section.seconds(key, default, 0.0);
        let shutdown = Self {
            total: section.seconds("total_seconds", 30.0, 1.0),
            requests: seconds("requests_seconds", 5.0),
            segments: seconds("segments_seconds", 15.0),
            database: seconds("database_seconds", 5.0),
            events: seconds("events_seconds", 5.0),
        };
        let steps = shutdown.requests + shutdown.segments + shutdown.database + shutdown.events;
        if steps > shutdown.total {
            let message = format!(
                "requests, segments, database and events may take {} s together, more than \
                 total_seconds = {}",
                steps.as_secs_f64(),
                shutdown.total.as_secs_f64()
            );
            section.context.report(&section.place, message);
        }
        shutdown
    }
}
