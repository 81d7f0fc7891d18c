//! Many strands on one axis, best evidence first.
//!
//! Alignments are taken in order of their evidence: exact ones by matches,
//! then those joined by clocks by error. One that disagrees with what is
//! already tied together is dropped and reported. Within a group times are
//! ticks of its first strand, and wall time orders nothing.

use crate::align::{Alignment, How, strand_id};
use crate::plan::Finding;
use crate::strand::{StrandRef, View};
use hitless_model::{MediaSpan, Nanos, Utc};
use std::collections::HashMap;

/// Where a strand lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Axis {
    /// Which group.
    pub(crate) group: u32,
    /// Ticks to add to the strand's media times.
    pub(crate) offset: i64,
    /// Strands of one class are tied by fingerprints.
    pub(crate) class: u32,
}

/// All strands, each on its axis.
#[derive(Debug)]
pub(crate) struct Groups {
    axes: Vec<Axis>,
    /// Members by group, in order.
    pub(crate) members: Vec<Vec<StrandRef>>,
}

impl Groups {
    pub(crate) fn axis(&self, strand: StrandRef) -> Axis {
        self.axes[strand.place()]
    }
}

/// Ties strands together.
pub(crate) fn groups(
    view: &View<'_>,
    alignments: &[Alignment],
    findings: &mut Vec<Finding>,
) -> Groups {
    let mut axes = Forest::new(view.strands.len());
    let mut classes = Forest::new(view.strands.len());
    tie_known(view, &mut axes, &mut classes);
    let mut sorted: Vec<&Alignment> = alignments.iter().filter(|a| !a.known).collect();
    sorted.sort_by_key(|a| (rank(a.how), a.early, a.late));
    for alignment in sorted {
        let Alignment { early, late, how, .. } = *alignment;
        report(view, alignment, findings);
        let (How::Exact { offset, .. } | How::Joined { offset, .. }) = how else { continue };
        let off = match axes.off(early, late, offset.ticks()) {
            Some(off) => off,
            None => axes.overrun(view, early, late, offset.ticks()),
        };
        let exact = matches!(how, How::Exact { .. });
        if off == 0 {
            axes.tie(early, late, offset.ticks());
            if exact && classes.off(early, late, 0).is_none() {
                classes.tie(early, late, 0);
            }
        } else if exact {
            findings.push(Finding::Contradiction {
                early: strand_id(view, early),
                late: strand_id(view, late),
                by: MediaSpan::new(off),
            });
        }
    }
    number(view, &mut axes, &mut classes)
}

/// As the carry says.
fn tie_known(view: &View<'_>, axes: &mut Forest, classes: &mut Forest) {
    let mut groups: HashMap<u32, (StrandRef, i64)> = HashMap::new();
    let mut exact: HashMap<u32, StrandRef> = HashMap::new();
    for strand in view.strand_refs() {
        let Some(known) = view.strand(strand).known.map(|at| &view.facts.carry.strands[at]) else {
            continue;
        };
        let offset = known.offset.ticks();
        let first = *groups.entry(known.group).or_insert((strand, offset));
        axes.tie(first.0, strand, offset.saturating_sub(first.1));
        classes.tie(*exact.entry(known.class).or_insert(strand), strand, 0);
    }
}

/// Strands that began before the window, and that only footage in it ties
/// together: what was planned before did not know. Says where the later one
/// of them began.
pub(crate) fn tied_late(view: &View<'_>, groups: &Groups) -> Option<Utc> {
    let known = |s: StrandRef| view.strand(s).known.map(|at| &view.facts.carry.strands[at]);
    let mut first: HashMap<(bool, u32), (u32, Utc)> = HashMap::new();
    let mut late = None;
    for strand in view.strand_refs() {
        let Some(known) = known(strand) else { continue };
        let axis = groups.axis(strand);
        for (key, was) in [((true, axis.group), known.group), ((false, axis.class), known.class)] {
            let (other, _) = *first.entry(key).or_insert((was, known.since));
            if other != was {
                late = Some(late.map_or(known.since, |l: Utc| l.min(known.since)));
            }
        }
    }
    late
}

fn rank(how: How) -> (u8, u32, Nanos) {
    match how {
        How::Exact { matched, .. } => (0, u32::MAX - matched, Nanos::ZERO),
        How::Joined { error, .. } => (1, 0, error),
        How::Apart { error, .. } => (2, 0, error),
    }
}

fn report(view: &View<'_>, alignment: &Alignment, findings: &mut Vec<Finding>) {
    let (early, late) = (strand_id(view, alignment.early), strand_id(view, alignment.late));
    match alignment.how {
        How::Exact { step: Some(step), .. } => {
            findings.push(Finding::ClockStepped { early, late, step });
        }
        How::Apart { differs: true, .. } => {
            findings.push(Finding::NothingInCommon { early, late });
        }
        _ => {}
    }
}

