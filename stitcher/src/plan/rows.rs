//! The segments of one camera, in a fixed order, and what is known of each.

use hitless_model::{Segment, SegmentName};
use hitless_stitcher_core::{GopTable, SegmentRef};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A segment and what the index has of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Its row, or what there is of it now if it is being written.
    pub row: Segment,
    /// Its groups of pictures, where they were read before.
    pub table: Option<GopTable>,
}

/// The segments that a plan is made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    all: Vec<Known>,
    places: HashMap<SegmentName, SegmentRef>,
}

impl Rows {
    /// In the order of camera, instance and number, so that the same segments
    /// always give the same places.
    pub fn new(mut all: Vec<Known>) -> Self {
        all.sort_by(|a, b| order(&a.row.name).cmp(&order(&b.row.name)));
        all.dedup_by(|a, b| a.row.name == b.row.name);
        let place = |at: usize| SegmentRef::new(u32::try_from(at).unwrap_or(u32::MAX));
        let places =
            all.iter().enumerate().map(|(at, known)| (known.row.name.clone(), place(at))).collect();
        Self { all, places }
    }

    /// All of them, in order of their places.
    pub fn all(&self) -> &[Known] {
        &self.all
    }

    /// One of them.
    pub fn get(&self, at: SegmentRef) -> Option<&Known> {
        self.all.get(at.place())
    }

    /// The row of one of them.
    ///
    /// # Panics
    /// For a place that is none of these.
    pub fn row(&self, at: SegmentRef) -> &Segment {
        &self.all[at.place()].row
    }

    /// Where a segment is among them.
    pub fn place(&self, name: &SegmentName) -> Option<SegmentRef> {
        self.places.get(name).copied()
    }

    /// The file of one of them.
    pub fn path(&self, root: &Path, at: SegmentRef) -> PathBuf {
        root.join(self.row(at).name.relative_path())
    }
}

fn order(name: &SegmentName) -> impl Ord + use<'_> {
    (&name.camera, &name.instance, name.number, name.start)
}
