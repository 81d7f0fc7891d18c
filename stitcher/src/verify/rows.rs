//! The segments of a camera around a range, and how they follow each other.

use hitless_model::{Segment, SegmentName};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rows by name.
#[derive(Debug, Default)]
pub(super) struct Rows {
    root: PathBuf,
    rows: BTreeMap<String, Segment>,
}

/// A sample of a segment.
pub(super) type Place<'a> = (&'a SegmentName, u32);

impl Rows {
    pub(super) fn new(root: &Path, rows: Vec<Segment>) -> Self {
        let rows = rows.into_iter().map(|row| (row.name.to_string(), row)).collect();
        Self { root: root.to_owned(), rows }
    }

    pub(super) fn get(&self, name: &SegmentName) -> Option<&Segment> {
        self.rows.get(&name.to_string())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Segment> {
        self.rows.values()
    }

    pub(super) fn path(&self, name: &SegmentName) -> PathBuf {
        self.root.join(name.relative_path())
    }

    /// The segment before or after one in its strand.
    fn neighbour(&self, of: &Segment, after: bool) -> Option<&Segment> {
        let number = of.name.number.get();
        let wanted = if after { number.checked_add(1) } else { number.checked_sub(1) };
        self.rows.values().find(|row| {
            row.name.instance == of.name.instance
                && row.run == of.run
                && row.strand == of.strand
                && Some(row.name.number.get()) == wanted
        })
    }

    /// Up to `most` samples of a strand before sample `first` of a segment, in
    /// order.
    pub(super) fn before(&self, name: &SegmentName, first: u32, most: u32) -> Vec<Place<'_>> {
        let Some(row) = self.get(name) else { return Vec::new() };
        let mut places: Vec<Place<'_>> =
            (first.saturating_sub(most)..first).map(|n| (&row.name, n)).collect();
        let rest = most - first.min(most);
        if let Some(earlier) = self.neighbour(row, false).filter(|_| rest > 0) {
            let samples = samples_of(earlier);
            let from = samples.saturating_sub(rest);
            places.splice(0..0, (from..samples).map(|n| (&earlier.name, n)));
        }
        places
    }

    /// Up to `most` samples of a strand from sample `from` of a segment on.
    pub(super) fn after(&self, name: &SegmentName, from: u32, most: u32) -> Vec<Place<'_>> {
        let Some(row) = self.get(name) else { return Vec::new() };
        let end = samples_of(row).min(from.saturating_add(most));
        let mut places: Vec<Place<'_>> = (from..end).map(|n| (&row.name, n)).collect();
        let rest = most - end.saturating_sub(from);
        if let Some(later) = self.neighbour(row, true).filter(|_| rest > 0) {
            places.extend((0..samples_of(later).min(rest)).map(|n| (&later.name, n)));
        }
        places
    }
}

fn samples_of(row: &Segment) -> u32 {
    row.video.as_ref().map_or(0, |v| u32::try_from(v.samples).unwrap_or(u32::MAX))
}
