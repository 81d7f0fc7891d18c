//! The walk from left to right that decides what is played.
//!
//! It plays the lane it is in, slot by slot, as long as frames follow each
//! other. Where they do not, another lane that has the time takes over; where
//! none has, footage is missing. Its state at a joint is a
//! [`Carry`](crate::Carry): nothing it does depends on more of the past.

use crate::align::strand_id;
use crate::choice::Position;
use crate::evidence::Look;
use crate::facts::SegmentRef;
use crate::group::Groups;
use crate::lane::{Entrance, Lane, label};
use crate::ledger::{Ledger, Marks};
use crate::piece::{Piece, honest_end, pieces};
use crate::plan::{Finding, Seam, SeamKind};
use crate::settings::Settings;
use crate::slot::slots;
use crate::strand::{StrandRef, View};
use crate::tables::Overlaps;
use hitless_model::{MediaSpan, Nanos, Utc};

/// Samples of one segment that are played, and what is missing before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Played {
    pub(crate) strand: StrandRef,
    pub(crate) segment: SegmentRef,
    pub(crate) first: u32,
    pub(crate) samples: u32,
    pub(crate) damaged: u32,
    /// On the axis of the strand's group.
    pub(crate) from: i64,
    /// Where the next one begins, or its own end.
    pub(crate) to: i64,
    pub(crate) seam: Seam,
    /// What nobody has, right before it.
    pub(crate) missing: Option<Missing>,
}

/// A stretch that nobody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) length: Nanos,
    /// Lost inside of a strand, on the way from the camera.
    pub(crate) in_strand: bool,
}

/// Everything that was decided.
#[derive(Debug)]
pub(crate) struct Walk<'v> {
    pub(crate) view: &'v View<'v>,
    pub(crate) groups: &'v Groups,
    settings: &'v Settings,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) at: Option<Position>,
    pub(crate) ledger: Ledger<'v>,
    pub(crate) played: Vec<Played>,
    /// Joints: how much was played before each, and the state there.
    pub(crate) joints: Vec<Joint<'v>>,
    pub(crate) findings: Vec<Finding>,
    next_checkpoint: Option<Utc>,
}

/// Where one span ends and another entry begins.
#[derive(Debug)]
pub(crate) struct Joint<'v> {
    /// How many were played before it.
    pub(crate) played: usize,
    pub(crate) at: Option<Position>,
    pub(crate) marks: Marks<'v>,
}

/// How the next piece follows.
struct Relation {
    seam: Seam,
    missing: Option<Missing>,
}

impl<'v> Walk<'v> {
    pub(crate) fn new(
        view: &'v View<'v>,
        groups: &'v Groups,
        overlaps: &Overlaps,
        settings: &'v Settings,
        look: &mut Look<'_>,
    ) -> Self {
        let lanes: Vec<Lane> = groups
            .members
            .iter()
            .map(|members| Lane {
                slots: slots(view, groups, overlaps, look, members),
                cursor: 0,
                push: None,
            })
            .collect();
        let mut walk = Self {
            view,
            groups,
            settings,
            ledger: Ledger::new(view, &lanes),
            lanes,
            at: None,
            played: Vec::new(),
            joints: Vec::new(),
            findings: Vec::new(),
            next_checkpoint: None,
        };
        walk.resume();
        walk
    }

    /// Walks to the end, or to the first joint at or after the window's end.
    pub(crate) fn run(&mut self, look: &mut Look<'_>) {
        while let Some((lane, slot)) = self.next_slot() {
            let found = {
                let near = self.at.filter(|p| self.lane_of(p.strand) == lane);
                pieces(self.view, self.groups, look, &self.lanes[lane].slots[slot], near.as_ref())
            };
            if let Some(first) = found.first() {
                let relation = self.relation(lane, slot, first);
                if self.stops_before(&found, &relation) {
                    return;
                }
                self.pass_until(lane, slot);
                self.play(&found, relation, self.lanes[lane].slots[slot].closed);
            }
            self.pass_until(lane, slot + 1);
        }
        self.pass_all();
    }

