//! How far the clocks of recorders are apart, as equal pictures have told.
//!
//! Where the walk passes a GOP that two recorders show alike, what their clocks
//! say of it differs by as much as the clocks do, to the tick. If that is more
//! than they say that they may be off, it is kept: from there on what one of
//! these clocks says is compared with the other by that much corrected, although
//! no picture ties the two. It holds until they are seen to agree, one of them is
//! set, or they may have drifted apart by as much again. It is a part of the
//! walk's state and of every [`Carry`](crate::Carry).

use crate::facts::SegmentRef;
use crate::group::Groups;
use crate::lane::label;
use crate::settings::Settings;
use crate::strand::View;
use crate::unit::Unit;
use hitless_model::{ClockSource, InstanceId, Nanos, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Whose clock said when pictures were taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// The camera's own, told by its sender reports.
    Camera,
    /// Of the host of this name, that recorders ran on.
    Host(String),
    /// Of a recorder of which the host is not known.
    Instance(InstanceId),
}

/// Two clocks that are apart by more than they say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skew {
    /// One of them.
    pub one: Clock,
    /// The other one, later in order.
    pub other: Clock,
    /// How far the other one is ahead.
    pub ahead: Nanos,
    /// When this was seen last, by the one that is ahead.
    pub at: Utc,
}

/// What to add to what a clock says to have what another one would say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Shift {
    pub(crate) by: Nanos,
    /// How far that may be off: what the two may have drifted apart since.
    pub(crate) error: Nanos,
}

impl Shift {
    /// An instant and its error, the other way.
    pub(crate) fn back(self, (at, error): (Utc, Nanos)) -> (Utc, Nanos) {
        (at.plus(Nanos::ZERO.minus(self.by)), error.plus(self.error))
    }

    pub(crate) fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// Every clock, and what is known of every two of them.
#[derive(Debug)]
pub(crate) struct Clocks<'v> {
    view: &'v View<'v>,
    settings: &'v Settings,
    /// In order.
    names: Vec<Clock>,
    /// Of the host, by lineage.
    hosts: Vec<usize>,
    /// Clocks that were set, and what they said before and after.
    set: Vec<(usize, Utc, Utc)>,
    /// By place among the names: how far the second one is ahead, seen when.
    known: BTreeMap<(usize, usize), (Nanos, Utc)>,
}

impl<'v> Clocks<'v> {
    /// As an earlier walk left them.
    pub(crate) fn new(view: &'v View<'v>, settings: &'v Settings) -> Self {
        let facts = view.facts;
        let hosts: Vec<Clock> = facts
            .lineages
            .iter()
            .map(|l| {
                let run = facts.runs.iter().find(|r| Some(&r.run) == l.run.as_ref());
                run.map_or(Clock::Instance(l.instance.clone()), |r| Clock::Host(r.host.clone()))
            })
            .collect();
        let carried = facts.carry.skews.iter().flat_map(|s| [s.one.clone(), s.other.clone()]);
        let names: BTreeSet<Clock> =
            hosts.iter().cloned().chain(carried).chain([Clock::Camera]).collect();
        let names: Vec<Clock> = names.into_iter().collect();
        let place = |name: &Clock| names.partition_point(|n| n < name);
        let known = facts
            .carry
            .skews
            .iter()
            .map(|s| ((place(&s.one), place(&s.other)), (s.ahead, s.at)))
            .collect();
        let hosts = hosts.iter().map(place).collect();
        let set = facts.clock_steps.iter().filter_map(|step| {
            let host = || facts.runs.iter().find(|r| r.run == step.run).map(|r| r.host.clone());
            let name = match (&step.camera, host()) {
                (Some(_), _) => Clock::Camera,
                (None, Some(host)) => Clock::Host(host),
                (None, None) => Clock::Instance(step.instance.clone()),
            };
            let before = step.at.plus(Nanos::ZERO.minus(step.step));
            Some((names.binary_search(&name).ok()?, before, step.at))
        });
        let set = set.collect();
        Self { view, settings, names, hosts, set, known }
    }

