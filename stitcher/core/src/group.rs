//! Many strands on one axis, best evidence first.
//!
//! Alignments are taken in order of their evidence: exact ones by matches,
//! then those joined by clocks by error. One that disagrees with what is
//! already tied together is dropped and reported. Within a group times are
//! ticks of its first strand, and wall time orders nothing.

use crate::align::{Alignment, How, strand_id};
use crate::plan::Finding;
use crate::strand::{StrandRef, View};
use hitless_model::{MediaSpan, Nanos};

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
    let mut sorted: Vec<&Alignment> = alignments.iter().collect();
    sorted.sort_by_key(|a| (rank(a.how), a.early, a.late));
    for alignment in sorted {
        let Alignment { early, late, how } = *alignment;
        report(view, alignment, findings);
        let (How::Exact { offset, .. } | How::Joined { offset, .. }) = how else { continue };
        match axes.tie(early, late, offset.ticks()) {
            0 => {
                if matches!(how, How::Exact { .. }) {
                    classes.tie(early, late, 0);
                }
            }
            by if matches!(how, How::Exact { .. }) => findings.push(Finding::Contradiction {
                early: strand_id(view, early),
                late: strand_id(view, late),
                by: MediaSpan::new(by),
            }),
            _ => {}
        }
    }
    number(view, &mut axes, &mut classes)
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
}

impl Forest {
    fn new(strands: usize) -> Self {
        Self { links: (0..crate::table::count(strands)).map(|s| (StrandRef(s), 0)).collect() }
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

    /// Ties `late` to `early`; how far off that is if they were tied already.
    fn tie(&mut self, early: StrandRef, late: StrandRef, offset: i64) -> i64 {
        let (early_root, early_offset) = self.root(early);
        let (late_root, late_offset) = self.root(late);
        // late + offset = early; early + early_offset = axis
        let wanted = offset.saturating_add(early_offset);
        if early_root == late_root {
            return wanted.saturating_sub(late_offset);
        }
        let link = wanted.saturating_sub(late_offset);
        if early_root <= late_root {
            self.links[late_root.place()] = (early_root, link);
        } else {
            self.links[early_root.place()] = (late_root, link.saturating_neg());
        }
        0
    }
}
