//! Chains segments into strands.
//!
//! Run, strand number and segment number decide; wall time orders nothing
//! here. A strand whose media clock runs backwards from one segment to the
//! next tells of something that its recorder did not: it is cut there.

use crate::facts::{Facts, SegmentFacts, SegmentRef};
use hitless_model::{InstanceId, MediaTime, Nanos, RunId, Utc};
use std::collections::HashMap;

/// A strand, by its place in [`View::strands`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StrandRef(pub(crate) u32);

impl StrandRef {
    pub(crate) fn place(self) -> usize {
        self.0 as usize
    }
}

/// Consecutive segments on one media clock, playable ones only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Strand {
    /// Place in `Facts::lineages`.
    pub(crate) lineage: u32,
    /// By segment number. Never empty.
    pub(crate) segments: Vec<SegmentRef>,
    /// Ticks per second.
    pub(crate) timescale: u32,
}

/// Facts with their strands.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) facts: &'a Facts,
    /// By start, then run id: instance names decide nothing.
    pub(crate) strands: Vec<Strand>,
    of: Vec<Option<StrandRef>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(facts: &'a Facts) -> Self {
        let strands = chain(facts);
        let mut of = vec![None; facts.segments.len()];
        for (at, strand) in strands.iter().enumerate() {
            for segment in &strand.segments {
                of[segment.place()] = Some(StrandRef(crate::table::count(at)));
            }
        }
        Self { facts, strands, of }
    }

    pub(crate) fn segment(&self, segment: SegmentRef) -> &'a SegmentFacts {
        &self.facts.segments[segment.place()]
    }

    pub(crate) fn strand(&self, strand: StrandRef) -> &Strand {
        &self.strands[strand.place()]
    }

    pub(crate) fn strand_refs(&self) -> impl Iterator<Item = StrandRef> + use<> {
        (0..crate::table::count(self.strands.len())).map(StrandRef)
    }

    /// The strand of a playable segment.
    pub(crate) fn strand_of(&self, segment: SegmentRef) -> Option<StrandRef> {
        self.of[segment.place()]
    }

    pub(crate) fn instance(&self, strand: StrandRef) -> &'a InstanceId {
        &self.facts.lineages[self.strand(strand).lineage as usize].instance
    }

    pub(crate) fn run(&self, strand: StrandRef) -> Option<&'a RunId> {
        self.facts.lineages[self.strand(strand).lineage as usize].run.as_ref()
    }

    pub(crate) fn first(&self, strand: StrandRef) -> &'a SegmentFacts {
        self.segment(self.strand(strand).segments[0])
    }

    pub(crate) fn last(&self, strand: StrandRef) -> &'a SegmentFacts {
        let segments = &self.strand(strand).segments;
        self.segment(segments[segments.len() - 1])
    }

    /// Does `next` follow `prev` without a lost segment?
    pub(crate) fn follows(&self, prev: SegmentRef, next: SegmentRef) -> bool {
        self.of[prev.place()].is_some()
            && self.of[prev.place()] == self.of[next.place()]
            && self.segment(prev).number.next() == self.segment(next).number
    }
}

impl SegmentFacts {
    /// The instant that the segment's own clock gives to a media time.
    pub(crate) fn label(&self, media: MediaTime) -> Utc {
        let ns = media.since(self.media_start).to_nanos(self.timescale);
        if self.drift_ppb == 0 {
            return self.start.plus(ns);
        }
        let of = (1_000_000_000 + i128::from(self.drift_ppb)).max(1);
        let ns = (i128::from(ns.get()) * 1_000_000_000).div_euclid(of);
        self.start.plus(Nanos::new(i64::try_from(ns).unwrap_or(i64::MAX)))
    }

    /// The instant at which its last sample ends.
    pub(crate) fn label_end(&self) -> Utc {
        self.label(self.media_end())
    }
}

fn chain(facts: &Facts) -> Vec<Strand> {
    let mut found: HashMap<(u32, u32, u32), Vec<SegmentRef>> = HashMap::new();
    for (at, segment) in facts.segments.iter().enumerate() {
        if segment.is_playable() {
            found
                .entry((segment.lineage, segment.strand, segment.timescale))
                .or_default()
                .push(SegmentRef::new(crate::table::count(at)));
        }
    }
    let mut strands = Vec::with_capacity(found.len());
    for ((lineage, _, timescale), mut segments) in found {
        segments.sort_by_key(|s| facts.segments[s.place()].number);
        for part in forwards(facts, &segments) {
            strands.push(Strand { lineage, segments: part.to_vec(), timescale });
        }
    }
    strands.sort_by(|a, b| order(facts, a).cmp(&order(facts, b)));
    strands
}

/// Cuts where the media clock does not advance.
fn forwards<'s>(facts: &Facts, segments: &'s [SegmentRef]) -> Vec<&'s [SegmentRef]> {
    segments
        .chunk_by(|a, b| {
            facts.segments[b.place()].media_start > facts.segments[a.place()].media_start
        })
        .collect()
}

fn order<'a>(facts: &'a Facts, strand: &Strand) -> impl Ord + use<'a> {
    let first = &facts.segments[strand.segments[0].place()];
    let lineage = &facts.lineages[strand.lineage as usize];
    (
        first.start,
        lineage.run.as_ref(),
        first.strand,
        first.number,
        first.samples,
        first.parameters,
        &lineage.instance,
    )
}
