//! From rows to the facts that planning takes.
//!
//! Every row gives a fact at the same place, so that what the planner says of
//! a place is said of the row there. A row that says too little to be planned
//! with becomes one that is not playable.

use super::rows::Rows;
use hitless_model::{CameraEvent, CameraId, ClockStep, Run, Segment, SegmentState, Utc};
use hitless_stitcher_core::{Carry, Facts, Lineage, SegmentFacts, Settings, Stretch};

/// What is known around the segments.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Lives of recorders.
    pub runs: Vec<Run>,
    /// What recorders noticed.
    pub events: Vec<CameraEvent>,
    /// Where clocks were set.
    pub clock_steps: Vec<ClockStep>,
    /// What retention removed.
    pub expired: Vec<Stretch>,
    /// From when on the camera was to be recorded.
    pub begins: Option<Utc>,
    /// Where the timeline ends.
    pub horizon: Utc,
}

/// The facts of a window: from where `carry` stands until the first joint at
/// or after `until`, or to the horizon.
pub fn facts(
    camera: &CameraId,
    rows: &Rows,
    around: Around,
    carry: Carry,
    until: Option<Utc>,
    settings: &Settings,
) -> Facts {
    let mut lineages: Vec<Lineage> = Vec::new();
    let mut expired = around.expired;
    let mut segments = Vec::with_capacity(rows.all().len());
    for row in rows.all() {
        if row.state == SegmentState::Expired {
            expired.push(Stretch { from: row.start, to: row.start.plus(row.duration) });
        }
        let lineage = Lineage { instance: row.name.instance.clone(), run: row.run.clone() };
        let at = lineages.iter().position(|l| *l == lineage).unwrap_or_else(|| {
            lineages.push(lineage);
            lineages.len() - 1
        });
        let mut fact = fact(row, u32::try_from(at).unwrap_or(u32::MAX), settings);
        fact.pauses = rows.pauses(&row.name);
        segments.push(fact);
    }
    Facts {
        camera: camera.clone(),
        lineages,
        segments,
        runs: around.runs,
        events: around.events,
        clock_steps: around.clock_steps,
        expired,
        begins: around.begins,
        horizon: around.horizon,
        until,
        carry,
    }
}

fn fact(row: &Segment, lineage: u32, settings: &Settings) -> SegmentFacts {
    let known = SegmentFacts::of_row(row, lineage, settings.drift_bound_ppm);
    known.unwrap_or_else(|| {
        // complete or recovered, but never looked at: nothing to play
        let unread = Segment { state: SegmentState::Corrupt, video: None, ..row.clone() };
        SegmentFacts::of_row(&unread, lineage, settings.drift_bound_ppm)
            .expect("a row that cannot be read always gives a fact")
    })
}
