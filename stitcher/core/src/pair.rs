//! Which strands may have recorded the same time, by their clocks alone.
//!
//! One sweep over the segments. Two strands of one instance are never a pair:
//! an instance is one process at a time, so its strands follow each other
//! whatever its clock says.

use crate::carry::Met;
use crate::facts::{SegmentFacts, SegmentRef};
use crate::settings::Settings;
use crate::strand::{StrandRef, View};
use hitless_model::{ClockSource, Nanos, Utc};
use std::collections::{BTreeMap, HashMap};

/// Two strands and the time that both may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The one that began first.
    pub(crate) early: StrandRef,
    /// The one that began later.
    pub(crate) late: StrandRef,
    /// Where the overlap begins by the clocks.
    pub(crate) from: Utc,
    /// Where it ends.
    pub(crate) to: Utc,
    /// Its place in the carry's pairs, if it began before the window.
    pub(crate) known: Option<usize>,
}

/// Where a segment may lie by its clock and the error of that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    pub(crate) segment: SegmentRef,
    pub(crate) strand: StrandRef,
    pub(crate) from: Utc,
    pub(crate) to: Utc,
}

/// Calls `meet` for every two reaches that overlap or are no farther apart
/// than a margin, the earlier one first.
pub(crate) fn sweep(all: &[Reach], margin: Nanos, mut meet: impl FnMut(&Reach, &Reach)) {
    let mut open: Vec<Reach> = Vec::new();
    for reach in all {
        open.retain(|o| o.to.plus(margin) > reach.from);
        for earlier in &open {
            if earlier.strand != reach.strand {
                meet(earlier, reach);
            }
        }
        open.push(*reach);
    }
}

/// Every two strands of different instances that may overlap.
pub(crate) fn pairs(view: &View<'_>, settings: &Settings) -> Vec<Pair> {
    let mut found = near(view, settings);
    // strands are ordered by where they begin
    let met = met(view);
    // what brought them together may be passed, what is known of them holds
    for (key, (_, met)) in &met {
        found.entry(*key).or_insert((met.from, met.to));
    }
    found
        .into_iter()
        .map(|((early, late), (from, to))| match met.get(&(early, late)) {
            Some((at, met)) => {
                Pair { early, late, from: met.from, to: met.to.max(to), known: Some(*at) }
            }
            None => Pair { early, late, from, to, known: None },
        })
        .collect()
}

/// Two strands, the one that began first first, and the time that both may have.
type Near = BTreeMap<(StrandRef, StrandRef), (Utc, Utc)>;

/// Strands whose segments lie near each other: by good clocks, and by those
/// that may be far off.
fn near(view: &View<'_>, settings: &Settings) -> Near {
    let gates = settings.gate.plus(settings.gate);
    let told = |s: &SegmentFacts| s.source == ClockSource::SenderReport;
    let margin = match view.facts.segments.iter().all(told) {
        true => gates,
        false => gates.max(settings.far_gate),
    };
    let (mut found, mut far) = (Near::new(), Near::new());
    sweep(&view.reaches, margin, |x, y| {
        if view.instance(x.strand) == view.instance(y.strand) {
            return;
        }
        let (xf, yf) = (view.segment(x.segment), view.segment(y.segment));
        let from = xf.start.max(yf.start);
        let to = view.end(x.segment).min(view.end(y.segment));
        let key = (x.strand.min(y.strand), x.strand.max(y.strand));
        let map = if x.to.plus(gates) > y.from { &mut found } else { &mut far };
        let both = map.entry(key).or_insert((from, to));
        *both = (both.0.min(from), both.1.max(to));
    });
    for (key, range) in far {
        if !found.contains_key(&key) && may_be_far(view, key.0, key.1) {
            found.insert(key, range);
        }
    }
    found
}

/// May the clocks of two strands be a minute apart? Not if both have the camera's,
/// and not if both recorders ran on one host: there equal pictures a minute apart
/// are footage that is played again and again. Of recorders that nothing is known
/// of anything may be.
pub(crate) fn may_be_far(view: &View<'_>, one: StrandRef, other: StrandRef) -> bool {
    let reported = |strand: StrandRef| {
        let mut segments = view.strand(strand).segments.iter();
        segments.any(|s| view.segment(*s).source == ClockSource::SenderReport)
    };
    if reported(one) && reported(other) {
        return false;
    }
    let host = |strand: StrandRef| {
        let run = view.run(strand)?;
        view.facts.runs.iter().find(|known| known.run == *run).map(|known| &known.host)
    };
    match (view.run(one), view.run(other)) {
        (Some(_), Some(_)) => {
            let hosts = (host(one), host(other));
            hosts.0.is_some() && hosts.1.is_some() && hosts.0 != hosts.1
        }
        _ => true,
    }
}

/// The carry's pairs, by the strands that go on.
fn met<'a>(view: &View<'a>) -> HashMap<(StrandRef, StrandRef), (usize, &'a Met)> {
    let carry = &view.facts.carry;
    let mut strands = vec![None; carry.strands.len()];
    for strand in view.strand_refs() {
        if let Some(known) = view.strand(strand).known {
            strands[known] = Some(strand);
        }
    }
    let find = |at: u32| strands.get(at as usize).copied().flatten();
    carry
        .pairs
        .iter()
        .enumerate()
        .filter_map(|(at, met)| {
            let (early, late) = (find(met.early)?, find(met.late)?);
            Some(((early.min(late), early.max(late)), (at, met)))
        })
        .collect()
}