    /// Counts again what lies ahead, after some of it was dropped.
    pub(crate) fn recount(&mut self) {
        self.ledger.recount(&self.lanes);
    }

    pub(crate) fn lane_of(&self, strand: StrandRef) -> usize {
        self.groups.axis(strand).group as usize
    }

    /// Where the timeline has come to by the clock of what is played, pushed.
    pub(crate) fn here(&self) -> Option<(Utc, Nanos)> {
        let at = self.at?;
        let media = at.end.saturating_sub(self.groups.axis(at.strand).offset);
        let facts = self.view.segment(at.segment);
        let label = facts.label(hitless_model::MediaTime::new(media));
        let push = self.lanes[self.lane_of(at.strand)].push.unwrap_or_default();
        Some((label.plus(push), facts.error))
    }

    /// The slot to play next.
    fn next_slot(&mut self) -> Option<(usize, usize)> {
        let here = self.here();
        let own = self.at.map(|p| self.lane_of(p.strand));
        if let (Some(at), Some(lane)) = (self.at, own) {
            self.pass_unplayable(lane, &at);
            let cursor = self.lanes[lane].cursor;
            if let Some(slot) = self.lanes[lane].slots.get(cursor) {
                let intact = slot
                    .copies
                    .iter()
                    .any(|c| at.leads_to(self.view, c.segment, c.first) && !c.first_damaged);
                if intact || at.reaches(slot.from) {
                    return Some((lane, cursor));
                }
                let other = self.filler(lane, slot.from);
                return Some(other.map_or((lane, cursor), |(lane, e)| (lane, e.slot)));
            }
        }
        self.other(own, here).map(|(lane, entrance)| (lane, entrance.slot))
    }

    /// Another lane that has some of what is missing in this one up to a time
    /// on its axis.
    fn filler(&mut self, lane: usize, until: i64) -> Option<(usize, Entrance)> {
        let at = self.at?;
        let here = self.here()?;
        let scale = self.view.strand(at.strand).timescale;
        let length = MediaSpan::new(until.saturating_sub(at.last)).to_nanos(scale);
        let limit = here.0.plus(length);
        let (other, entrance) = self.soonest(Some(lane), Some(here), true)?;
        let error = entrance.error.plus(here.1);
        let fills = length > error && limit.since(entrance.label) > error;
        fills.then_some((other, entrance))
    }

    /// Slots of the lane in play that nothing can be played of.
    fn pass_unplayable(&mut self, lane: usize, at: &Position) {
        while let Some(slot) = self.lanes[lane].slots.get(self.lanes[lane].cursor) {
            let playable =
                |c: &crate::unit::Unit| c.headed || at.leads_to(self.view, c.segment, c.first);
            if slot.copies.iter().any(playable) {
                return;
            }
            self.pass_until(lane, self.lanes[lane].cursor + 1);
        }
    }

    /// The lane to enter at or after the point that was come to: the one that
    /// goes on soonest.
    fn other(
        &mut self,
        own: Option<usize>,
        here: Option<(Utc, Nanos)>,
    ) -> Option<(usize, Entrance)> {
        // numbers and clocks may contradict each other all round: then any
        self.soonest(own, here, true).or_else(|| self.soonest(own, here, false))
    }

    fn soonest(
        &mut self,
        own: Option<usize>,
        here: Option<(Utc, Nanos)>,
        in_order: bool,
    ) -> Option<(usize, Entrance)> {
        let mut best: Option<(usize, Entrance)> = None;
        for lane in 0..self.lanes.len() {
            if Some(lane) == own || self.lanes[lane].is_done() {
                continue;
            }
            let slot = self.lanes[lane].cursor;
            let raw = self.lanes[lane].start(self.view, self.groups, slot);
            // lanes are in order of their first labels and are only pushed on
            if slot == 0
                && best.is_some_and(|(_, b)| raw > b.label)
                && here.is_none_or(|(at, _)| raw > at)
            {
                break;
            }
            if in_order && !self.is_eligible(lane) {
                continue;
            }
            self.push(lane);
            // what one recorder wrote later never repeats what it wrote before
            let near = here.filter(|_| !self.goes_on(lane));
            let Some(entrance) = self.lanes[lane].entrance(self.view, self.groups, near) else {
                // all that is left of it lies within what was played
                self.pass_until(lane, self.lanes[lane].slots.len());
                return self.soonest(own, here, in_order);
            };
            // soonest, and among those that have the time the one that doubles least
            let sooner = |b: &(usize, Entrance)| {
                let since = |label: Utc| here.map_or(label, |(at, _)| label.max(at));
                (since(entrance.label), b.1.label) < (since(b.1.label), entrance.label)
            };
            if best.as_ref().is_none_or(sooner) {
                best = Some((lane, entrance));
            }
        }
        best
    }

