//! How the next piece follows what was played, and what is missing between.
//!
//! On one axis ticks decide; from one axis to another, clocks.

use crate::choice::Position;
use crate::lane::Lane;
use crate::piece::Piece;
use crate::plan::{Seam, SeamKind};
use crate::skew::Shift;
use crate::strand::StrandRef;
use crate::walk::{Missing, ToldBy, Walk};
use hitless_model::{MediaSpan, MediaTime, Nanos, Utc};

/// How the next piece follows.
pub(crate) struct Relation {
    pub(crate) seam: Seam,
    pub(crate) missing: Option<Missing>,
}

impl Walk<'_> {
    pub(crate) fn relation(&self, lane: usize, slot: usize, first: &Piece) -> Relation {
        let (Some(at), Some((here, own))) = (self.at, self.here()) else {
            return Relation { seam: Seam::sure(SeamKind::Start), missing: None };
        };
        if self.lane_of(at.strand) == lane {
            return self.within(&at, first);
        }
        let apart = self.apart(lane);
        let start = self.lanes[lane].start(self.view, self.groups, slot).plus(apart.by);
        let error = self.view.segment(first.segment).error.plus(own).plus(apart.error);
        let mut relation = self.across(&at, first, here, start, error);
        if let Some(missing) = relation.missing.as_mut().filter(|_| !apart.is_none()) {
            missing.told_by = ToldBy::Pictures;
        }
        relation
    }

    /// From what a lane's clock says to what the clock of what is played would.
    /// Where one was set back nobody knows.
    pub(crate) fn apart(&self, lane: usize) -> Shift {
        let (Some(at), Some((here, _))) = (self.at, self.here()) else { return Shift::default() };
        let pushed = |lane: &Lane| lane.push.unwrap_or_default() > self.settings.gate;
        let (lane, playing) = (&self.lanes[lane], &self.lanes[self.lane_of(at.strand)]);
        let next = lane.slots.get(lane.cursor).and_then(|slot| slot.copies.first());
        match next {
            Some(next) if !pushed(lane) && !pushed(playing) => {
                self.clocks.shift(next.segment, at.segment, here)
            }
            _ => Shift::default(),
        }
    }

    /// On one axis: ticks decide.
    pub(crate) fn within(&self, at: &Position, first: &Piece) -> Relation {
        let scale = self.view.strand(first.strand).timescale;
        let ticks = |t: i64| MediaSpan::new(t).to_nanos(scale);
        let follows = at.leads_to(self.view, first.segment, first.first);
        let lost = match follows {
            true => first.lost,
            false if !at.reaches(first.from) => first.from.saturating_sub(at.end).max(1),
            false => 0,
        };
        if lost > 0 {
            let told_by = match self.clocks.are_one(at.segment, first.segment) {
                true => ToldBy::Clocks,
                false => ToldBy::Pictures,
            };
            let missing = Missing { length: ticks(lost), told_by, noted: follows && first.noted };
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
    pub(crate) fn across(
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
            let missing = Missing { length: away, told_by: ToldBy::Clocks, noted: false };
            return Relation { seam: Seam::sure(SeamKind::Gap), missing: Some(missing) };
        }
        let doubled = if same { Nanos::ZERO } else { here.since(start).max(Nanos::ZERO) };
        // where a clock was set back, nobody knows how long nothing was recorded
        let pushed = self.lanes[self.lane_of(first.strand)].push.unwrap_or_default();
        let error = if same { error.plus(pushed) } else { error };
        Relation { seam: Seam { kind: SeamKind::Clock, error, doubled }, missing: None }
    }

    pub(crate) fn raw_distance(&self, at: &Position, first: &Piece) -> Nanos {
        let raw = |strand, segment, time: i64| {
            let media = time.saturating_sub(self.groups.axis(strand).offset);
            self.view.segment(segment).label(MediaTime::new(media))
        };
        raw(first.strand, first.segment, first.from).since(raw(at.strand, at.segment, at.end))
    }

    /// Inside of one GOP.
    pub(crate) fn between(&self, piece: &Piece) -> Relation {
        let scale = self.view.strand(piece.strand).timescale;
        if piece.lost > 0 {
            let length = MediaSpan::new(piece.lost).to_nanos(scale);
            let told_by = ToldBy::Clocks;
            let missing = Some(Missing { length, told_by, noted: piece.noted });
            return Relation { seam: Seam::sure(SeamKind::Gap), missing };
        }
        let same = self.at.is_some_and(|p| p.strand == piece.strand);
        let kind = if same { SeamKind::SameStrand } else { SeamKind::Exact };
        Relation { seam: Seam::sure(kind), missing: None }
    }
}
