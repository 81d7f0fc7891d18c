//! Chains segments into strands.
//!
//! Run, strand number and segment number decide; wall time orders nothing
//! here. A strand whose media clock runs backwards from one segment to the
//! next tells of something that its recorder did not: it is cut there. What a
//! carry has passed is left out, and strands that it knows begin where it says.

use crate::carry::Ahead;
use crate::facts::{Facts, SegmentFacts, SegmentRef};
use crate::pair::Reach;
use crate::pause::Pause;
use hitless_model::{InstanceId, MediaSpan, MediaTime, Nanos, RunId, SegmentNumber, Utc};

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
    /// Its place in the carry's strands, if it began before the window.
    pub(crate) known: Option<usize>,
    pub(crate) begins: Begins,
}

/// Where a strand began, its segments before the window included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begins {
    pub(crate) at: Utc,
    pub(crate) number: SegmentNumber,
    pub(crate) media: MediaTime,
}

/// Facts with their strands.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) facts: &'a Facts,
    /// By start, then run id: instance names decide nothing.
    pub(crate) strands: Vec<Strand>,
    /// Of every playable segment, by where it begins.
    pub(crate) reaches: Vec<Reach>,
    of: Vec<Option<StrandRef>>,
    ends: Vec<Utc>,
}

impl<'a> View<'a> {
    pub(crate) fn new(facts: &'a Facts) -> Self {
        let strands = chain(facts);
        let mut of = vec![None; facts.segments.len()];
        let ends: Vec<Utc> = facts.segments.iter().map(SegmentFacts::label_end).collect();
        let mut reaches = Vec::with_capacity(facts.segments.len());
        for (at, strand) in strands.iter().enumerate() {
            let own = StrandRef(crate::table::count(at));
            for segment in &strand.segments {
                of[segment.place()] = Some(own);
                let row = &facts.segments[segment.place()];
                let from = row.start.plus(Nanos::ZERO.minus(row.error));
                let to = ends[segment.place()].plus(row.error);
                reaches.push(Reach { segment: *segment, strand: own, from, to });
            }
        }
        reaches.sort_by_key(|r| (r.from, r.strand, r.segment));
        Self { facts, strands, reaches, of, ends }
    }

    /// Where a segment ends by its own clock.
    pub(crate) fn end(&self, segment: SegmentRef) -> Utc {
        self.ends[segment.place()]
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

    /// The pause between a segment and the one that follows it.
    pub(crate) fn pause_between(&self, prev: SegmentRef, next: SegmentRef) -> Option<Pause> {
        let (prev, next) = (self.segment(prev), self.segment(next));
        let noted = prev.pause_before(prev.samples);
        let frame = noted.map_or(prev.mean_frame(), |p| p.frame.ticks());
        let short = noted.map_or(MediaSpan::default(), |p| p.length);
        let between = next.media_start.since(prev.media_end());
        let length = MediaSpan::new(between.ticks().saturating_add(short.ticks()));
        let pause =
            Pause { sample: 0, until: next.media_start, frame: MediaSpan::new(frame), length };
        (noted.is_some() || pause.is_long(prev.timescale)).then_some(pause)
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
    let from: Vec<Option<SegmentNumber>> =
        facts.lineages.iter().map(|l| facts.carry.rows_from(&l.instance)).collect();
    let mut rows: Vec<SegmentRef> = Vec::with_capacity(facts.segments.len());
    for (at, segment) in facts.segments.iter().enumerate() {
        let needed = from[segment.lineage as usize].is_none_or(|from| segment.number >= from);
        if segment.is_playable() && needed {
            rows.push(SegmentRef::new(crate::table::count(at)));
        }
    }
    let row = |s: &SegmentRef| &facts.segments[s.place()];
    let strand = |s: &SegmentRef| (row(s).lineage, row(s).strand, row(s).timescale);
    // stable: two rows of one number are an error, and stay as they came
    rows.sort_by_key(|s| (strand(s), row(s).number));
    let mut strands = Vec::new();
    for segments in rows.chunk_by(|a, b| strand(a) == strand(b)) {
        let (lineage, _, timescale) = strand(&segments[0]);
        let mut used: Option<usize> = None;
        for part in forwards(facts, segments) {
            let known = known(facts, part[0]).filter(|k| Some(*k) != used);
            used = known.or(used);
            let begins = begins(facts, part[0], known);
            strands.push(Strand { lineage, segments: part.to_vec(), timescale, known, begins });
        }
    }
    strands.sort_by(|a, b| order(facts, a).cmp(&order(facts, b)));
    strands
}

/// The strand of the carry that a segment goes on in.
fn known(facts: &Facts, segment: SegmentRef) -> Option<usize> {
    let row = &facts.segments[segment.place()];
    let lineage = &facts.lineages[row.lineage as usize];
    let is = |known: &Ahead| {
        known.instance == lineage.instance
            && known.run == lineage.run
            && known.strand == row.strand
            && known.first <= row.number
            && known.media <= row.media_start
    };
    let all = facts.carry.strands.iter().enumerate();
    all.filter(|(_, known)| is(known)).max_by_key(|(_, known)| known.first).map(|(at, _)| at)
}

fn begins(facts: &Facts, first: SegmentRef, known: Option<usize>) -> Begins {
    let row = &facts.segments[first.place()];
    match known.map(|at| &facts.carry.strands[at]) {
        Some(known) => Begins { at: known.since, number: known.first, media: known.media },
        None => Begins { at: row.start, number: row.number, media: row.media_start },
    }
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
        strand.begins.at,
        lineage.run.as_ref(),
        first.strand,
        strand.begins.number,
        first.samples,
        first.parameters,
        &lineage.instance,
    )
}
