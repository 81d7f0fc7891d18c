//! Why footage is missing, from what recorders knew.
//!
//! Every known reason covers stretches of time; the one that covers most of
//! a gap is its cause. That no recorder ran is known from the runs; all else
//! from what recorders noted about the camera and from files that cannot be
//! read.

use crate::facts::{Facts, Stretch};
use hitless_model::{CameraEvent, CameraState, Cause, Nanos, Run, RunId, SegmentState, Utc};
use std::collections::BTreeMap;

/// Known reasons and when they held.
#[derive(Debug)]
pub(crate) struct Causes {
    /// By where they begin.
    reasons: Vec<(Stretch, Cause)>,
    /// Up to where any of the reasons up to here held.
    held: Vec<Utc>,
    /// Files that are still open.
    pub(crate) open: Vec<Stretch>,
    /// When a recorder ran, without overlap; `None` if no run is known.
    alive: Option<Vec<Stretch>>,
}

impl Causes {
    pub(crate) fn of(facts: &Facts) -> Self {
        let mut reasons = of_events(facts);
        let unreadable =
            |s: &SegmentState| matches!(s, SegmentState::Corrupt | SegmentState::Missing);
        for segment in facts.segments.iter().filter(|s| unreadable(&s.state)) {
            let to = segment.label_end().max(segment.start.plus(Nanos::from_secs(1)));
            reasons.push((Stretch { from: segment.start, to }, Cause::Corrupt));
        }
        reasons.sort_unstable();
        let mut latest = Utc::from_ns(i64::MIN);
        let held = reasons.iter().map(|(s, _)| {
            latest = latest.max(s.to);
            latest
        });
        let held = held.collect();
        let open = facts.segments.iter().filter(|s| s.state == SegmentState::Recording).map(|s| {
            let to = if s.media_length.ticks() > 0 { s.label_end() } else { facts.horizon };
            Stretch { from: s.start, to }
        });
        let open = open.collect();
        let alive = (!facts.runs.is_empty()).then(|| alive(&facts.runs));
        Self { reasons, held, open, alive }
    }

    /// When the camera was switched off.
    pub(crate) fn disabled(&self, from: Utc, to: Utc) -> impl Iterator<Item = Stretch> {
        self.near(from, to).iter().filter(|(_, c)| *c == Cause::Disabled).map(|(s, _)| *s)
    }

    /// Reasons that may have held between two instants.
    fn near(&self, from: Utc, to: Utc) -> &[(Stretch, Cause)] {
        let end = self.reasons.partition_point(|(s, _)| s.from < to);
        let begin = self.held.partition_point(|held| *held <= from);
        self.reasons.get(begin..end).unwrap_or_default()
    }

    /// The cause of a gap.
    pub(crate) fn of_stretch(&self, from: Utc, to: Utc) -> Cause {
        let mut weights: BTreeMap<Cause, i64> = BTreeMap::new();
        for (stretch, cause) in self.near(from, to) {
            let weight = weights.entry(*cause).or_default();
            *weight = weight.saturating_add(shared(stretch, from, to));
        }
        if let Some(alive) = &self.alive {
            let begin = alive.partition_point(|s| s.to <= from);
            let near = alive[begin..].iter().take_while(|s| s.from < to);
            let up = near.map(|s| shared(s, from, to)).fold(0, i64::saturating_add);
            weights.insert(Cause::RecorderDown, to.since(from).get().saturating_sub(up));
        }
        weights
            .into_iter()
            .filter(|(_, weight)| *weight > 0)
            .max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))
            .map_or(Cause::Unknown, |(cause, _)| cause)
    }
}

fn shared(stretch: &Stretch, from: Utc, to: Utc) -> i64 {
    stretch.to.min(to).since(stretch.from.max(from)).get().max(0)
}

/// The last sign of life; a heartbeat comes every few seconds.
pub(crate) fn ended(run: &Run) -> Utc {
    run.stopped.unwrap_or(run.heartbeat).max(run.started)
}

fn alive(runs: &[Run]) -> Vec<Stretch> {
    let mut all: Vec<Stretch> =
        runs.iter().map(|r| Stretch { from: r.started, to: ended(r) }).collect();
    all.sort_unstable();
    let mut merged: Vec<Stretch> = Vec::new();
    for one in all {
        match merged.last_mut() {
            Some(last) if last.to >= one.from => last.to = last.to.max(one.to),
            _ => merged.push(one),
        }
    }
    merged
}

/// A state holds until the same run notes another, or ends.
fn of_events(facts: &Facts) -> Vec<(Stretch, Cause)> {
    let mut by_run: BTreeMap<&RunId, Vec<&CameraEvent>> = BTreeMap::new();
    for event in &facts.events {
        by_run.entry(&event.run).or_default().push(event);
    }
    let mut found = Vec::new();
    for (run, mut events) in by_run {
        events.sort_by_key(|e| e.at);
        let end = facts.runs.iter().find(|r| r.run == *run).map_or(facts.horizon, ended);
        for (at, event) in events.iter().enumerate() {
            let to = events.get(at + 1).map_or(end, |next| next.at);
            if let Some(cause) = reason(event).filter(|_| to > event.at) {
                found.push((Stretch { from: event.at, to }, cause));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// A recorder that has just begun connects to a camera too: only what it notes as
/// missing is the camera's doing.
fn reason(event: &CameraEvent) -> Option<Cause> {
    match event.state {
        CameraState::Disabled => Some(Cause::Disabled),
        CameraState::Stalled | CameraState::BackingOff => {
            Some(event.cause.unwrap_or(Cause::CameraAway))
        }
        CameraState::Connecting
        | CameraState::AwaitingKeyFrame
        | CameraState::Recording
        | CameraState::Draining
        | CameraState::Stopped => event.cause,
    }
}