fn number(view: &View<'_>, axes: &mut Forest, classes: &mut Forest) -> Groups {
    let mut numbers = vec![None; view.strands.len()];
    let mut members: Vec<Vec<StrandRef>> = Vec::new();
    let mut found = Vec::with_capacity(view.strands.len());
    for strand in view.strand_refs() {
        let (root, offset) = axes.root(strand);
        let group = *numbers[root.place()].get_or_insert_with(|| {
            members.push(Vec::new());
            members.len() - 1
        });
        members[group].push(strand);
        let class = classes.root(strand).0.0;
        found.push(Axis { group: crate::table::count(group), offset, class });
    }
    Groups { axes: found, members }
}

/// Union-find whose links carry offsets.
struct Forest {
    links: Vec<(StrandRef, i64)>,
    /// Of each root.
    members: Vec<Vec<StrandRef>>,
}

impl Forest {
    fn new(strands: usize) -> Self {
        let all = || (0..crate::table::count(strands)).map(StrandRef);
        Self { links: all().map(|s| (s, 0)).collect(), members: all().map(|s| vec![s]).collect() }
    }

    /// The root of a strand's tree and the ticks to add to get to its axis.
    fn root(&mut self, strand: StrandRef) -> (StrandRef, i64) {
        let (mut at, mut offset) = (strand, 0_i64);
        while self.links[at.place()].0 != at {
            offset = offset.saturating_add(self.links[at.place()].1);
            at = self.links[at.place()].0;
        }
        self.links[strand.place()] = (at, offset);
        (at, offset)
    }

    /// How far an offset is from what is known; `None` if nothing is.
    fn off(&mut self, early: StrandRef, late: StrandRef, offset: i64) -> Option<i64> {
        let (early, late) = (self.root(early), self.root(late));
        (early.0 == late.0).then(|| offset.saturating_add(early.1).saturating_sub(late.1))
    }

    /// By how much strands of one instance would overlap, if these were tied:
    /// they follow each other.
    fn overrun(&mut self, view: &View<'_>, early: StrandRef, late: StrandRef, offset: i64) -> i64 {
        let link = self.link(early, late, offset);
        let (early, late) = (self.root(early).0, self.root(late).0);
        let of = |forest: &mut Self, root: StrandRef, by: i64| -> Vec<_> {
            let members = forest.members[root.place()].clone();
            let shift = |s: StrandRef| (s, forest.root(s).1.saturating_add(by));
            members.into_iter().map(shift).collect()
        };
        let (ours, theirs) = (of(self, early, 0), of(self, late, link));
        let mut worst = 0;
        for x in &ours {
            for y in &theirs {
                worst = worst.max(overlap(view, *x, *y));
            }
        }
        worst
    }

    /// Ticks from the axis of `late`'s tree to that of `early`'s.
    fn link(&mut self, early: StrandRef, late: StrandRef, offset: i64) -> i64 {
        // late + offset = early; each + its own offset = its axis
        let (early, late) = (self.root(early).1, self.root(late).1);
        offset.saturating_add(early).saturating_sub(late)
    }

    /// Ties `late` to `early`, if they are not yet.
    fn tie(&mut self, early: StrandRef, late: StrandRef, offset: i64) {
        let link = self.link(early, late, offset);
        let (early, late) = (self.root(early).0, self.root(late).0);
        if early == late {
            return;
        }
        let (keep, gone, link) =
            if early < late { (early, late, link) } else { (late, early, link.saturating_neg()) };
        self.links[gone.place()] = (keep, link);
        let moved = std::mem::take(&mut self.members[gone.place()]);
        self.members[keep.place()].extend(moved);
    }
}

/// Ticks by which two strands of one instance overlap, where they lie.
fn overlap(view: &View<'_>, x: (StrandRef, i64), y: (StrandRef, i64)) -> i64 {
    if view.instance(x.0) != view.instance(y.0) {
        return 0;
    }
    let in_order = view.strand(x.0).begins.number <= view.strand(y.0).begins.number;
    let (first, then) = if in_order { (x, y) } else { (y, x) };
    let last = view.last(first.0);
    let frame = last.media_length.ticks() / i64::from(last.samples.max(1));
    // how long the last sample lasts is a guess
    let end = last.media_end().ticks().saturating_add(first.1).saturating_sub(frame);
    let start = view.strand(then.0).begins.media.ticks().saturating_add(then.1);
    end.saturating_sub(start).max(0)
}
