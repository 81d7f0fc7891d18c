//! What of a GOP is played, piece by piece.
//!
//! Mostly one piece: the best copy. More where frames were lost inside of it
//! (the pieces on both sides of the loss) or where it is made of several
//! copies.

use crate::choice::{Position, best};
use crate::cut::cut;
use crate::evidence::Look;
use crate::facts::SegmentRef;
use crate::group::Groups;
use crate::merge::merged;
use crate::pause::Pause;
use crate::slot::Slot;
use crate::strand::{StrandRef, View};
use crate::unit::Unit;

/// Consecutive samples of one segment. Times are on the group's axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) strand: StrandRef,
    pub(crate) segment: SegmentRef,
    pub(crate) first: u32,
    pub(crate) samples: u32,
    pub(crate) damaged: u32,
    /// Pictures that are shown before their key frame and need the GOP before.
    pub(crate) leading: bool,
    /// Where it begins on the timeline.
    pub(crate) from: i64,
    /// Where it begins if leading pictures are left out.
    pub(crate) key: i64,
    /// When its latest picture is shown.
    pub(crate) last: i64,
    /// When that one ends.
    pub(crate) end: i64,
    /// How long a picture lasts.
    pub(crate) frame: i64,
    /// Ticks before it that nobody has.
    pub(crate) lost: i64,
    /// Its recorder has noted that they were lost on the way from the camera.
    pub(crate) noted: bool,
}

/// One frame of a GOP as it is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) strand: StrandRef,
    pub(crate) segment: SegmentRef,
    pub(crate) sample: u32,
    pub(crate) damaged: bool,
    /// When it is shown.
    pub(crate) shown: i64,
    /// Until when.
    pub(crate) end: i64,
    /// Its recorder had nothing for a while before it.
    pub(crate) late: Option<Pause>,
}

/// The pieces of a slot; empty if none of its copies can be played.
pub(crate) fn pieces(
    view: &View<'_>,
    groups: &Groups,
    look: &mut Look<'_>,
    slot: &Slot,
    at: Option<&Position>,
) -> Vec<Piece> {
    let Some(place) = best(view, slot, at) else { return Vec::new() };
    let unit = &slot.copies[place];
    let late = unit.late.filter(|_| at.is_some());
    if let Some(frames) = merged(view, groups, look, slot, place, at) {
        return cut(slot, unit, &frames, at);
    }
    if (unit.damaged > 0 || unit.pauses)
        && let Some(frames) = frames(view, groups, look, unit)
    {
        return cut(slot, unit, &frames, at);
    }
    let lost = late.map_or(0, |late| late_by(&late, unit, at));
    whole(slot, unit, lost)
}

/// One copy as it is: one piece, or three where it has leading pictures.
fn whole(slot: &Slot, unit: &Unit, lost: i64) -> Vec<Piece> {
    let frame = unit.frame;
    let all = Piece {
        strand: unit.strand,
        segment: unit.segment,
        first: unit.first,
        samples: unit.samples,
        damaged: unit.damaged,
        leading: false,
        from: unit.from,
        key: unit.from,
        last: unit.last,
        end: unit.end,
        frame,
        lost,
        noted: unit.first_damaged,
    };
    if unit.leading == 0 {
        return vec![all];
    }
    let after = slot.start.saturating_add(frame);
    let head =
        Piece { samples: 1, damaged: 0, key: slot.start, last: slot.start, end: after, ..all };
    let leading = Piece {
        first: unit.first.saturating_add(1),
        samples: unit.leading,
        damaged: 0,
        leading: true,
        lost: 0,
        last: slot.start,
        end: after,
        ..all
    };
    let rest = Piece {
        first: leading.first.saturating_add(unit.leading),
        samples: unit.samples.saturating_sub(unit.leading).saturating_sub(1),
        key: after,
        lost: 0,
        ..all
    };
    [head, leading, rest].into_iter().filter(|p| p.samples > 0).collect()
}

/// A sample before a loss is as long as the loss in the file: not here.
pub(crate) fn honest_end(last: i64, end: i64, frame: i64) -> i64 {
    if is_step(end.saturating_sub(last), frame) { last.saturating_add(frame) } else { end }
}

/// The frames of one copy, in decode order.
pub(crate) fn frames(
    view: &View<'_>,
    groups: &Groups,
    look: &mut Look<'_>,
    unit: &Unit,
) -> Option<Vec<Frame>> {
    let offset = groups.axis(unit.strand).offset;
    let range = unit.first as usize..(unit.first as usize + unit.samples as usize);
    let row = view.segment(unit.segment);
    let own = look.samples(unit.segment)?.get(range)?;
    Some(
        own.iter()
            .zip(unit.first..)
            .map(|(s, sample)| Frame {
                strand: unit.strand,
                segment: unit.segment,
                sample,
                damaged: s.damaged,
                shown: s.presentation.ticks().saturating_add(offset),
                end: s.presentation.plus(s.duration).ticks().saturating_add(offset),
                late: match sample == unit.first {
                    true => unit.late,
                    false => row.pause_before(sample).map(|p| p.shifted(offset)),
                },
            })
            .collect(),
    )
}

/// How much of a pause right before a unit nobody has.
fn late_by(late: &Pause, unit: &Unit, at: Option<&Position>) -> i64 {
    if unit.from < late.until.ticks() {
        // leading pictures are shown before it
        return late.length.ticks();
    }
    at.map_or(0, |at| late.lost_after(at.last.min(late.until.ticks())))
}

/// Are these times of copies of one picture? Muxers that round times to ticks
/// of their own put copies a little apart, but never half a picture.
pub(crate) fn is_one(time: i64, other: i64, frame: i64) -> bool {
    let apart = time.saturating_sub(other).saturating_abs();
    apart == 0 || apart.saturating_mul(2) < frame
}

/// No more than that where how long a picture lasts is a guess, because most of
/// them were lost: two of them are further apart than any muxer rounds.
pub(crate) fn sure_frame(frame: i64, timescale: u32) -> i64 {
    frame.min(i64::from(timescale) / 50)
}

/// Is this more than the step from one picture to the next?
pub(crate) fn is_step(step: i64, usual: i64) -> bool {
    step.saturating_mul(2) > usual.saturating_mul(3)
}
