//! Which segments overlap others, and which of them have to be taken apart.
//!
//! A segment that nobody overlaps is played whole and nothing of it is read.
//! So are copies that agree: same start on the axis, same samples, no damage, and
//! nothing that one of them may lack alone.
//! GOPs are asked for where copies disagree, where samples are damaged or the
//! camera paused, and where a strand begins (its first GOP may have pictures
//! that cannot be shown).

use crate::evidence::Look;
use crate::facts::{SegmentFacts, SegmentRef};
use crate::group::Groups;
use crate::pair::sweep;
use crate::strand::{StrandRef, View};
use hitless_model::{MediaSpan, Nanos};
use std::collections::HashMap;

/// What is known of each segment, by its place.
#[derive(Debug)]
pub(crate) struct Overlaps {
    /// Another recorder has some of the same time.
    pub(crate) overlapped: Vec<bool>,
    /// It is taken apart into GOPs, where its table can be read.
    pub(crate) apart: Vec<bool>,
    /// Every two segments that may share time, each way round, in order.
    partners: Vec<(SegmentRef, SegmentRef)>,
}

#[derive(Debug, Clone, Copy)]
struct Extent {
    segment: SegmentRef,
    strand: StrandRef,
    from: i64,
    /// Its end, less a little: how long the last sample lasts is a guess.
    last: i64,
}

/// Finds overlaps and asks for the tables that they need.
pub(crate) fn overlaps(view: &View<'_>, groups: &Groups, look: &mut Look<'_>) -> Overlaps {
    let mut found = Overlaps {
        overlapped: vec![false; view.facts.segments.len()],
        apart: vec![false; view.facts.segments.len()],
        partners: Vec::new(),
    };
    let mut alike = Vec::new();
    for members in &groups.members {
        within(view, groups, members, |x, y| {
            let same = congruent(view, groups, x, y);
            if same {
                alike.push((x, y));
            }
            found.meet(x, y, true, !same);
        });
    }
    between(view, groups, |x, y, sure| found.meet(x, y, sure, true));
    for strand in view.strand_refs() {
        let segments = &view.strand(strand).segments;
        for (at, segment) in segments.iter().enumerate() {
            let begins = at == 0 || !view.follows(segments[at - 1], *segment);
            let row = view.segment(*segment);
            let broken = row.damaged > 0 || row.has_pauses();
            found.apart[segment.place()] |= begins || broken;
            found.take_up(view, strand, *segment);
        }
    }
    found.spread(&alike);
    found.partners.sort_unstable();
    for segment in view.strands.iter().flat_map(|s| &s.segments) {
        let passed = || {
            let strand = view.strand_of(*segment);
            let number = view.segment(*segment).number;
            strand.is_some_and(|s| view.facts.carry.has_passed(view.instance(s), number))
        };
        if found.apart[segment.place()] && !passed() {
            look.table(*segment);
        }
    }
    found
}

impl Overlaps {
    /// What an earlier plan has gone through in part was taken apart by it.
    fn take_up(&mut self, view: &View<'_>, strand: StrandRef, segment: SegmentRef) {
        let number = view.segment(segment).number;
        if let Some(passed) = view.facts.carry.within(view.instance(strand), number) {
            self.apart[segment.place()] |= !passed.whole;
        }
    }

    /// The segments that may share time with one.
    pub(crate) fn partners(&self, of: SegmentRef) -> impl Iterator<Item = SegmentRef> {
        let first = self.partners.partition_point(|p| p.0 < of);
        self.partners[first..].iter().take_while(move |p| p.0 == of).map(|p| p.1)
    }

    fn meet(&mut self, x: SegmentRef, y: SegmentRef, sure: bool, apart: bool) {
        self.partners.extend([(x, y), (y, x)]);
        for one in [x, y] {
            self.overlapped[one.place()] |= sure;
            self.apart[one.place()] |= apart;
        }
    }

