//! What the walk has passed: per instance how far, per segment how much of it
//! was played.
//!
//! Strands of one instance are passed in the order of their numbers, so one
//! position per instance says all that a later walk must know.

use crate::carry::Passed;
use crate::facts::SegmentRef;
use crate::lane::Lane;
use crate::strand::{StrandRef, View};
use crate::unit::Unit;
use hitless_model::{InstanceId, Nanos, SegmentNumber, Utc};
use std::collections::BTreeMap;

/// How far one instance has been passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// `None` where its row is not needed any more.
    pub(crate) segment: Option<SegmentRef>,
    pub(crate) number: SegmentNumber,
    pub(crate) next_sample: u32,
    /// All of the segment was passed.
    pub(crate) whole: bool,
    pub(crate) end: Utc,
    /// Of the lane that the segment is in.
    pub(crate) push: Nanos,
}

/// How far each instance has been passed, and how much of the segment that it
/// came to was played.
pub(crate) type Marks<'a> = Vec<(&'a InstanceId, Mark, u32)>;

/// The state of passing.
#[derive(Debug, Default)]
pub(crate) struct Ledger<'a> {
    /// Units not passed yet, by segment.
    units_left: Vec<u32>,
    /// Units not passed yet, by strand.
    strand_left: Vec<u32>,
    /// The strand that the same instance wrote before.
    before: Vec<Option<StrandRef>>,
    /// Samples played, by segment.
    played: Vec<u32>,
    marks: BTreeMap<&'a InstanceId, Mark>,
    /// Segments whose last unit was passed.
    pub(crate) finished: Vec<SegmentRef>,
}

impl<'a> Ledger<'a> {
    /// Counts what lies ahead.
    pub(crate) fn new(view: &View<'a>, lanes: &[Lane]) -> Self {
        let mut ledger = Self {
            units_left: vec![0; view.facts.segments.len()],
            strand_left: vec![0; view.strands.len()],
            before: predecessors(view),
            played: vec![0; view.facts.segments.len()],
            marks: BTreeMap::new(),
            finished: Vec::new(),
        };
        ledger.recount(lanes);
        ledger
    }

    /// Counts again what lies ahead.
    pub(crate) fn recount(&mut self, lanes: &[Lane]) {
        self.units_left.fill(0);
        self.strand_left.fill(0);
        for copy in lanes.iter().flat_map(|l| &l.slots).flat_map(|s| &s.copies) {
            self.units_left[copy.segment.place()] += 1;
            self.strand_left[copy.strand.place()] += 1;
        }
    }

    /// Takes up where an earlier walk stopped in an instance.
    pub(crate) fn resume(&mut self, passed: &'a Passed, segment: Option<SegmentRef>) {
        if let Some(segment) = segment {
            self.played[segment.place()] = passed.played;
        }
        let mark = Mark {
            segment,
            number: passed.number,
            next_sample: passed.next_sample,
            whole: passed.whole,
            end: passed.end,
            push: passed.push,
        };
        self.marks.insert(&passed.instance, mark);
    }

    /// Has all that the strand's instance wrote before it been passed?
    pub(crate) fn is_next(&self, strand: StrandRef) -> bool {
        self.awaited(strand).is_none()
    }

    /// The strand before it, if that was not passed yet.
    pub(crate) fn awaited(&self, strand: StrandRef) -> Option<StrandRef> {
        self.before[strand.place()].filter(|b| self.is_left(*b))
    }

    pub(crate) fn is_left(&self, strand: StrandRef) -> bool {
        self.strand_left[strand.place()] > 0
    }

    /// Where the strand's instance has come to.
    pub(crate) fn come_to(&self, view: &View<'a>, strand: StrandRef) -> Option<Utc> {
        self.marks.get(view.instance(strand)).map(|m| m.end)
    }

    pub(crate) fn play(&mut self, segment: SegmentRef, samples: u32) {
        let played = &mut self.played[segment.place()];
        *played = played.saturating_add(samples);
    }

    /// The state that a later walk needs.
    pub(crate) fn marks(&self) -> Marks<'a> {
        let played = |m: &Mark| m.segment.map_or(0, |s| self.played(s));
        self.marks.iter().map(|(i, m)| (*i, *m, played(m))).collect()
    }

    /// How many samples of a segment were played so far.
    pub(crate) fn played(&self, segment: SegmentRef) -> u32 {
        self.played[segment.place()]
    }

    /// A copy lies behind the walk; `end` is where it ended by its clock.
    pub(crate) fn pass(&mut self, view: &View<'a>, copy: &Unit, end: Utc, push: Nanos) {
        let end = end.plus(push);
        let left = &mut self.units_left[copy.segment.place()];
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.finished.push(copy.segment);
        }
        let strand = &mut self.strand_left[copy.strand.place()];
        *strand = strand.saturating_sub(1);
        let next = copy.first.saturating_add(copy.samples);
        let row = view.segment(copy.segment);
        let mut mark = Mark {
            segment: Some(copy.segment),
            number: row.number,
            next_sample: next,
            whole: next >= row.samples,
            end,
            push,
        };
        if let Some(before) = self.marks.get(view.instance(copy.strand)) {
            let latest = mark.end.max(before.end);
            if (before.number, before.next_sample) > (mark.number, mark.next_sample) {
                // clocks have put a later strand before this one
                mark = *before;
            }
            mark.end = latest;
        }
        self.marks.insert(view.instance(copy.strand), mark);
    }
}

fn predecessors(view: &View<'_>) -> Vec<Option<StrandRef>> {
    let mut by_instance: BTreeMap<&InstanceId, Vec<StrandRef>> = BTreeMap::new();
    for strand in view.strand_refs() {
        by_instance.entry(view.instance(strand)).or_default().push(strand);
    }
    let mut before = vec![None; view.strands.len()];
    for strands in by_instance.values_mut() {
        strands.sort_by_key(|s| view.strand(*s).begins.number);
        for pair in strands.windows(2) {
            before[pair[1].place()] = Some(pair[0]);
        }
    }
    before
}
