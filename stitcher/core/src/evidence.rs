//! What has to be read from files, and what was.
//!
//! Planning asks in rounds. Whatever it looks up here and does not find is a
//! need; a need that cannot be met is answered by saying so, and is not asked
//! for again.

use crate::facts::SegmentRef;
use crate::table::{GopTable, Sample};
use hitless_model::Utc;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Hash of the coded picture data of one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub u64);

/// What was read so far.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    tables: HashMap<SegmentRef, GopTable>,
    samples: HashMap<SegmentRef, Vec<Sample>>,
    prints: HashMap<SegmentRef, HashMap<u32, Fingerprint>>,
    unreadable: HashSet<SegmentRef>,
}

impl Evidence {
    /// The GOPs of a segment.
    pub fn add_table(&mut self, segment: SegmentRef, table: GopTable) {
        self.tables.insert(segment, table);
    }

    /// The samples of a segment.
    pub fn add_samples(&mut self, segment: SegmentRef, samples: Vec<Sample>) {
        self.samples.insert(segment, samples);
    }

    /// The fingerprint of one sample, by its number in decode order.
    pub fn add_print(&mut self, segment: SegmentRef, sample: u32, print: Fingerprint) {
        self.prints.entry(segment).or_default().insert(sample, print);
    }

    /// Nothing more can be read of this segment.
    pub fn give_up(&mut self, segment: SegmentRef) {
        self.unreadable.insert(segment);
    }

    /// The fingerprint of one sample, if it was read.
    pub fn print(&self, segment: SegmentRef, sample: u32) -> Option<Fingerprint> {
        self.prints.get(&segment)?.get(&sample).copied()
    }
}

/// What has to be read before a plan is final.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// GOP tables of these segments.
    pub tables: BTreeSet<SegmentRef>,
    /// Sample tables of these segments.
    pub samples: BTreeSet<SegmentRef>,
    /// Fingerprints of these samples, by number in decode order.
    pub prints: BTreeMap<SegmentRef, BTreeSet<u32>>,
    /// Rows change what was planned before the window: plan from a carry whose
    /// end is no later than this, or from nothing, and ask again.
    pub earlier: Option<Utc>,
}

impl Needs {
    /// Is the evidence complete?
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
            && self.samples.is_empty()
            && self.prints.is_empty()
            && self.earlier.is_none()
    }
}

/// Looks evidence up and notes what is not there.
pub(crate) struct Look<'a> {
    evidence: &'a Evidence,
    needs: Needs,
    misses: usize,
}

impl<'a> Look<'a> {
    pub(crate) fn new(evidence: &'a Evidence) -> Self {
        Self { evidence, needs: Needs::default(), misses: 0 }
    }

    pub(crate) fn into_needs(self) -> Needs {
        self.needs
    }

    pub(crate) fn lacks_anything(&self) -> bool {
        self.misses > 0
    }

    /// How often something was not there: compare two readings to know
    /// whether what lies between them had all it needed.
    pub(crate) fn misses(&self) -> usize {
        self.misses
    }

    /// The table if it was read; asks for nothing.
    pub(crate) fn known_table(&self, segment: SegmentRef) -> Option<&'a GopTable> {
        self.evidence.tables.get(&segment)
    }

    pub(crate) fn table(&mut self, segment: SegmentRef) -> Option<&'a GopTable> {
        let found = self.evidence.tables.get(&segment);
        if found.is_none() && !self.evidence.unreadable.contains(&segment) {
            self.needs.tables.insert(segment);
            self.misses += 1;
        }
        found
    }

    pub(crate) fn samples(&mut self, segment: SegmentRef) -> Option<&'a [Sample]> {
        let found = self.evidence.samples.get(&segment);
        if found.is_none() && !self.evidence.unreadable.contains(&segment) {
            self.needs.samples.insert(segment);
            self.misses += 1;
        }
        found.map(Vec::as_slice)
    }

    /// What was planned before this instant is no longer right.
    pub(crate) fn earlier(&mut self, than: Utc) {
        self.needs.earlier = Some(self.needs.earlier.map_or(than, |e| e.min(than)));
        self.misses += 1;
    }

    pub(crate) fn print(&mut self, segment: SegmentRef, sample: u32) -> Option<Fingerprint> {
        let found = self.evidence.print(segment, sample);
        if found.is_none() && !self.evidence.unreadable.contains(&segment) {
            self.needs.prints.entry(segment).or_default().insert(sample);
            self.misses += 1;
        }
        found
    }
}
