//! The segments of one camera, in a fixed order.

use hitless_model::{Segment, SegmentName};
use hitless_stitcher_core::{Pause, SegmentRef};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The segments that a plan is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    all: Vec<Segment>,
    /// Of the few that have any.
    pauses: HashMap<SegmentName, Vec<Pause>>,
}

impl Rows {
    /// In the order of camera, instance and number, so that the same segments
    /// always give the same places.
    pub fn new(mut all: Vec<Segment>) -> Self {
        all.sort_by(|a, b| order(&a.name).cmp(&order(&b.name)));
        all.dedup_by(|a, b| a.name == b.name);
        Self { all, pauses: HashMap::new() }
    }

    /// With the pauses that indexing has found.
    pub fn with_pauses(self, pauses: HashMap<SegmentName, Vec<Pause>>) -> Self {
        Self { pauses, ..self }
    }

    /// All of them, in order of their places.
    pub fn all(&self) -> &[Segment] {
        &self.all
    }

    /// The row of one of them.
    ///
    /// # Panics
    /// For a place that is none of these.
    pub fn row(&self, at: SegmentRef) -> &Segment {
        &self.all[at.place()]
    }

    /// Where the camera sent nothing for a while, in one of them.
    pub fn pauses(&self, of: &SegmentName) -> Vec<Pause> {
        if self.pauses.is_empty() {
            return Vec::new();
        }
        self.pauses.get(of).cloned().unwrap_or_default()
    }

    /// Where a segment is among them.
    pub fn place(&self, name: &SegmentName) -> Option<SegmentRef> {
        let at = self.all.binary_search_by(|row| order(&row.name).cmp(&order(name))).ok()?;
        Some(SegmentRef::new(u32::try_from(at).unwrap_or(u32::MAX)))
    }

    /// The file of one of them.
    pub fn path(&self, root: &Path, at: SegmentRef) -> PathBuf {
        root.join(self.row(at).name.relative_path())
    }
}

fn order(name: &SegmentName) -> impl Ord + use<'_> {
    (&name.camera, &name.instance, name.number, name.start)
}
