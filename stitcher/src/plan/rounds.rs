//! The rounds of planning: what it needs is read, until it needs nothing.
//!
//! Reading is spread over threads by rayon; the answers are put together in
//! the order of the places, so that the same files give the same plan. What
//! cannot be read is given up, told, and planned without.

use super::rows::Rows;
use crate::index::{Contents, prints};
use hitless_model::{SegmentName, Utc};
use hitless_stitcher_core::{
    Evidence, Facts, Fingerprint, GopTable, Needs, Plan, Sample, SegmentRef, Settings, plan,
};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

/// Planning promises a few dozen rounds; more would be a fault in it.
const MOST_ROUNDS: usize = 200;

/// A plan and what it took to make it.
#[derive(Debug, Clone, Default)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Segments that could not be read, and why.
    pub unreadable: Vec<(SegmentName, String)>,
    /// Bytes of media that were read for fingerprints.
    pub media_bytes: u64,
    /// Fingerprints that were read.
    pub prints: usize,
    /// Rounds.
    pub rounds: usize,
    /// There is no plan: what was planned before the window changes too, from
    /// this instant on.
    pub earlier: Option<Utc>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
#[error("planning {camera} found no end of questions within {MOST_ROUNDS} rounds")]
pub struct NoEnd {
    camera: String,
}

/// Plans a window, or says that it has to begin earlier.
pub fn rounds(
    root: &Path,
    rows: &Rows,
    facts: &Facts,
    settings: &Settings,
    mut evidence: Evidence,
) -> Result<Planned, NoEnd> {
    let mut planned = Planned::default();
    for (at, known) in rows.all().iter().enumerate() {
        if let Some(table) = &known.table {
            let place = SegmentRef::new(u32::try_from(at).unwrap_or(u32::MAX));
            evidence.add_table(place, table.clone());
        }
    }
    while planned.rounds < MOST_ROUNDS {
        match plan(facts, settings, &evidence) {
            Ok(plan) => {
                planned.plan = plan;
                return Ok(planned);
            }
            Err(needs) if needs.earlier.is_some() => {
                planned.earlier = needs.earlier;
                return Ok(planned);
            }
            Err(needs) => answer(root, rows, &needs, &mut evidence, &mut planned),
        }
        planned.rounds += 1;
    }
    Err(NoEnd { camera: facts.camera.to_string() })
}

/// What was read of one segment.
#[derive(Default)]
struct Answer {
    table: Option<GopTable>,
    samples: Option<Vec<Sample>>,
    prints: Vec<(u32, u64)>,
    bytes: u64,
    problem: Option<String>,
}

fn answer(root: &Path, rows: &Rows, needs: &Needs, evidence: &mut Evidence, planned: &mut Planned) {
    let all: BTreeSet<SegmentRef> =
        needs.tables.iter().chain(&needs.samples).chain(needs.prints.keys()).copied().collect();
    let all: Vec<SegmentRef> = all.into_iter().collect();
    let answers: Vec<Answer> = all.par_iter().map(|at| read(root, rows, needs, *at)).collect();
    for (at, answer) in all.into_iter().zip(answers) {
        if let Some(table) = answer.table {
            evidence.add_table(at, table);
        }
        if let Some(samples) = answer.samples {
            evidence.add_samples(at, samples);
        }
        planned.media_bytes += answer.bytes;
        planned.prints += answer.prints.len();
        let wanted = needs.prints.get(&at).map_or(0, BTreeSet::len);
        let complete = answer.prints.len() >= wanted;
        for (sample, print) in answer.prints {
            evidence.add_print(at, sample, Fingerprint(print));
        }
        if let Some(problem) = answer.problem {
            planned.unreadable.push((rows.row(at).name.clone(), problem));
            evidence.give_up(at);
        } else if !complete {
            // samples without a picture: asked again it would be the same
            evidence.give_up(at);
        }
    }
}

fn read(root: &Path, rows: &Rows, needs: &Needs, at: SegmentRef) -> Answer {
    let mut answer = Answer::default();
    let path = rows.path(root, at);
    if needs.tables.contains(&at) || needs.samples.contains(&at) {
        match Contents::read(&path, rows.row(at).media_start) {
            Ok(contents) => {
                answer.table = needs.tables.contains(&at).then(|| contents.table());
                answer.samples = needs.samples.contains(&at).then_some(contents.samples);
            }
            Err(problem) => answer.problem = Some(problem.to_string()),
        }
    }
    if let Some(wanted) = needs.prints.get(&at) {
        match prints(&path, wanted.iter().copied()) {
            Ok(prints) => {
                answer.prints = prints.found;
                answer.bytes = prints.bytes;
            }
            Err(problem) => answer.problem = Some(problem.to_string()),
        }
    }
    answer
}
