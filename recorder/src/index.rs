//! The way to the database, which is never waited for.

use hitless_model::Segment;
use hitless_schema::Change;
use hitless_schema::writer::Writer;
use tracing::warn;

/// Tells the database what happened; what it cannot take now, its writer
/// spools.
#[derive(Clone)]
pub struct Index(Writer);

impl Index {
    /// Over a started writer.
    pub fn new(writer: Writer) -> Self {
        Self(writer)
    }

    /// Tells a change.
    pub fn tell(&self, change: Change) {
        if let Err(problem) = self.0.try_send(change) {
            warn!("not told to the database: {problem}; `stitcher rescan` finds it again");
        }
    }

    /// Tells how a segment stands.
    pub fn tell_segment(&self, segment: Segment) {
        self.tell(Change::Segment(Box::new(segment)));
    }
}
