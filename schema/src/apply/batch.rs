//! Sorting a batch: one statement per row, the newest, in the order of locks.

use crate::change::{Change, Stamp, Stamped};
use hitless_model::{
    CameraEvent, CameraId, ClockStep, Run, RunId, Segment, SegmentName, SegmentState, Utc,
};
use std::collections::BTreeMap;

/// How far a segment has come in its life; never goes back, whatever the
/// stamps say. The SQL of `upsert` says the same.
fn rank(state: SegmentState) -> u8 {
    match state {
        SegmentState::Recording => 0,
        SegmentState::Expired => 2,
        _ => 1,
    }
}

/// The statements of a batch that count.
#[derive(Default)]
pub(super) struct Batch<'a> {
    pub segments: BTreeMap<&'a SegmentName, (Stamp, &'a Segment)>,
    pub expired: BTreeMap<&'a SegmentName, Stamp>,
    pub camera_events: Vec<(Stamp, &'a CameraEvent)>,
    pub clock_steps: Vec<(Stamp, &'a ClockStep)>,
    /// Every statement about runs, oldest first: instants add up.
    pub runs: Vec<(Stamp, &'a Run)>,
    pub heartbeats: BTreeMap<&'a RunId, (Stamp, Utc)>,
    /// Every statement about cameras, in the order of ids, oldest first.
    pub cameras: BTreeMap<(&'a CameraId, Stamp), (bool, Utc)>,
}

impl<'a> Batch<'a> {
    pub fn of(changes: &'a [Stamped]) -> Self {
        let mut batch = Self::default();
        for Stamped { stamp, change } in changes {
            batch.add(*stamp, change);
        }
        batch.runs.sort_by_key(|(stamp, run)| (&run.run, *stamp));
        batch
    }

    fn add(&mut self, stamp: Stamp, change: &'a Change) {
        match change {
            Change::Segment(segment) => {
                let kept = self.segments.entry(&segment.name).or_insert((stamp, segment));
                if (rank(kept.1.state), kept.0) < (rank(segment.state), stamp) {
                    *kept = (stamp, segment);
                }
            }
            Change::SegmentExpired { name } => {
                let kept = self.expired.entry(name).or_insert(stamp);
                *kept = stamp.max(*kept);
            }
            Change::CameraEvent(event) => self.camera_events.push((stamp, event)),
            Change::ClockStep(step) => self.clock_steps.push((stamp, step)),
            Change::Run(run) => self.runs.push((stamp, run)),
            Change::Heartbeat { run, at } => {
                let kept = self.heartbeats.entry(run).or_insert((stamp, *at));
                *kept = (stamp, *at).max(*kept);
            }
            Change::CameraSeen { camera, enabled, at } => {
                self.cameras.insert((camera, stamp), (*enabled, *at));
            }
        }
    }

    /// How many rows may take a change sequence number.
    pub fn sequenced(&self) -> usize {
        self.segments.len() + self.expired.len() + self.camera_events.len()
    }

    pub fn is_empty(&self) -> bool {
        self.sequenced() == 0
            && self.clock_steps.is_empty()
            && self.runs.is_empty()
            && self.heartbeats.is_empty()
            && self.cameras.is_empty()
    }
}
