//! One camera: its windows planned, and made ready to be written.
//!
//! Reads, then plans, then writes, in that order and never mixed: killed at
//! any moment it leaves the timeline as it was or as it is planned to be.

use super::convert;
use super::indexing::Indexed;
use super::known::Known;
use super::window::{Made, Planner};
use crate::plan::RoundsError;
use hitless_model::{CameraId, Nanos, SegmentName};
use hitless_schema::StoreError;
use hitless_schema::read::ChangeSeq;
use hitless_schema::stitch::{Applied, StitchState, Window};
use hitless_schema::timeline::{Entry, What};
use hitless_stitcher_core::render;

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

/// A camera that is planned.
pub struct Ready {
    /// Which.
    pub camera: CameraId,
    /// What is known of it so far.
    pub done: Stitched,
    /// What is to be written, in order, one after the other.
    pub windows: Vec<Window>,
}

/// Plans a camera that this run holds. `head`: where the order of changes
/// stood before any of the facts were read.
pub async fn plan(
    planner: &Planner<'_>,
    state: &StitchState,
    head: ChangeSeq,
    mode: Mode,
) -> Result<Ready, CameraError> {
    let made = planner.windows(state).await?;
    let mut done = Stitched::default();
    for piece in made.iter().flat_map(|made| &made.pieces) {
        done.media_bytes += piece.planned.media_bytes;
        done.segments += piece.rows.all().len();
        done.unreadable.extend(piece.planned.unreadable.iter().cloned());
        let findings = convert::findings(&piece.facts, &piece.planned.plan);
        done.findings.extend(findings.into_iter().map(|finding| finding.detail));
        if mode == Mode::Show {
            let text = done.text.get_or_insert_default();
            text.push_str(&render(&piece.facts, &piece.planned.plan));
        }
    }
    done.findings.sort();
    done.findings.dedup();
    let mut windows = Vec::new();
    let last = made.len().saturating_sub(1);
    for (at, made) in made.iter().enumerate().filter(|_| mode == Mode::Apply) {
        let mut window = window(planner, state, made).await?;
        window.planned_seq = (at == last).then_some(head);
        windows.push(window);
    }
    Ok(Ready { camera: planner.camera.clone(), done, windows })
}

async fn window(
    planner: &Planner<'_>,
    state: &StitchState,
    made: &Made,
) -> Result<Window, CameraError> {
    let mut window = convert::window(planner.camera, made)?;
    window.generation = state.generation;
    window.now = crate::site::now();
    window.planned_until = match (made.to, made.pieces.last()) {
        (None, Some(piece)) => (!goes_on(planner.known, &window)).then_some(piece.facts.horizon),
        _ => None,
    };
    if made.from.is_some() && !window.alignments.is_empty() {
        let (from, to) = window.bounds();
        // those that reach up to the joint are told by the instant before it
        let from = from.plus(Nanos::new(-1));
        let stored = planner.site.store.alignments(planner.camera, from, to).await?;
        convert::keep_extents(&mut window, &stored);
    }
    Ok(window)
}

/// Does the timeline end with a gap that goes on for as long as no recorder
/// runs? Then nothing has to be planned until something happens.
fn goes_on(known: &Known, window: &Window) -> bool {
    let open_end = |entry: &Entry| matches!(entry.what, What::Gap(_));
    known.live.is_none() && window.entries.last().is_none_or(open_end)
}
