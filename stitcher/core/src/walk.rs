//! The walk from left to right that decides what is played.
//!
//! It plays the lane it is in, slot by slot, as long as frames follow each
//! other. Where they do not, another lane that has the time takes over; where
//! none has, footage is missing. Its state at a joint is a
//! [`Carry`](crate::Carry): nothing it does depends on more of the past.

use crate::choice::Position;
use crate::evidence::Look;
use crate::facts::SegmentRef;
use crate::group::Groups;
use crate::lane::Lane;
use crate::ledger::{Ledger, Marks};
use crate::perform::drops_leading;
use crate::piece::{Piece, pieces};
use crate::plan::{Finding, Seam, SeamKind};
use crate::relate::Relation;
use crate::settings::Settings;
use crate::skew::{Clocks, Skew};
use crate::slot::slots;
use crate::strand::{StrandRef, View};
use crate::tables::Overlaps;
use hitless_model::{Nanos, Utc};

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
    pub(crate) told_by: ToldBy,
    /// Lost on the way from the camera: its recorder has noted it.
    pub(crate) noted: bool,
}

/// Who says how long a stretch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToldBy {
    /// The clocks at both of its ends.
    Clocks,
    /// Pictures that are equal, there or some time ago: the clocks at its ends
    /// are two that may be apart.
    Pictures,
}

/// Everything that was decided.
#[derive(Debug)]
pub(crate) struct Walk<'v> {
    pub(crate) view: &'v View<'v>,
    pub(crate) groups: &'v Groups,
    pub(crate) settings: &'v Settings,
    pub(crate) lanes: Vec<Lane>,
    /// All lanes before it are done.
    first_open: usize,
    pub(crate) at: Option<Position>,
    pub(crate) ledger: Ledger<'v>,
    pub(crate) clocks: Clocks<'v>,
    pub(crate) played: Vec<Played>,
    /// Joints: how much was played before each, and the state there.
    pub(crate) joints: Vec<Joint<'v>>,
    pub(crate) findings: Vec<Finding>,
}

/// Where one span ends and another entry begins.
#[derive(Debug)]
pub(crate) struct Joint<'v> {
    /// How many were played before it.
    pub(crate) played: usize,
    pub(crate) at: Option<Position>,
    pub(crate) marks: Marks<'v>,
    pub(crate) skews: Vec<Skew>,
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
                begins: members.first().map_or(Utc::default(), |s| view.strand(*s).begins.at),
            })
            .collect();
        let mut walk = Self {
            view,
            groups,
            settings,
            ledger: Ledger::new(view, &lanes),
            clocks: Clocks::new(view, settings),
            lanes,
            first_open: 0,
            at: None,
            played: Vec::new(),
            joints: Vec::new(),
            findings: Vec::new(),
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
                self.play_all(lane, slot, &found, relation);
            }
            self.pass_until(lane, slot + 1);
            self.pass_behind();
        }
        self.pass_all();
    }

    /// Plays a slot. Where frames are missing inside of it and another lane
    /// has them, the rest is left: it cannot be shown without them.
    fn play_all(&mut self, lane: usize, slot: usize, found: &[Piece], relation: Relation) {
        let closed = self.lanes[lane].slots[slot].closed;
        let mut done = self.play(found, Some(relation), closed);
        self.pass_until(lane, slot + 1);
        while done < found.len() {
            let filler = self.filler(lane, found[done].from);
            // what the recorder wrote later is never what it missed before
            if filler.is_some_and(|(lane, _)| !self.goes_on(lane)) {
                return;
            }
            done += self.play(&found[done..], None, closed);
        }
    }

    /// Counts again what lies ahead, after some of it was dropped.
    pub(crate) fn recount(&mut self) {
        self.ledger.recount(&self.lanes);
    }

    /// Lanes of which something may be left.
    pub(crate) fn open_lanes(&mut self) -> std::ops::Range<usize> {
        while self.lanes.get(self.first_open).is_some_and(Lane::is_done) {
            self.first_open += 1;
        }
        self.first_open..self.lanes.len()
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

    /// A joint is where a new entry begins. Notes those at which a later plan
    /// may start over, and says whether the window ends here.
    ///
    /// That is where a multiple of the checkpoints' distance lies between the
    /// beginnings of two entries: whatever was planned before, the same joints.
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
        // what is missing belongs to the window that it ends in
        let begins = here.plus(relation.missing.map_or(Nanos::ZERO, |m| m.length));
        let Some(last) = self.played.last() else { return false };
        let every = self.settings.checkpoint_every;
        if self.began(last).next_multiple(every) > begins {
            return false;
        }
        self.joints.push(Joint {
            played: self.played.len(),
            at: self.at,
            marks: self.ledger.marks(),
            skews: self.clocks.skews(),
        });
        self.view.facts.until.is_some_and(|until| begins >= until)
    }

    /// Where something that was played begins by its own clock, pushed.
    fn began(&self, played: &Played) -> Utc {
        let media = played.from.saturating_sub(self.groups.axis(played.strand).offset);
        let label = self.view.segment(played.segment).label(hitless_model::MediaTime::new(media));
        label.plus(self.lanes[self.lane_of(played.strand)].push.unwrap_or_default())
    }
}