    /// Copies are taken apart together, or not at all.
    fn spread(&mut self, alike: &[(SegmentRef, SegmentRef)]) {
        let mut others: HashMap<SegmentRef, Vec<SegmentRef>> = HashMap::new();
        for (x, y) in alike {
            others.entry(*x).or_default().push(*y);
            others.entry(*y).or_default().push(*x);
        }
        let mut open: Vec<SegmentRef> =
            others.keys().filter(|s| self.apart[s.place()]).copied().collect();
        while let Some(segment) = open.pop() {
            for other in others.get(&segment).into_iter().flatten() {
                if !std::mem::replace(&mut self.apart[other.place()], true) {
                    open.push(*other);
                }
            }
        }
    }
}

fn extent(view: &View<'_>, groups: &Groups, strand: StrandRef, segment: SegmentRef) -> Extent {
    let facts = view.segment(segment);
    let offset = MediaSpan::new(groups.axis(strand).offset);
    let frame = facts.mean_frame();
    Extent {
        segment,
        strand,
        from: facts.media_start.plus(offset).ticks(),
        last: facts.media_end().plus(offset).ticks().saturating_sub((frame / 4).max(1)),
    }
}

/// Segments of different strands of a group that share time on its axis.
fn within(
    view: &View<'_>,
    groups: &Groups,
    members: &[StrandRef],
    mut meet: impl FnMut(SegmentRef, SegmentRef),
) {
    if members.len() < 2 {
        return;
    }
    let mut all: Vec<Extent> = members
        .iter()
        .flat_map(|s| view.strand(*s).segments.iter().map(move |segment| (*s, *segment)))
        .map(|(strand, segment)| extent(view, groups, strand, segment))
        .collect();
    all.sort_unstable_by_key(|e| (e.from, e.strand, e.segment));
    let mut open: Vec<Extent> = Vec::new();
    for one in &all {
        open.retain(|o| o.last >= one.from);
        for other in open.iter().filter(|o| o.strand != one.strand) {
            meet(other.segment, one.segment);
        }
        open.push(*one);
    }
}

/// Do two segments hold the same samples, as far as can be told from outside?
fn congruent(view: &View<'_>, groups: &Groups, x: SegmentRef, y: SegmentRef) -> bool {
    let (Some(xs), Some(ys)) = (view.strand_of(x), view.strand_of(y)) else { return false };
    let (xe, ye) = (extent(view, groups, xs, x), extent(view, groups, ys, y));
    let (xf, yf) = (view.segment(x), view.segment(y));
    let frame = xf.media_length.ticks() / i64::from(xf.samples.max(1));
    groups.axis(xs).class == groups.axis(ys).class
        && xe.from == ye.from
        && xe.last.saturating_sub(ye.last).saturating_abs() <= frame
        && xf.samples == yf.samples
        && xf.damaged == 0
        && yf.damaged == 0
        && !xf.has_pauses()
        && slip_alike(xf, yf)
}

/// May they have lost nothing but the same?
fn slip_alike(x: &SegmentFacts, y: &SegmentFacts) -> bool {
    x.pauses.len() == y.pauses.len()
        && x.pauses.iter().zip(&y.pauses).all(|(p, q)| p.is_like(x.media_start, q, y.media_start))
}

/// Segments of different groups that share time by their clocks; `sure` if
/// they do even without the clocks' error.
fn between(view: &View<'_>, groups: &Groups, mut meet: impl FnMut(SegmentRef, SegmentRef, bool)) {
    if groups.members.len() < 2 {
        return;
    }
    sweep(&view.reaches, Nanos::ZERO, |x, y| {
        let same_group = groups.axis(x.strand).group == groups.axis(y.strand).group;
        if same_group || view.instance(x.strand) == view.instance(y.strand) {
            return;
        }
        let (xf, yf) = (view.segment(x.segment), view.segment(y.segment));
        let sure = xf.start < view.end(y.segment) && yf.start < view.end(x.segment);
        meet(x.segment, y.segment, sure);
    });
}