    /// Does the recorder that is playing go on in this lane?
    fn goes_on(&self, lane: usize) -> bool {
        let Some(at) = self.at else { return false };
        let playing = (self.view.instance(at.strand), self.view.segment(at.segment).number);
        let lane = &self.lanes[lane];
        lane.slots[lane.cursor].copies.iter().any(|c| {
            self.view.instance(c.strand) == playing.0
                && self.view.segment(c.segment).number > playing.1
        })
    }

    /// Has everything been passed that the lane's recorders wrote before?
    fn is_eligible(&self, lane: usize) -> bool {
        let lane = &self.lanes[lane];
        let slot = &lane.slots[lane.cursor];
        slot.copies.iter().all(|c| self.ledger.is_next(c.strand))
    }

    fn push(&mut self, lane: usize) {
        if self.lanes[lane].push.is_some() {
            return;
        }
        let (view, groups) = (self.view, self.groups);
        let slot = &self.lanes[lane].slots[self.lanes[lane].cursor];
        let needed = slot.copies.iter().filter_map(|c| {
            let come = self.ledger.come_to(view, c.strand)?;
            Some(come.since(label(view, groups, c, c.from)))
        });
        let push = needed.max().unwrap_or_default().max(Nanos::ZERO);
        let first = &slot.copies[0];
        if push > view.segment(first.segment).error.plus(self.settings.gate) {
            let strand = strand_id(view, first.strand);
            self.findings.push(Finding::ClockSetBack { strand, by: push });
        }
        self.lanes[lane].push = Some(push);
    }

    fn relation(&self, lane: usize, slot: usize, first: &Piece) -> Relation {
        let (Some(at), Some((here, own))) = (self.at, self.here()) else {
            return Relation { seam: Seam::sure(SeamKind::Start), missing: None };
        };
        if self.lane_of(at.strand) == lane {
            return self.within(&at, first);
        }
        let start = self.lanes[lane].start(self.view, self.groups, slot);
        let error = self.view.segment(first.segment).error.plus(own);
        self.across(&at, first, here, start, error)
    }

    /// On one axis: ticks decide.
    fn within(&self, at: &Position, first: &Piece) -> Relation {
        let scale = self.view.strand(first.strand).timescale;
        let ticks = |t: i64| MediaSpan::new(t).to_nanos(scale);
        let follows = at.leads_to(self.view, first.segment, first.first);
        let lost = match follows {
            true => first.lost,
            false if !at.reaches(first.from) => first.from.saturating_sub(at.end).max(1),
            false => 0,
        };
        if lost > 0 {
            let missing = Missing { length: ticks(lost), in_strand: follows };
            return Relation { seam: Seam::sure(SeamKind::Gap), missing: Some(missing) };
        }
        let class = |s: StrandRef| self.groups.axis(s).class;
        let seam = if follows {
            Seam::sure(SeamKind::SameStrand)
        } else if class(at.strand) == class(first.strand) {
            Seam::sure(SeamKind::Exact)
        } else {
            let errors = [at.segment, first.segment].map(|s| self.view.segment(s).error);
            let error = errors[0].plus(errors[1]);
            Seam { kind: SeamKind::Clock, error, doubled: Nanos::ZERO }
        };
        Relation { seam, missing: None }
    }

