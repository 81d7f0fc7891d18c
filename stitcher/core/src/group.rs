//! Many strands on one axis, best evidence first.
//!
//! Alignments are taken in order of their evidence: exact ones by matches,
//! then those joined by clocks by error. One that disagrees with what is
//! already tied together is dropped and reported. Within a group times are
//! ticks of its first strand, and wall time orders nothing.

use crate::align::{Alignment, How, strand_id};
use crate::plan::Finding;
use crate::strand::{StrandRef, View};
use hitless_model::{InstanceId, MediaSpan, Nanos, SegmentNumber, Utc};
use std::collections::{BTreeSet, HashMap};

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
    let mut axes = Forest::new(view);
    let mut classes = Forest::new(view);
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

/// For how long both recorded, by their clocks; less than nothing if they did not.
fn both_recorded(alignment: &Alignment) -> Nanos {
    let (from, to) = alignment.range;
    to.since(from)
}

fn report(view: &View<'_>, alignment: &Alignment, findings: &mut Vec<Finding>) {
    let (early, late) = (strand_id(view, alignment.early), strand_id(view, alignment.late));
    match alignment.how {
        How::Exact { step: Some(step), .. } => {
            findings.push(Finding::ClockStepped { early, late, step });
        }
        // who only took turns has nothing to have in common
        How::Apart { differs: true, error } if both_recorded(alignment) > error => {
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

/// A strand by its instance (the first strand of that) and number.
type Turn = (StrandRef, SegmentNumber, StrandRef);

/// Union-find whose links carry offsets.
struct Forest {
    links: Vec<(StrandRef, i64)>,
    /// Of each root, by whose turn it was.
    members: Vec<BTreeSet<Turn>>,
}

impl Forest {
    fn new(view: &View<'_>) -> Self {
        let mut instances: HashMap<&InstanceId, StrandRef> = HashMap::new();
        let turn = |s: StrandRef| {
            let first = *instances.entry(view.instance(s)).or_insert(s);
            (first, view.strand(s).begins.number, s)
        };
        Self {
            links: view.strand_refs().map(|s| (s, 0)).collect(),
            members: view.strand_refs().map(turn).map(|t| BTreeSet::from([t])).collect(),
        }
    }

    /// The root of a strand's tree and the ticks to add to get to its axis.
    fn root(&mut self, strand: StrandRef) -> (StrandRef, i64) {
        let mut path = Vec::new();
        let mut at = strand;
        while self.links[at.place()].0 != at {
            path.push(at);
            at = self.links[at.place()].0;
        }
        let mut offset = 0_i64;
        for step in path.into_iter().rev() {
            offset = offset.saturating_add(self.links[step.place()].1);
            self.links[step.place()] = (at, offset);
        }
        (at, offset)
    }

    /// How far an offset is from what is known; `None` if nothing is.
    fn off(&mut self, early: StrandRef, late: StrandRef, offset: i64) -> Option<i64> {
        let (early, late) = (self.root(early), self.root(late));
        (early.0 == late.0).then(|| offset.saturating_add(early.1).saturating_sub(late.1))
    }

    /// By how much strands of one instance would overlap, if these were tied:
    /// they follow each other. In each tree they do already, so only those
    /// that would come next to each other are looked at.
    fn overrun(&mut self, view: &View<'_>, early: StrandRef, late: StrandRef, offset: i64) -> i64 {
        let link = self.link(early, late, offset);
        let (early, late) = (self.root(early).0, self.root(late).0);
        let sizes = [early, late].map(|root| self.members[root.place()].len());
        // what to add to get from each tree's axis to that of `early`'s
        let (few, many) = match sizes[0] <= sizes[1] {
            true => ((early, 0), (late, link)),
            false => ((late, link), (early, 0)),
        };
        let pairs: Vec<(StrandRef, StrandRef)> = self.members[few.0.place()]
            .iter()
            .flat_map(|turn| {
                let others = &self.members[many.0.place()];
                let before = others.range(..*turn).next_back();
                let after = others.range(*turn..).next();
                [before, after].into_iter().flatten().map(|other| (turn.2, other.2))
            })
            .collect();
        let mut worst = 0;
        for (x, y) in pairs {
            let x = (x, self.root(x).1.saturating_add(few.1));
            let y = (y, self.root(y).1.saturating_add(many.1));
            worst = worst.max(overlap(view, x, y));
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
        let mut few = std::mem::take(&mut self.members[gone.place()]);
        let many = &mut self.members[keep.place()];
        if few.len() > many.len() {
            std::mem::swap(&mut few, many);
        }
        many.extend(few);
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
