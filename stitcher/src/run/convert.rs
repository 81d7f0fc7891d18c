//! From a plan, which speaks of places, to what is stored, which speaks of
//! names.

use super::drift::Strands;
use super::window::{Made, Piece};
use crate::plan::Rows;
use hitless_model::{CameraId, Nanos, SegmentName, TimeRange, Utc};
use hitless_schema::stitch::{Judged, Window};
use hitless_schema::timeline::{AlignmentRow, CarryRow, Entry, FindingRow, Span, Strand, What};
use hitless_stitcher_core as core;
use hitless_stitcher_core::{Facts, Plan, SegmentRef};
use std::collections::{BTreeMap, HashMap};

/// What a window's plans say, each following the one before; whose state it
/// continues and what it ends is for the caller to say.
pub fn window(camera: &CameraId, made: &Made) -> Result<Window, serde_json::Error> {
    let mut window = Window {
        camera: camera.clone(),
        generation: 0,
        from: made.from,
        to: made.to,
        entries: Vec::new(),
        judged: Vec::new(),
        unjudged: None,
        alignments: Vec::new(),
        findings: Vec::new(),
        carries: Vec::new(),
        planned_seq: None,
        planned_until: None,
        now: Utc::default(),
    };
    let mut judgements = Judgements::default();
    for Piece { rows, facts, planned } in &made.pieces {
        let plan = &planned.plan;
        window.entries.extend(entries(rows, plan));
        judgements.add(judged(rows, plan));
        for one in alignments(facts, plan) {
            add_alignment(&mut window.alignments, one);
        }
        window.findings.extend(findings(facts, plan));
        window.carries.extend(carries(plan)?);
    }
    let (findings, range) = (std::mem::take(&mut window.findings), window.bounds());
    window.findings = findings.into_iter().filter(|f| range.0 <= f.at && f.at < range.1).collect();
    window.findings.dedup();
    window.judged = judgements.all;
    if let ([piece], None, None) = (made.pieces.as_slice(), made.from, made.to) {
        window.unjudged = Some(unjudged(piece));
    }
    Ok(window)
}

/// Segments of a plan that it says nothing of.
fn unjudged(Piece { rows, planned, .. }: &Piece) -> Vec<SegmentName> {
    let mut is_judged = vec![false; rows.all().len()];
    for (at, _) in &planned.plan.statuses {
        is_judged[at.place()] = true;
    }
    let others = rows.all().iter().zip(is_judged).filter(|(_, is_judged)| !is_judged);
    others.map(|(row, _)| row.name.clone()).collect()
}

/// What plans that follow each other say of segments, each segment once.
#[derive(Default)]
struct Judgements {
    all: Vec<Judged>,
    places: HashMap<SegmentName, usize>,
}

impl Judgements {
    fn add(&mut self, judged: Vec<Judged>) {
        if self.all.is_empty() {
            // most often the only plan, which names each segment once
            self.all = judged;
            return;
        }
        if self.places.is_empty() {
            let known = self.all.iter().enumerate();
            self.places = known.map(|(at, one)| (one.segment.clone(), at)).collect();
        }
        for one in judged {
            let next = self.all.len();
            match *self.places.entry(one.segment.clone()).or_insert(next) {
                at if at == next => self.all.push(one),
                at => self.all[at] = joined(&self.all[at], one),
            }
        }
    }
}

/// A segment that two plans have judged: the later one has seen its end.
fn joined(early: &Judged, late: Judged) -> Judged {
    let (a, b) = (early.placed, late.placed);
    Judged { placed: TimeRange { from: a.from.min(b.from), to: a.to.max(b.to) }, ..late }
}

fn add_alignment(known: &mut Vec<AlignmentRow>, one: AlignmentRow) {
    match known.iter_mut().find(|k| (&k.early, &k.late) == (&one.early, &one.late)) {
        Some(known) => {
            let (from, to) = (known.from.min(one.from), known.to.max(one.to));
            let drift_ppb = one.drift_ppb.or(known.drift_ppb);
            *known = AlignmentRow { from, to, drift_ppb, ..one };
        }
        None => known.push(one),
    }
}

/// A window sees only a part of a long overlap. What that began with is not
/// loaded any more, nor where it ends if the window ends before; as it was
/// stored it goes on being true.
pub fn keep_extents(window: &mut Window, stored: &[AlignmentRow]) {
    let (from, to) = window.bounds();
    for was in stored {
        let same = |one: &AlignmentRow| (&one.early, &one.late) == (&was.early, &was.late);
        let Some(at) = window.alignments.iter().position(same) else { continue };
        let one = &mut window.alignments[at];
        if was.from < from && was.to >= one.from {
            one.from = one.from.min(was.from);
            one.drift_ppb = one.drift_ppb.or(was.drift_ppb);
        }
        if was.to > to {
            one.to = one.to.max(was.to);
            one.drift_ppb = was.drift_ppb;
        }
        // those that begin before the window are no part of it
        if one == was && was.from < from {
            window.alignments.remove(at);
        }
    }
}

/// The entries of a plan.
fn entries(rows: &Rows, plan: &Plan) -> Vec<Entry> {
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
fn judged(rows: &Rows, plan: &Plan) -> Vec<Judged> {
    let mut placed: Vec<Option<TimeRange>> = vec![None; rows.all().len()];
    for entry in &plan.entries {
        if let core::What::Span(span) = &entry.what {
            let range = placed[span.segment.place()]
                .get_or_insert(TimeRange { from: entry.start, to: entry.end });
            range.from = range.from.min(entry.start);
            range.to = range.to.max(entry.end);
        }
    }
    let one = |(at, status): &(SegmentRef, _)| {
        let row = rows.row(*at);
        let (start, end) = (row.start, row.start.plus(row.duration));
        let range = placed[at.place()].unwrap_or(TimeRange { from: start, to: end });
        let placed = TimeRange { from: range.from.min(start), to: range.to.max(end) };
        Judged { segment: row.name.clone(), status: *status, placed }
    };
    let mut judged: Vec<Judged> = plan.statuses.iter().map(one).collect();
    // in order of their places
    judged.dedup_by(|late, early| {
        let is_same = late.segment == early.segment;
        if is_same {
            *early = joined(early, late.clone());
        }
        is_same
    });
    judged
}

/// The joints at which a later plan may go on, each once.
fn carries(plan: &Plan) -> Result<Vec<CarryRow>, serde_json::Error> {
    let mut rows: BTreeMap<Utc, CarryRow> = BTreeMap::new();
    for carry in &plan.checkpoints {
        if let Some(at) = carry.end {
            rows.insert(at, CarryRow { at, carry: serde_json::to_vec(carry)? });
        }
    }
    Ok(rows.into_values().collect())
}

/// How strands were aligned; where they overlap is told by their rows.
fn alignments(facts: &Facts, plan: &Plan) -> Vec<AlignmentRow> {
    let (extents, strands) = (extents(facts), Strands::of(facts));
    let row = |a: &core::StrandAlignment| {
        let (early, late) = (extents.get(&a.early)?, extents.get(&a.late)?);
        let from = early.from.max(late.from);
        let to = early.to.min(late.to).max(from.plus(Nanos::new(1)));
        Some(AlignmentRow {
            early: strand(facts, a.early)?,
            late: strand(facts, a.late)?,
            from,
            to,
            how: a.how,
            drift_ppb: strands.drift((a.early, a.late), &a.how, TimeRange { from, to }),
        })
    };
    plan.alignments.iter().filter_map(row).collect()
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
