//! The windows of a camera that have to be planned again.
//!
//! Each begins at the latest stored joint that everything that changed lies
//! ahead of, and ends at the first stored joint that planning comes to in the
//! very state that is stored, with the change behind it: from there on the
//! timeline is what it would be if everything were planned. Where no such
//! joint comes, it goes on, in strides that double, to the horizon.

use super::changes::Changes;
use super::known::Known;
use super::load::{Reach, load};
use crate::compute::Compute;
use crate::plan::{Planned, RoundsError, Rows, facts, rounds};
use crate::site::Site;
use hitless_model::{CameraId, Nanos, Utc};
use hitless_schema::StoreError;
use hitless_schema::stitch::StitchState;
use hitless_stitcher_core::{Carry, Facts};
use std::sync::Arc;

/// How far behind the instant at which a plan may stop its joint may lie
/// without more rows: `Settings::lookahead` counts on it.
const LATE_JOINT: Nanos = Nanos::from_secs(1800);

/// A stretch of a timeline as planned, and all that it speaks of.
pub struct Piece {
    pub rows: Arc<Rows>,
    pub facts: Arc<Facts>,
    pub planned: Planned,
}

/// Pieces that follow each other.
pub struct Made {
    /// Where the first one begins; `None`: at the very beginning.
    pub from: Option<Utc>,
    /// Where the last one ends; `None`: at the horizon.
    pub to: Option<Utc>,
    pub pieces: Vec<Piece>,
}

/// What planning a camera works with.
pub struct Planner<'a> {
    pub site: &'a Site,
    pub compute: &'a Compute,
    pub known: &'a Known,
    pub camera: &'a CameraId,
}

/// The latest stored joint at or before an instant; [`Carry::default`] where
/// there is none, or where it was written by another version.
pub async fn carry_at_or_before(
    site: &Site,
    camera: &CameraId,
    at: Utc,
) -> Result<Carry, StoreError> {
    let found = site.store.carry_before(camera, at).await?;
    Ok(found.and_then(|row| serde_json::from_slice(&row.carry).ok()).unwrap_or_default())
}

impl Planner<'_> {
    /// Every window that has to be planned again, in order.
    pub async fn windows(&self, state: &StitchState) -> Result<Vec<Made>, RoundsError> {
        if state.generation == 0 {
            return Ok(vec![self.to_the_horizon(Carry::default()).await?]);
        }
        let mut changes = Changes::since(self.site, self.camera, state.planned_seq).await?;
        let mut carry = changes.begin(self.site, self.camera).await?;
        let ends = match state.planned_until {
            Some(until) => Some(until),
            None => carry_at_or_before(self.site, self.camera, Utc::from_ns(i64::MAX)).await?.end,
        };
        let mut windows = Vec::new();
        loop {
            let (made, rest) = self.window(carry, &changes, ends).await?;
            windows.push(made);
            match rest {
                Some(rest) => (changes, carry) = rest,
                None => return Ok(windows),
            }
        }
    }

    /// Plans from a joint to the horizon, or from an earlier one if it must.
    async fn to_the_horizon(&self, mut carry: Carry) -> Result<Made, RoundsError> {
        loop {
            let from = carry.end;
            let piece = self.piece(carry, None).await?;
            match piece.planned.earlier {
                Some(at) => carry = carry_at_or_before(self.site, self.camera, at).await?,
                None => return Ok(Made { from, to: None, pieces: vec![piece] }),
            }
        }
    }

    /// Plans from a joint until the first of the changes is behind; what is
    /// left of them, and where to begin with it.
    async fn window(
        &self,
        begin: Carry,
        changes: &Changes,
        ends: Option<Utc>,
    ) -> Result<(Made, Option<(Changes, Carry)>), RoundsError> {
        let (from, settings) = (begin.end, &self.site.settings);
        let stride = Stride::of(&begin, changes, ends, settings.checkpoint_every);
        let (mut pieces, mut carry) = (Vec::new(), begin.clone());
        for (until, ends) in stride {
            let piece = self.piece(carry.clone(), Some((until, ends))).await?;
            if piece.planned.earlier.is_some() {
                break;
            }
            let joint = piece.planned.plan.carry.clone();
            if piece.planned.plan.checkpoints.last() != Some(&joint) {
                continue;
            }
            pieces.push(piece);
            let ahead = match self.is_stored(&joint).await? {
                true => changes.ahead_of(&joint, settings),
                false => None,
            };
            let to = joint.end;
            carry = joint;
            let Some(ahead) = ahead else { continue };
            if ahead.is_empty() {
                return Ok((Made { from, to, pieces }, None));
            }
            let next = ahead.begin(self.site, self.camera).await?;
            if next.end > to {
                return Ok((Made { from, to, pieces }, Some((ahead, next))));
            }
        }
        let last = self.piece(carry, None).await?;
        if last.planned.earlier.is_some() {
            // what was planned before changes too: all in one, from there
            return Ok((self.to_the_horizon(begin).await?, None));
        }
        pieces.push(last);
        Ok((Made { from, to: None, pieces }, None))
    }

    /// Is a joint stored, in the very same state?
    async fn is_stored(&self, joint: &Carry) -> Result<bool, StoreError> {
        let Some(end) = joint.end else { return Ok(false) };
        Ok(carry_at_or_before(self.site, self.camera, end).await? == *joint)
    }

    /// Plans from a joint to the first one at or after an instant, or to the
    /// horizon.
    async fn piece(&self, carry: Carry, until: Option<(Utc, Utc)>) -> Result<Piece, RoundsError> {
        let (site, camera) = (self.site, self.camera);
        let lookahead = site.settings.lookahead();
        let mut needed = until.map(|(at, _)| at.plus(lookahead));
        loop {
            let reach = match (needed, until) {
                (Some(before), Some((_, horizon))) => Reach::Rows { before, horizon },
                _ => Reach::Horizon,
            };
            let loaded = load(site, self.known, camera, &carry, reach).await?;
            let until = until.map(|(at, _)| at);
            let facts =
                facts(camera, &loaded.rows, loaded.around, carry.clone(), until, &site.settings);
            let (rows, facts) = (Arc::new(loaded.rows), Arc::new(facts));
            let planned = rounds(site, self.compute, &rows, &facts).await?;
            let stopped = planned.plan.carry.end.unwrap_or_default();
            let looked = stopped.plus(lookahead).plus(Nanos::ZERO.minus(LATE_JOINT));
            match needed {
                Some(before) if planned.earlier.is_none() && looked > before => {
                    needed = Some(stopped.plus(lookahead));
                }
                _ => return Ok(Piece { rows, facts, planned }),
            }
        }
    }
}

/// Instants at which a window may end, further and further away, until they
/// come near the end of the timeline.
struct Stride {
    next: Option<Utc>,
    length: Nanos,
    ends: Option<Utc>,
}

impl Stride {
    fn of(begin: &Carry, changes: &Changes, ends: Option<Utc>, least: Nanos) -> Self {
        let next = changes.first_end().filter(|_| begin.end.is_some());
        let first = begin.end.zip(next).map_or(least, |(from, to)| to.since(from));
        Self { next, length: first.max(least), ends }
    }
}

impl Iterator for Stride {
    /// Where to end, and where the timeline does.
    type Item = (Utc, Utc);

    fn next(&mut self) -> Option<Self::Item> {
        let (at, ends) = (self.next?, self.ends?);
        self.next = Some(at.plus(self.length));
        self.length = self.length.plus(self.length);
        (at.plus(self.length) < ends).then_some((at, ends))
    }
}
