//! The steps of planning, in order: strands, alignments, groups, tables,
//! walk, entries.

use crate::align::{alignments, before, strand_id};
use crate::entries::entries;
use crate::evidence::{Evidence, Look, Needs};
use crate::facts::Facts;
use crate::group::{groups, tied_late};
use crate::plan::{Plan, StrandAlignment};
use crate::resume::carry;
use crate::settings::Settings;
use crate::skew::recent;
use crate::status::statuses;
use crate::strand::View;
use crate::tables::overlaps;
use crate::tail::tail;
use crate::walk::Walk;
use hitless_model::Utc;

/// A final plan, or what has to be read before one can be made.
///
/// Every answer brings it forward, also that something cannot be read
/// ([`Evidence::give_up`]); there are at most a few dozen rounds.
pub fn plan(facts: &Facts, settings: &Settings, evidence: &Evidence) -> Result<Plan, Needs> {
    let mut look = Look::new(evidence);
    let view = View::new(facts);
    let countable = view.counts_up();
    if !countable && facts.carry.end.is_some() {
        // the carry says with numbers what was passed
        look.earlier(Utc::from_ns(i64::MIN));
        return Err(look.into_needs());
    }
    let aligned = alignments(&view, &mut look, settings);
    if look.lacks_anything() {
        return Err(look.into_needs());
    }
    let mut findings = Vec::new();
    let groups = groups(&view, &aligned, &mut findings);
    if let Some(at) = tied_late(&view, &groups) {
        look.earlier(before(settings, at));
    }
    let overlaps = overlaps(&view, &groups, &mut look);
    if look.lacks_anything() {
        return Err(look.into_needs());
    }
    let mut walk = Walk::new(&view, &groups, &overlaps, settings, &mut look);
    if look.lacks_anything() {
        return Err(look.into_needs());
    }
    walk.run(&mut look);
    if look.lacks_anything() {
        return Err(look.into_needs());
    }
    findings.append(&mut walk.findings);
    let line = entries(&walk, &look, settings);
    let end_after = |played: usize| match played {
        0 => facts.carry.end,
        n => line.ends.get(n - 1).copied(),
    };
    let checkpoints = walk
        .joints
        .iter()
        .filter(|_| countable)
        .filter_map(|j| {
            let end = end_after(j.played)?;
            let skews = recent(&j.skews, end);
            Some(carry(&walk, &overlaps, &aligned, (j.at, &j.marks, skews, end)))
        })
        .collect();
    let end: Option<Utc> = end_after(walk.played.len());
    let mut entries = line.entries;
    if facts.until.is_none() {
        entries.extend(tail(&walk, settings, end));
    }
    Ok(Plan {
        entries,
        statuses: statuses(facts, &overlaps, &walk.ledger),
        alignments: aligned
            .iter()
            .map(|a| StrandAlignment {
                early: strand_id(&view, a.early),
                late: strand_id(&view, a.late),
                how: a.how,
            })
            .collect(),
        findings,
        carry: end
            .map(|end| {
                let skews = recent(&walk.clocks.skews(), end);
                carry(&walk, &overlaps, &aligned, (walk.at, &walk.ledger.marks(), skews, end))
            })
            .unwrap_or_default(),
        checkpoints,
    })
}

/// What has to be read before [`plan`] is final; empty if nothing.
pub fn needs(facts: &Facts, settings: &Settings, evidence: &Evidence) -> Needs {
    plan(facts, settings, evidence).err().unwrap_or_default()
}
