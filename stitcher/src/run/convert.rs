//! From a plan, which speaks of places, to what is stored, which speaks of
//! names.

use super::drift::Strands;
use crate::plan::Rows;
use hitless_model::{Nanos, OverlapStatus, TimeRange, Utc};
use hitless_schema::stitch::Judged;
use hitless_schema::timeline::{AlignmentRow, CarryRow, Entry, FindingRow, Span, Strand, What};
use hitless_stitcher_core as core;
use hitless_stitcher_core::{Facts, Plan, SegmentRef};
use std::collections::BTreeMap;

/// The entries of a plan.
pub fn entries(rows: &Rows, plan: &Plan) -> Vec<Entry> {
    let entry = |e: &core::Entry| Entry { start: e.start, end: e.end, what: what(rows, &e.what) };
    plan.entries.iter().map(entry).collect()
}

fn what(rows: &Rows, what: &core::What) -> What {
    match what {
        core::What::Gap(cause) => What::Gap(*cause),
        core::What::Hole(cause) => What::Hole(*cause),
        core::What::Pending => What::Pending,
        core::What::Expired => What::Expired,
        core::What::Span(span) => {
            let row = rows.row(span.segment);
            What::Span(Span {
                segment: row.name.clone(),
                run: row.run.clone(),
                first_sample: span.first_sample,
                samples: span.samples,
                damaged: span.damaged,
                seam: span.seam,
                audio: span.audio,
            })
        }
    }
}

/// What became of each segment, and where the plan put it.
pub fn judged(rows: &Rows, plan: &Plan) -> Vec<Judged> {
    let mut placed: BTreeMap<SegmentRef, TimeRange> = BTreeMap::new();
    for entry in &plan.entries {
        if let core::What::Span(span) = &entry.what {
            let range = placed
                .entry(span.segment)
                .or_insert(TimeRange { from: entry.start, to: entry.end });
            range.from = range.from.min(entry.start);
            range.to = range.to.max(entry.end);
        }
    }
    let one = |(at, status): &(SegmentRef, OverlapStatus)| {
        let row = rows.row(*at);
        let (start, end) = (row.start, row.start.plus(row.duration));
        let range = placed.get(at).copied().unwrap_or(TimeRange { from: start, to: end });
        let placed = TimeRange { from: range.from.min(start), to: range.to.max(end) };
        Judged { segment: row.name.clone(), status: *status, placed }
    };
    plan.statuses.iter().map(one).collect()
}

/// The joints at which a later plan may go on, each once.
pub fn carries(plan: &Plan) -> Result<Vec<CarryRow>, serde_json::Error> {
    let mut rows: BTreeMap<Utc, CarryRow> = BTreeMap::new();
    for carry in &plan.checkpoints {
        if let Some(at) = carry.end {
            rows.insert(at, CarryRow { at, carry: serde_json::to_vec(carry)? });
        }
    }
    Ok(rows.into_values().collect())
}

/// How strands were aligned; where they overlap is told by their rows.
///
/// `known`: alignments over the joint that the plan goes on from. What they
/// began with is not loaded any more, and goes on being true.
pub fn alignments(facts: &Facts, plan: &Plan, known: &[AlignmentRow]) -> Vec<AlignmentRow> {
    let (extents, strands) = (extents(facts), Strands::of(facts));
    let row = |a: &core::StrandAlignment| {
        let (early, late) = (extents.get(&a.early)?, extents.get(&a.late)?);
        let from = early.from.max(late.from);
        let to = early.to.min(late.to).max(from.plus(Nanos::new(1)));
        let mut row = AlignmentRow {
            early: strand(facts, a.early)?,
            late: strand(facts, a.late)?,
            from,
            to,
            how: a.how,
            drift_ppb: strands.drift((a.early, a.late), &a.how, TimeRange { from, to }),
        };
        let same = |was: &&AlignmentRow| was.early == row.early && was.late == row.late;
        if let Some(was) = known.iter().find(same).filter(|was| was.to >= row.from) {
            row.from = row.from.min(was.from);
            row.drift_ppb = row.drift_ppb.or(was.drift_ppb);
        }
        Some(row)
    };
    let rows = plan.alignments.iter().filter_map(row);
    rows.filter(|row| !known.contains(row)).collect()
}

fn strand(facts: &Facts, id: core::StrandId) -> Option<Strand> {
    let lineage = facts.lineages.get(id.lineage as usize)?;
    let (instance, run) = (lineage.instance.clone(), lineage.run.clone());
    Some(Strand { instance, run, number: id.strand })
}

fn extents(facts: &Facts) -> BTreeMap<core::StrandId, TimeRange> {
    let mut found: BTreeMap<core::StrandId, TimeRange> = BTreeMap::new();
    for segment in facts.segments.iter().filter(|s| s.is_playable()) {
        let id = core::StrandId { lineage: segment.lineage, strand: segment.strand };
        let end = segment.start.plus(segment.media_length.to_nanos(segment.timescale));
        let range = found.entry(id).or_insert(TimeRange { from: segment.start, to: end });
        range.from = range.from.min(segment.start);
        range.to = range.to.max(end);
    }
    found
}

/// What did not fit together, as sentences.
pub fn findings(facts: &Facts, plan: &Plan) -> Vec<FindingRow> {
    let extents = extents(facts);
    let begins = |id: &core::StrandId| extents.get(id).map(|range| range.from);
    plan.findings
        .iter()
        .filter_map(|finding| {
            let (kind, strand) = match finding {
                core::Finding::Contradiction { late, .. } => ("contradiction", late),
                core::Finding::ClockStepped { late, .. } => ("clock_stepped", late),
                core::Finding::NothingInCommon { late, .. } => ("nothing_in_common", late),
                core::Finding::ClockSetBack { strand, .. } => ("clock_set_back", strand),
            };
            let at = begins(strand)?;
            Some(FindingRow { at, kind: kind.to_owned(), detail: sentence(facts, finding) })
        })
        .collect()
}

fn sentence(facts: &Facts, finding: &core::Finding) -> String {
    let name = |id: &core::StrandId| match strand(facts, *id) {
        Some(Strand { instance, run: Some(run), number }) => {
            format!("strand {number} of {instance} (run {run})")
        }
        Some(Strand { instance, run: None, number }) => format!("strand {number} of {instance}"),
        None => "a strand".to_owned(),
    };
    match finding {
        core::Finding::Contradiction { early, late, by } => format!(
            "{} and {} match {} ticks away from where their other matches put them",
            name(early),
            name(late),
            by.ticks()
        ),
        core::Finding::ClockStepped { early, late, step } => format!(
            "the clock of {} is {:.6} s ahead of that of {}, which shows the same pictures",
            name(late),
            step.as_secs_f64(),
            name(early)
        ),
        core::Finding::NothingInCommon { early, late } => format!(
            "{} and {} overlap by their clocks, but no picture is equal",
            name(early),
            name(late)
        ),
        core::Finding::ClockSetBack { strand, by } => format!(
            "{} begins {:.6} s before its recorder's earlier footage ends; it was placed after it",
            name(strand),
            by.as_secs_f64()
        ),
    }
}