    /// What a walk that goes on has to know.
    pub(crate) fn skews(&self) -> Vec<Skew> {
        let known = self.known.iter();
        known
            .map(|((one, other), (ahead, at))| Skew {
                one: self.names[*one].clone(),
                other: self.names[*other].clone(),
                ahead: *ahead,
                at: *at,
            })
            .collect()
    }

    /// No clock is known to be farther from another one.
    pub(crate) fn farthest(&self) -> Nanos {
        self.known.values().map(|(ahead, _)| ahead.abs()).max().unwrap_or_default()
    }

    /// The clock of a segment; a name alone is none.
    fn clock(&self, segment: SegmentRef) -> Option<usize> {
        let row = self.view.segment(segment);
        match row.source {
            ClockSource::SenderReport => self.names.binary_search(&Clock::Camera).ok(),
            ClockSource::HostArrival => self.hosts.get(row.lineage as usize).copied(),
            ClockSource::FileName => None,
        }
    }

    /// Have these two the same clock, or none?
    pub(crate) fn are_one(&self, a: SegmentRef, b: SegmentRef) -> bool {
        self.clock(a) == self.clock(b)
    }

    /// Copies of one GOP that begins at a time on their axis.
    pub(crate) fn note(&mut self, groups: &Groups, copies: &[Unit], start: i64) {
        for (n, a) in copies.iter().enumerate() {
            for b in &copies[n + 1..] {
                if groups.axis(a.strand).class == groups.axis(b.strand).class {
                    self.compare(groups, (a, b), start);
                }
            }
        }
    }

    fn compare(&mut self, groups: &Groups, (a, b): (&Unit, &Unit), start: i64) {
        let (Some(one), Some(other)) = (self.clock(a.segment), self.clock(b.segment)) else {
            return;
        };
        if one == other {
            return;
        }
        let ((one, a), (other, b)) =
            if one < other { ((one, a), (other, b)) } else { ((other, b), (one, a)) };
        let says = |copy: &Unit| label(self.view, groups, copy, start);
        let error = |copy: &Unit| self.view.segment(copy.segment).error;
        let ahead = says(b).since(says(a));
        let far = self.settings.far_gate.plus(error(a)).plus(error(b));
        if ahead.abs() > error(a).plus(error(b)) && ahead.abs() <= far {
            self.known.insert((one, other), (ahead, says(a).max(says(b))));
        } else {
            self.known.remove(&(one, other));
        }
    }

    /// From the clock of a segment to that of another one, at an instant.
    pub(crate) fn shift(&self, from: SegmentRef, to: SegmentRef, at: Utc) -> Shift {
        let begins = self.view.segment(from).start;
        let (Some(from), Some(to)) = (self.clock(from), self.clock(to)) else {
            return Shift::default();
        };
        let Some((ahead, seen)) = self.known.get(&(from.min(to), from.max(to))) else {
            return Shift::default();
        };
        let at = at.max(begins);
        let since = at.since(*seen).abs();
        let error = i128::from(since.get()) * i128::from(self.settings.host_drift_ppm) / 1_000_000;
        let error = Nanos::new(i64::try_from(error).unwrap_or(i64::MAX));
        let was_set = self.set.iter().any(|(clock, before, after)| {
            [from, to].contains(clock) && *before.max(after) >= *seen && *before.min(after) <= at
        });
        if was_set || since > FORGET || error >= ahead.abs() {
            return Shift::default();
        }
        let by = if from < to { *ahead } else { Nanos::ZERO.minus(*ahead) };
        Shift { by, error }
    }
}

/// Without what is too old to be used by any clock.
pub(crate) fn recent(skews: &[Skew], end: Utc) -> Vec<Skew> {
    skews.iter().filter(|s| end.since(s.at) < FORGET.plus(FORGET)).cloned().collect()
}

/// Longer ago nobody remembers, however far the clocks were apart.
const FORGET: Nanos = Nanos::from_secs(86_400);
