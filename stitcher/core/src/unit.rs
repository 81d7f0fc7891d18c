//! A strand cut into units: GOPs where they are known, else whole segments.
//!
//! Times are on the axis of the strand's group.

use crate::evidence::Look;
use crate::facts::SegmentRef;
use crate::group::Groups;
use crate::pause::Pause;
use crate::piece::honest_end;
use crate::strand::{StrandRef, View};
use crate::table::{Gop, GopTable, KeyKind};
use crate::tables::Overlaps;

/// Samples of one segment that stay together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) strand: StrandRef,
    pub(crate) segment: SegmentRef,
    /// In decode order.
    pub(crate) first: u32,
    pub(crate) samples: u32,
    pub(crate) damaged: u32,
    /// Pictures after the key frame that need the GOP before.
    pub(crate) leading: u32,
    /// Begins with a key frame.
    pub(crate) headed: bool,
    /// With a key frame that pictures shown before it may follow.
    pub(crate) open: bool,
    /// Its first sample is damaged, or what came before that was lost.
    pub(crate) first_damaged: bool,
    /// Its recorder had nothing for a while, between two of its samples.
    pub(crate) pauses: bool,
    /// A few frames may be missing between two of its samples.
    pub(crate) slips: bool,
    /// The same right before it; times on the group's axis.
    pub(crate) late: Option<Pause>,
    /// The strand goes on after it: its last frames cannot be missing unsaid.
    pub(crate) closed: bool,
    /// When its key frame is shown.
    pub(crate) start: i64,
    /// When its earliest picture is shown.
    pub(crate) from: i64,
    /// When its latest picture is shown.
    pub(crate) last: i64,
    /// When that one ends.
    pub(crate) end: i64,
    /// How long a picture lasts.
    pub(crate) frame: i64,
}

impl Unit {
    /// A sample before a loss is as long as the loss in the file: not here.
    pub(crate) fn honest(mut self) -> Self {
        self.end = honest_end(self.last, self.end, self.frame);
        self
    }

    /// Takes from the row where its recorder had nothing.
    fn look_for_pauses(&mut self, view: &View<'_>, offset: i64) {
        let row = view.segment(self.segment);
        if row.pauses.is_empty() {
            return;
        }
        let shifted = |p: &Pause| p.shifted(offset);
        self.pauses = row.pauses_within(self.first, self.samples);
        self.slips = row.slips_within(self.first, self.samples);
        self.late = row.pause_before(self.first).map(shifted);
        if let Some(pause) = row.pause_among(self.first, self.samples) {
            // the only step of a few pictures may be the pause
            self.frame = self.frame.min(pause.frame.ticks().max(1));
            *self = self.honest();
        }
    }

    pub(crate) fn whole_samples(&self) -> u32 {
        self.samples.saturating_sub(self.damaged)
    }
}

/// The units of a strand in order.
pub(crate) fn units(
    view: &View<'_>,
    groups: &Groups,
    overlaps: &Overlaps,
    look: &Look<'_>,
    strand: StrandRef,
    into: &mut Vec<Unit>,
) {
    let offset = groups.axis(strand).offset;
    let segments = &view.strand(strand).segments;
    for (at, segment) in segments.iter().enumerate() {
        let follows = at > 0 && view.follows(segments[at - 1], *segment);
        let before = follows.then(|| view.pause_between(segments[at - 1], *segment)).flatten();
        let before = before.map(|pause| pause.shifted(offset));
        // a table that happens to be known must not change the plan
        let apart = overlaps.apart[segment.place()];
        match look.known_table(*segment).filter(|_| apart) {
            Some(table) if !table.gops.is_empty() => {
                let usual = usual_frame(table);
                for (n, gop) in table.gops.iter().enumerate() {
                    let mut unit = of_gop(strand, *segment, gop, (offset, usual));
                    unit.look_for_pauses(view, offset);
                    unit.late = unit.late.or(before.filter(|_| n == 0));
                    let closed = !gop.first_damaged && unit.late.is_none() && (follows || n > 0);
                    append(into, unit, closed);
                }
            }
            _ => {
                let unit = Unit { late: before, ..whole(view, strand, *segment, offset) };
                append(into, unit, follows && before.is_none());
            }
        }
    }
}

/// The strand goes on right after its last unit, or it does not. How long a
/// unit's last picture lasts is a guess in the file: no longer than until the
/// next one. A single one before a loss is as long as that in the file: what
/// comes after the loss knows better.
fn append(units: &mut Vec<Unit>, next: Unit, closed: bool) {
    if let Some(before) = units.last_mut().filter(|u| u.strand == next.strand) {
        before.closed = closed;
        before.end = before.end.min(next.from.max(before.last.saturating_add(1)));
        if before.samples == 1 && next.first_damaged {
            before.frame = before.frame.min(next.frame);
            *before = before.honest();
        }
    }
    units.push(next);
}

/// A single picture before a loss is as long as the loss in the file; other
/// GOPs of the segment know better.
fn usual_frame(table: &GopTable) -> i64 {
    let known = table.gops.iter().filter(|g| g.samples > 1).map(|g| g.frame.ticks());
    known.filter(|f| *f > 0).min().unwrap_or(i64::MAX)
}

fn of_gop(strand: StrandRef, segment: SegmentRef, gop: &Gop, (offset, usual): (i64, i64)) -> Unit {
    let frame = gop.frame.ticks();
    let at = |time: hitless_model::MediaTime| time.ticks().saturating_add(offset);
    Unit {
        strand,
        segment,
        first: gop.first_sample,
        samples: gop.samples,
        damaged: gop.damaged,
        leading: if gop.key == Some(KeyKind::Open) { gop.leading } else { 0 },
        headed: gop.key.is_some(),
        open: gop.key == Some(KeyKind::Open),
        first_damaged: gop.first_damaged,
        pauses: false,
        slips: false,
        late: None,
        closed: false,
        start: at(gop.start),
        from: at(gop.from),
        last: at(gop.last),
        end: at(gop.end),
        frame: if gop.samples > 1 { frame } else { frame.min(usual) }.max(1),
    }
    .honest()
}

fn whole(view: &View<'_>, strand: StrandRef, segment: SegmentRef, offset: i64) -> Unit {
    let facts = view.segment(segment);
    let start = facts.media_start.ticks().saturating_add(offset);
    let after = facts.pause_before(facts.samples).map_or(0, |p| p.length.ticks());
    let end = facts.media_end().ticks().saturating_sub(after).saturating_add(offset);
    let frame = facts.mean_frame();
    Unit {
        strand,
        segment,
        first: 0,
        samples: facts.samples,
        damaged: facts.damaged,
        leading: 0,
        headed: true,
        open: false,
        first_damaged: false,
        pauses: false,
        slips: false,
        late: None,
        closed: false,
        start,
        from: start,
        last: end.saturating_sub(frame).max(start),
        end,
        frame,
    }
}