    /// From one axis to another: clocks decide.
    fn across(
        &self,
        at: &Position,
        first: &Piece,
        here: Utc,
        start: Utc,
        error: Nanos,
    ) -> Relation {
        let frame = MediaSpan::new(at.frame).to_nanos(self.view.strand(at.strand).timescale);
        let same = self.view.instance(at.strand) == self.view.instance(first.strand);
        let mut away = start.since(here);
        let mut believed = error.max(frame);
        if same {
            // one recorder, one clock: its own distance counts, pushed or not
            let raw = self.raw_distance(at, first);
            away = away.max(raw);
            believed = believed.min(self.settings.gap_threshold);
        }
        if away > believed {
            let missing = Missing { length: away, in_strand: false };
            return Relation { seam: Seam::sure(SeamKind::Gap), missing: Some(missing) };
        }
        let doubled = if same { Nanos::ZERO } else { here.since(start).max(Nanos::ZERO) };
        // where a clock was set back, nobody knows how long nothing was recorded
        let pushed = self.lanes[self.lane_of(first.strand)].push.unwrap_or_default();
        let error = if same { error.plus(pushed) } else { error };
        Relation { seam: Seam { kind: SeamKind::Clock, error, doubled }, missing: None }
    }

    fn raw_distance(&self, at: &Position, first: &Piece) -> Nanos {
        let raw = |strand, segment, time: i64| {
            let media = time.saturating_sub(self.groups.axis(strand).offset);
            self.view.segment(segment).label(hitless_model::MediaTime::new(media))
        };
        raw(first.strand, first.segment, first.from).since(raw(at.strand, at.segment, at.end))
    }

    /// A joint is where a new entry begins. Notes it, and says whether the
    /// window ends there.
    fn stops_before(&mut self, found: &[Piece], relation: &Relation) -> bool {
        let Some(first) = found.first() else { return false };
        let joined = relation.seam.kind == SeamKind::SameStrand
            && self.at.is_some_and(|p| p.segment == first.segment);
        let Some((here, _)) = self.here() else { return false };
        if joined {
            return false;
        }
        if relation.missing.is_none() {
            let dropping = drops_leading(found, relation.seam.kind);
            self.settle(first.strand, if dropping { first.key } else { first.from });
        }
        // what begins after the window belongs to the next one, and so does
        // what is missing before it
        let begins = here.plus(relation.missing.map_or(Nanos::ZERO, |m| m.length));
        let stops = self.view.facts.until.is_some_and(|until| begins >= until);
        let every = self.settings.checkpoint_every;
        let due = *self.next_checkpoint.get_or_insert_with(|| here.next_multiple(every));
        if stops || here >= due {
            self.next_checkpoint = Some(here.next_multiple(every));
            self.joints.push(Joint {
                played: self.played.len(),
                at: self.at,
                marks: self.ledger.marks.clone(),
            });
        }
        stops
    }

    /// The last span ends where the next one begins.
    fn settle(&mut self, next: StrandRef, from: i64) {
        let Some(last) = self.played.last_mut() else { return };
        if self.groups.axis(last.strand).group == self.groups.axis(next).group {
            last.to = from;
        }
    }

    fn play(&mut self, found: &[Piece], relation: Relation, closed: bool) {
        let dropping = drops_leading(found, relation.seam.kind);
        let mut relation = Some(relation);
        for (n, piece) in found.iter().enumerate() {
            let piece = &self.tempered(piece);
            // the rest of a GOP that lost frames cannot be shown without them
            let lane = self.lane_of(piece.strand);
            if n > 0 && piece.lost > 0 && self.filler(lane, piece.from).is_some() {
                return;
            }
            let relation = relation.take().unwrap_or_else(|| self.between(piece));
            if !dropping {
                self.append(piece, relation);
            } else if !piece.leading {
                self.append(&Piece { from: piece.key, ..*piece }, relation);
            }
            self.ledger.play(piece.segment, piece.samples);
            self.at = Some(Position {
                strand: piece.strand,
                segment: piece.segment,
                next_sample: piece.first.saturating_add(piece.samples),
                last: self
                    .at
                    .filter(|p| self.lane_of(p.strand) == self.lane_of(piece.strand))
                    .map_or(piece.last, |p| p.last.max(piece.last)),
                end: piece.end,
                frame: piece.frame,
                closed: closed && n + 1 == found.len(),
            });
        }
    }

