//! One camera: index, facts, plan, apply.
//!
//! Reads, then plans, then writes, in that order and never mixed: killed at
//! any moment it leaves the timeline as it was or as it is planned to be.

use super::convert;
use super::indexing::{Indexed, index_camera};
use super::load::load;
use super::window::{begin, carry_at_or_before};
use crate::compute::Compute;
use crate::plan::{Planned, RoundsError, Rows, facts, rounds};
use crate::site::{Site, now};
use hitless_model::{CameraId, Nanos, SegmentName};
use hitless_schema::StoreError;
use hitless_schema::read::ChangeSeq;
use hitless_schema::stitch::{Applied, StitchState, Window};
use hitless_schema::timeline::AlignmentRow;
use hitless_stitcher_core::{Carry, Entry, Facts, What, render};
use std::sync::Arc;

/// What became of a camera.
#[derive(Debug, Clone, Default)]
pub struct Stitched {
    /// What indexing did.
    pub indexed: Indexed,
    /// What was written; `None` for a dry run.
    pub applied: Option<Applied>,
    /// The plan as text, for a dry run.
    pub text: Option<String>,
    /// Segments that planning could not read.
    pub unreadable: Vec<(SegmentName, String)>,
    /// What did not fit together, as sentences.
    pub findings: Vec<String>,
    /// Bytes of media that were read.
    pub media_bytes: u64,
    /// Segments that the plan was made of.
    pub segments: usize,
}

/// Why a camera could not be stitched.
#[derive(Debug, thiserror::Error)]
pub enum CameraError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The planner.
    #[error(transparent)]
    Plan(#[from] RoundsError),
    /// A joint could not be written down.
    #[error("a joint of the timeline cannot be written: {0}")]
    Carry(#[from] serde_json::Error),
}

/// Plans write, or only show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Write.
    Apply,
    /// Show the plan.
    Show,
}

/// A plan and all that it speaks of.
struct Made {
    rows: Arc<Rows>,
    facts: Arc<Facts>,
    planned: Planned,
    /// A recorder is running.
    alive: bool,
}

/// Stitches a camera that this run holds.
pub async fn stitch(
    site: &Site,
    compute: &Compute,
    camera: &CameraId,
    state: &StitchState,
    mode: Mode,
) -> Result<Stitched, CameraError> {
    let mut done = Stitched::default();
    if mode == Mode::Apply {
        done.indexed = index_camera(site, compute, camera).await?;
    }
    // before the facts: what comes after it is news for the next run
    let head = site.store.change_head().await?;
    let made = make(site, compute, camera, state).await?;
    done.media_bytes = made.planned.media_bytes;
    done.segments = made.rows.all().len();
    done.unreadable.clone_from(&made.planned.unreadable);
    let findings = convert::findings(&made.facts, &made.planned.plan);
    done.findings = findings.iter().map(|finding| finding.detail.clone()).collect();
    if mode == Mode::Show {
        done.text = Some(render(&made.facts, &made.planned.plan));
        return Ok(done);
    }
    let known = match made.facts.carry.end {
        Some(joint) => {
            let before = joint.plus(Nanos::new(-1));
            let known = site.store.alignments(camera, before, joint).await?;
            known.into_iter().filter(|row| row.from < joint).collect()
        }
        None => Vec::new(),
    };
    let window = window(camera, state, head, &made, &known)?;
    done.applied = site.store.apply_windows(&[window]).await?.into_iter().next();
    Ok(done)
}

/// Plans from the latest joint that nothing new can change.
async fn make(
    site: &Site,
    compute: &Compute,
    camera: &CameraId,
    state: &StitchState,
) -> Result<Made, CameraError> {
    let mut carry = begin(site, camera, state.planned_seq).await?;
    loop {
        let made = plan_from(site, compute, camera, carry).await?;
        match made.planned.earlier {
            Some(earlier) => carry = carry_at_or_before(site, camera, earlier).await?,
            None => return Ok(made),
        }
    }
}

async fn plan_from(
    site: &Site,
    compute: &Compute,
    camera: &CameraId,
    carry: Carry,
) -> Result<Made, CameraError> {
    let loaded = load(site, camera, &carry).await?;
    let facts = facts(camera, &loaded.rows, loaded.around, carry, None, &site.settings);
    let (rows, facts) = (Arc::new(loaded.rows), Arc::new(facts));
    let planned = rounds(site, compute, &rows, &facts).await?;
    Ok(Made { rows, facts, planned, alive: loaded.alive })
}

fn window(
    camera: &CameraId,
    state: &StitchState,
    head: ChangeSeq,
    made: &Made,
    known: &[AlignmentRow],
) -> Result<Window, CameraError> {
    let (rows, plan) = (&made.rows, &made.planned.plan);
    Ok(Window {
        camera: camera.clone(),
        generation: state.generation,
        from: made.facts.carry.end,
        to: None,
        entries: convert::entries(rows, plan),
        judged: convert::judged(rows, plan),
        alignments: convert::alignments(&made.facts, plan, known),
        findings: convert::findings(&made.facts, plan),
        carries: convert::carries(plan)?,
        planned_seq: Some(head),
        planned_until: (!goes_on(made)).then_some(made.facts.horizon),
        now: now(),
    })
}

/// Does the timeline end with a gap that goes on for as long as no recorder
/// runs? Then nothing has to be planned until something happens.
fn goes_on(made: &Made) -> bool {
    let last = made.planned.plan.entries.last();
    let open_end = |entry: &Entry| matches!(entry.what, What::Gap(_));
    !made.alive && last.map_or(made.rows.all().is_empty(), open_end)
}
