//! Strands that a clock which was set has torn apart.
//!
//! They do not overlap by their clocks, so no pair is made of them; but one
//! shows at its head what the other showed at its tail, and the way between is
//! a step that somebody noted.

use crate::align::{Alignment, How, expected};
use crate::evidence::Look;
use crate::probe;
use crate::settings::Settings;
use crate::strand::{StrandRef, View};
use crate::vote::{Verdict, vote};
use hitless_model::{ClockStep, MediaSpan};
use std::collections::BTreeSet;

/// Where a clock is known to have been set: strands that no fingerprint has
/// tied to another, although one ended near where the other began.
pub(crate) fn stepped(
    view: &View<'_>,
    look: &mut Look<'_>,
    settings: &Settings,
    known: &[Alignment],
) -> Vec<Alignment> {
    if view.facts.clock_steps.is_empty() {
        return Vec::new();
    }
    let exact = |a: &&Alignment| matches!(a.how, How::Exact { .. });
    let tied: BTreeSet<StrandRef> =
        known.iter().filter(exact).flat_map(|a| [a.early, a.late]).collect();
    let mut found = Vec::new();
    let began = |s: &StrandRef| view.strand(*s).known.is_none();
    for late in view.strand_refs().filter(|s| !tied.contains(s) && began(s)) {
        for early in enders(view, settings, late) {
            if let Some(how) = step(view, look, settings, early, late) {
                let (early, late) = (early.min(late), early.max(late));
                let range = (view.strand(early).begins.at, view.last(late).label_end());
                found.push(Alignment { early, late, how, range, done: true, known: false });
                break;
            }
        }
    }
    found
}

/// Strands of other instances that ended near where this one began.
fn enders(view: &View<'_>, settings: &Settings, late: StrandRef) -> Vec<StrandRef> {
    let began = view.strand(late).begins.at;
    let apart = |s: &StrandRef| view.last(*s).label_end().since(began).abs();
    let mut near: Vec<StrandRef> = view
        .strand_refs()
        .filter(|s| view.instance(*s) != view.instance(late))
        .filter(|s| view.strand(*s).timescale == view.strand(late).timescale)
        .filter(|s| apart(s) <= settings.step_reach)
        .collect();
    near.sort_by_key(|s| (apart(s), *s));
    near.truncate(settings.step_tries);
    near
}

/// Does the head of one strand show what the tail of the other does?
fn step(
    view: &View<'_>,
    look: &mut Look<'_>,
    settings: &Settings,
    ended: StrandRef,
    began: StrandRef,
) -> Option<How> {
    let scale = view.strand(ended).timescale;
    let rows = probe::ends(view, look, settings, ended, began);
    let tail = probe::marks(look, &rows.early);
    let head = probe::marks(look, &rows.late);
    let Verdict::Exact { offset, matched, compared } =
        vote(&tail, &head, |_, _| true, rows.min_run)
    else {
        return None;
    };
    let (_, about) = *expected(&rows, scale).first()?;
    let step = MediaSpan::new(offset.saturating_sub(about)).to_nanos(scale);
    let known = |by: &ClockStep| by.step.abs().minus(step.abs()).abs() <= rows.gate;
    if !view.facts.clock_steps.iter().any(known) {
        // a picture in a loop
        return None;
    }
    // offsets go from the strand that is later in order
    let offset = MediaSpan::new(if began > ended { offset } else { offset.saturating_neg() });
    Some(How::Exact { offset, matched, compared, step: Some(step) })
}