    /// A single picture before a loss is as long as the loss in the file: the
    /// pictures before it know better.
    fn tempered(&self, piece: &Piece) -> Piece {
        let before = self.at.filter(|p| self.lane_of(p.strand) == self.lane_of(piece.strand));
        let frame = match before {
            Some(at) if piece.samples == 1 => piece.frame.min(at.frame),
            _ => piece.frame,
        };
        Piece { frame, end: honest_end(piece.last, piece.end, frame), ..*piece }
    }

    /// Inside of one GOP.
    fn between(&self, piece: &Piece) -> Relation {
        let scale = self.view.strand(piece.strand).timescale;
        if piece.lost > 0 {
            let length = MediaSpan::new(piece.lost).to_nanos(scale);
            let missing = Some(Missing { length, in_strand: true });
            return Relation { seam: Seam::sure(SeamKind::Gap), missing };
        }
        let same = self.at.is_some_and(|p| p.strand == piece.strand);
        let kind = if same { SeamKind::SameStrand } else { SeamKind::Exact };
        Relation { seam: Seam::sure(kind), missing: None }
    }

    fn append(&mut self, piece: &Piece, relation: Relation) {
        if relation.missing.is_none() {
            self.settle(piece.strand, piece.from);
        }
        let follows = relation.seam.kind == SeamKind::SameStrand
            && self.at.is_some_and(|p| p.leads_to(self.view, piece.segment, piece.first));
        match self.played.last_mut() {
            Some(last)
                if follows
                    && last.segment == piece.segment
                    && last.first.saturating_add(last.samples) == piece.first =>
            {
                last.samples = last.samples.saturating_add(piece.samples);
                last.damaged = last.damaged.saturating_add(piece.damaged);
                last.to = piece.end;
            }
            _ => self.played.push(Played {
                strand: piece.strand,
                segment: piece.segment,
                first: piece.first,
                samples: piece.samples,
                damaged: piece.damaged,
                from: piece.from,
                to: piece.end,
                seam: relation.seam,
                missing: relation.missing,
            }),
        }
    }

    /// Passes a lane's slots up to `slot`.
    fn pass_until(&mut self, lane: usize, slot: usize) {
        while self.lanes[lane].cursor < slot.min(self.lanes[lane].slots.len()) {
            self.push(lane);
            let at = self.lanes[lane].cursor;
            self.lanes[lane].cursor += 1;
            self.pass_earlier(lane, at);
            let push = self.lanes[lane].push.unwrap_or_default();
            for copy in &self.lanes[lane].slots[at].copies {
                let end = label(self.view, self.groups, copy, copy.end);
                self.ledger.pass(self.view, copy, end, push);
            }
        }
    }

    /// What the recorders of a slot wrote before it, in other lanes, is behind.
    fn pass_earlier(&mut self, lane: usize, slot: usize) {
        let before: Vec<StrandRef> = self.lanes[lane].slots[slot]
            .copies
            .iter()
            .filter_map(|c| self.ledger.awaited(c.strand))
            .collect();
        for strand in before {
            let other = self.lane_of(strand);
            while self.ledger.is_left(strand) && !self.lanes[other].is_done() {
                self.pass_until(other, self.lanes[other].cursor + 1);
            }
        }
    }

    /// What is left lies within what was played.
    fn pass_all(&mut self) {
        for lane in 0..self.lanes.len() {
            self.pass_until(lane, self.lanes[lane].slots.len());
        }
    }
}

/// Leading pictures are shown only where the GOP that they need is.
fn drops_leading(found: &[Piece], kind: SeamKind) -> bool {
    found.iter().any(|p| p.leading) && !matches!(kind, SeamKind::SameStrand | SeamKind::Exact)
}
