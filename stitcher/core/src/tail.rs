//! How the timeline ends: what is missing between the last span and the horizon.
//!
//! The horizon is an instant of the host's clock, the last span's end one of
//! the camera's. Most often they are good to a minute, and the distance between
//! them is what is missing. Where they contradict each other (pictures taken
//! after their recorder was last heard of, or before it was started, a clock
//! that was set while it was recorded), the recorder's signs of life tell when
//! the last picture came. Nothing is missing beyond the horizon.

use crate::cause::{Causes, ended};
use crate::choice::Position;
use crate::facts::Facts;
use crate::missing::carve;
use crate::plan::Entry;
use crate::settings::Settings;
use crate::strand::{StrandRef, View};
use crate::walk::{Missing, ToldBy, Walk};
use hitless_model::{CameraEvent, CameraState, MediaSpan, MediaTime, Nanos, Run, Utc};

/// What is missing after the last span.
pub(crate) fn tail(walk: &Walk<'_>, settings: &Settings, from: Option<Utc>) -> Vec<Entry> {
    let facts = walk.view.facts;
    let Some(from) = from.or(facts.begins) else { return Vec::new() };
    let (last, frame) = walk.at.map_or((from, Nanos::ZERO), |at| last(walk, settings, &at));
    let length = facts.horizon.since(last);
    if length <= frame || from >= facts.horizon {
        return Vec::new();
    }
    let missing = Missing { length, told_by: ToldBy::Clocks, noted: false };
    carve(facts, settings, &Causes::of(facts), (from, facts.horizon), missing)
}

/// When the last picture ended, and how long one lasts.
fn last(walk: &Walk<'_>, settings: &Settings, at: &Position) -> (Utc, Nanos) {
    let media = MediaTime::new(at.end.saturating_sub(walk.groups.axis(at.strand).offset));
    let frame = MediaSpan::new(at.frame).to_nanos(walk.view.strand(at.strand).timescale);
    let label = walk.view.segment(at.segment).label(media);
    let Some(heard) = heard(walk.view, at.strand) else { return (label, frame) };
    let margin = walk.view.segment(at.segment).error.plus(settings.far_gate);
    let push = walk.lanes[walk.lane_of(at.strand)].push.unwrap_or_default();
    let contradicts = label.since(heard.to) > margin
        || heard.run.started.since(walk.view.strand(at.strand).begins.at) > margin
        || set_by(walk.view, at).abs() > margin
        || push > margin;
    let is_believed = !contradicts || label.since(heard.to).abs() <= margin;
    (if is_believed { label } else { heard.to }, frame)
}

/// How far the clock of a strand was set while it was recorded.
fn set_by(view: &View<'_>, at: &Position) -> Nanos {
    let (row, begins) = (view.segment(at.segment), view.strand(at.strand).begins);
    let recorded = row.media_start.since(begins.media).to_nanos(row.timescale);
    row.start.since(begins.at).minus(recorded)
}

/// A recorder's signs of life.
struct Heard<'a> {
    run: &'a Run,
    /// When it last had the camera, by its host's clock.
    to: Utc,
}

/// `None` where nothing is known of the recorder, or where it has recorded
/// more than this strand since.
fn heard<'a>(view: &View<'a>, strand: StrandRef) -> Option<Heard<'a>> {
    let facts = view.facts;
    let own = view.run(strand)?;
    let run = facts.runs.iter().find(|run| run.run == *own)?;
    let (lineage, last) = (view.strand(strand).lineage, view.last(strand).number);
    if facts.segments.iter().any(|s| s.lineage == lineage && s.number > last) {
        return None;
    }
    Some(Heard { run, to: had(facts, run) })
}

/// Until when a recorder had the camera: until it noted otherwise, or ended.
fn had(facts: &Facts, run: &Run) -> Utc {
    let mut events: Vec<&CameraEvent> = facts.events.iter().filter(|e| e.run == run.run).collect();
    events.sort_by_key(|e| e.at);
    let has = |e: &&CameraEvent| matches!(e.state, CameraState::Recording | CameraState::Draining);
    let lost = events.iter().rposition(has).map_or(0, |at| at + 1);
    events.get(lost).map_or_else(|| ended(run), |event| event.at.min(ended(run)))
}
