//! What a plan leaves for the one that goes on where it ended.
//!
//! Planning is one walk from left to right; a carry is the whole state of it
//! at a joint, where one span ends and another entry begins: where the walk
//! stands, how far every recorder has been passed, and how the strands that
//! go on lie against each other. Planning on from a carry gives what planning
//! everything would have given from there. Two equal carries at one joint have
//! equal futures, so redoing a window may stop as soon as it comes to a carry
//! that was stored before.

use crate::align::How;
use crate::facts::SegmentFacts;
use crate::settings::Settings;
use crate::skew::Skew;
use hitless_model::{InstanceId, MediaSpan, MediaTime, Nanos, RunId, SegmentNumber, Utc};
use serde::{Deserialize, Serialize};

/// The state of the walk at a joint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Carry {
    /// Where the timeline has come to; `None` = nothing yet.
    pub end: Option<Utc>,
    /// What was played last; `None` = nothing yet.
    pub playing: Option<Playing>,
    /// How far each instance's footage has been passed, by instance.
    pub passed: Vec<Passed>,
    /// Strands that go on, by where they began.
    pub strands: Vec<Ahead>,
    /// What is known of every two of them that overlap.
    pub pairs: Vec<Met>,
    /// Clocks that are known to be apart, by their names.
    #[serde(default)]
    pub skews: Vec<Skew>,
}

/// The last sample played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playing {
    /// Of which instance.
    pub instance: InstanceId,
    /// Of which of its segments.
    pub number: SegmentNumber,
    /// Number of the sample after it, in decode order.
    pub next_sample: u32,
    /// When the latest picture was shown, on its strand's media clock.
    pub last: MediaTime,
    /// When it ended.
    pub end: MediaTime,
    /// How long a picture lasts.
    pub frame: MediaSpan,
    /// Some recorder knows that nothing is missing before the next GOP.
    pub closed: bool,
}

/// How far an instance's footage has been passed, played or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// Which instance.
    pub instance: InstanceId,
    /// The first segment that planning on needs the row of.
    pub from: SegmentNumber,
    /// The segment that was reached.
    pub number: SegmentNumber,
    /// Number of the first sample of it that was not passed.
    pub next_sample: u32,
    /// All of it was passed.
    pub whole: bool,
    /// How many of its samples were played, dropped leading pictures included.
    pub played: u32,
    /// Where its footage has come to, placed after all that came before.
    pub end: Utc,
    /// How far its clock was corrected for that.
    pub push: Nanos,
}

/// A strand that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ahead {
    /// Of which instance.
    pub instance: InstanceId,
    /// Of which life of it.
    pub run: Option<RunId>,
    /// Which stretch of that.
    pub strand: u32,
    /// Its first segment.
    pub first: SegmentNumber,
    /// Where that began by its own clock.
    pub since: Utc,
    /// And on its media clock.
    pub media: MediaTime,
    /// Strands of one group share an axis.
    pub group: u32,
    /// Ticks to add to its media times to get to the axis.
    pub offset: MediaSpan,
    /// Strands of one class are tied by fingerprints.
    pub class: u32,
}

/// Two strands that were held against each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// Place of the one that began first in [`Carry::strands`].
    pub early: u32,
    /// Place of the other one.
    pub late: u32,
    /// Where their overlap begins by the clocks.
    pub from: Utc,
    /// Up to where it was looked at.
    pub to: Utc,
    /// What was found.
    pub how: How,
    /// More of the overlap would tell nothing new.
    pub done: bool,
}

impl Carry {
    /// The first segment of an instance that planning on from here needs;
    /// `None` = nothing of it was passed lately.
    pub fn rows_from(&self, instance: &InstanceId) -> Option<SegmentNumber> {
        self.passed.iter().find(|p| p.instance == *instance).map(|p| p.from)
    }

    /// Does this row lie so far behind the joint that what is planned before
    /// it would be the same without it? A window for a row that was added,
    /// changed or removed must begin at a carry for which this holds.
    pub fn is_before(
        &self,
        instance: &InstanceId,
        row: &SegmentFacts,
        settings: &Settings,
    ) -> bool {
        let Some(end) = self.end else { return true };
        let passed = self.passed.iter().find(|p| p.instance == *instance);
        let margin = row.stray(settings).plus(self.farthest());
        let row_end = row.label_end().plus(margin);
        let looked_at = |met: &Met| {
            let is =
                |at: u32| self.strands.get(at as usize).is_some_and(|s| s.instance == *instance);
            // Two that are a little apart were looked at where they nearly meet.
            let (from, to) = (met.from.min(met.to), met.to.max(met.from));
            (is(met.early) || is(met.late)) && row.start <= to.plus(margin) && row_end >= from
        };
        // a strand that it names would begin elsewhere with it
        let begins_before =
            |s: &Ahead| s.instance == *instance && s.strand == row.strand && row.number < s.first;
        // what is behind may reach beyond the joint: the rest of a GOP that lost its middle
        let reached = self.passed.iter().map(|p| p.end).max().map_or(end, |p| p.max(end));
        passed.is_none_or(|p| p.number < row.number)
            && reached.plus(margin) <= row.start
            && !self.strands.iter().any(begins_before)
            && !self.pairs.iter().any(looked_at)
    }

    /// Does this row lie so far behind the joint that what is planned after
    /// it would be the same without it? A window that was opened for a row
    /// may end at a joint for which this holds, if it has come to the carry
    /// that was stored there.
    pub fn is_behind(&self, instance: &InstanceId, number: SegmentNumber) -> bool {
        self.rows_from(instance).is_some_and(|from| number < from)
    }

    /// No clock is known to be farther from another one.
    pub(crate) fn farthest(&self) -> Nanos {
        self.skews.iter().map(|skew| skew.ahead.abs()).max().unwrap_or_default()
    }

    /// Was all of a segment passed, or everything after it?
    pub(crate) fn has_passed(&self, instance: &InstanceId, number: SegmentNumber) -> bool {
        self.passed
            .iter()
            .find(|p| p.instance == *instance)
            .is_some_and(|p| number < p.number || (number == p.number && p.whole))
    }

    /// The instance's mark, if it is in this segment.
    pub(crate) fn within(&self, instance: &InstanceId, number: SegmentNumber) -> Option<&Passed> {
        self.passed.iter().find(|p| p.instance == *instance && p.number == number)
    }
}
