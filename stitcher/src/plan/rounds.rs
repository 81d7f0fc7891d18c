//! The rounds of planning: what it needs is read, until it needs nothing.
//!
//! Tables come from the index, else from the file; samples and fingerprints
//! from the file alone. Reading is spread over threads by rayon; the answers are put together in
//! the order of the places, so that the same files give the same plan. What
//! cannot be read is given up, told, and planned without.

use super::rows::Rows;
use crate::compute::Compute;
use crate::index::{Contents, packed, prints};
use crate::site::Site;
use hitless_model::{CameraId, SegmentName, SegmentState, Utc};
use hitless_schema::StoreError;
use hitless_stitcher_core::{
    Evidence, Facts, Fingerprint, GopTable, Needs, Plan, Sample, SegmentRef, plan,
};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

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
pub enum RoundsError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The planner asks for ever.
    #[error("planning {camera} found no end of questions within {MOST_ROUNDS} rounds")]
    NoEnd {
        /// Whose timeline.
        camera: CameraId,
    },
}

/// Plans a window, or says that it has to begin earlier.
pub async fn rounds(
    site: &Site,
    compute: &Compute,
    rows: &Arc<Rows>,
    facts: &Arc<Facts>,
) -> Result<Planned, RoundsError> {
    let mut planned = Planned::default();
    let mut evidence = Evidence::default();
    while planned.rounds < MOST_ROUNDS {
        let (these, tolerances) = (Arc::clone(facts), site.settings.clone());
        let (answer, back) =
            compute.run(move || (plan(&these, &tolerances, &evidence), evidence)).await;
        evidence = back;
        let mut needs = match answer {
            Ok(plan) => {
                planned.plan = plan;
                return Ok(planned);
            }
            Err(needs) if needs.earlier.is_some() => {
                planned.earlier = needs.earlier;
                return Ok(planned);
            }
            Err(needs) => needs,
        };
        from_index(site, &facts.camera, rows, &mut needs, &mut evidence).await?;
        let (root, these) = (site.root().to_owned(), Arc::clone(rows));
        let (back, so_far) = compute
            .run(move || {
                answer_from_files(&root, &these, &needs, &mut evidence, &mut planned);
                (evidence, planned)
            })
            .await;
        (evidence, planned) = (back, so_far);
        planned.rounds += 1;
    }
    Err(RoundsError::NoEnd { camera: facts.camera.clone() })
}

/// Answers with tables that were read from the files before.
async fn from_index(
    site: &Site,
    camera: &CameraId,
    rows: &Rows,
    needs: &mut Needs,
    evidence: &mut Evidence,
) -> Result<(), RoundsError> {
    let names: Vec<SegmentName> = needs
        .tables
        .iter()
        .map(|at| rows.row(*at))
        .filter(|row| row.state != SegmentState::Recording)
        .map(|row| row.name.clone())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    for stored in site.store.indexes(camera, &names).await? {
        let Some(at) = rows.place(&stored.segment) else { continue };
        let start = rows.row(at).media_start;
        let table = packed::unpack_table(stored.version, &stored.contents, start);
        if let Some(table) = table {
            evidence.add_table(at, table);
            needs.tables.remove(&at);
        }
    }
    Ok(())
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

fn answer_from_files(
    root: &Path,
    rows: &Rows,
    needs: &Needs,
    evidence: &mut Evidence,
    planned: &mut Planned,
) {
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
