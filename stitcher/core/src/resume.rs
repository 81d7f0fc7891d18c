//! From a carry to a walk, and from a walk to a carry.

use crate::align::Alignment;
use crate::carry::{Ahead, Carry, Met, Passed, Playing};
use crate::choice::Position;
use crate::facts::SegmentRef;
use crate::ledger::{Mark, Marks};
use crate::skew::Skew;
use crate::strand::{StrandRef, View};
use crate::table::count;
use crate::tables::Overlaps;
use crate::walk::Walk;
use hitless_model::{InstanceId, MediaSpan, MediaTime, Nanos, SegmentNumber, Utc};
use std::collections::{BTreeMap, HashMap};

type Named<'a> = HashMap<(&'a InstanceId, SegmentNumber), SegmentRef>;

/// Playable segments by instance and number.
fn named<'a>(view: &View<'a>) -> Named<'a> {
    view.strand_refs()
        .flat_map(|strand| view.strand(strand).segments.iter().map(move |s| (strand, *s)))
        .map(|(strand, s)| ((view.instance(strand), view.segment(s).number), s))
        .collect()
}

impl Walk<'_> {
    /// Drops what an earlier walk has passed and stands where it stood.
    pub(crate) fn resume(&mut self) {
        let carry = &self.view.facts.carry;
        if carry.end.is_none() {
            return;
        }
        let names = named(self.view);
        for passed in &carry.passed {
            self.drop_passed(passed);
            let segment = names.get(&(&passed.instance, passed.number)).copied();
            self.ledger.resume(passed, segment);
            if let Some(segment) = segment {
                self.restore_push(segment, passed.push);
            }
        }
        for lane in &mut self.lanes {
            lane.slots.retain(|s| !s.copies.is_empty());
        }
        self.recount();
        self.at = carry.playing.as_ref().and_then(|playing| {
            let segment = *names.get(&(&playing.instance, playing.number))?;
            let strand = self.view.strand_of(segment)?;
            let offset = MediaSpan::new(self.groups.axis(strand).offset);
            Some(Position {
                strand,
                segment,
                next_sample: playing.next_sample,
                last: playing.last.plus(offset).ticks(),
                end: playing.end.plus(offset).ticks(),
                frame: playing.frame.ticks(),
                closed: playing.closed,
            })
        });
    }

    /// Copies of an instance that were passed.
    fn drop_passed(&mut self, passed: &Passed) {
        let view = self.view;
        for slot in self.lanes.iter_mut().flat_map(|l| &mut l.slots) {
            slot.copies.retain(|copy| {
                let at = (view.segment(copy.segment).number, copy.first);
                *view.instance(copy.strand) != passed.instance
                    || at >= (passed.number, passed.next_sample)
            });
        }
    }

    /// A lane that was entered stays where it was pushed to.
    fn restore_push(&mut self, segment: SegmentRef, push: Nanos) {
        if let Some(strand) = self.view.strand_of(segment) {
            let lane = self.lane_of(strand);
            self.lanes[lane].push = Some(push);
        }
    }
}

/// The state of a walk at a joint.
pub(crate) fn carry(
    walk: &Walk<'_>,
    overlaps: &Overlaps,
    aligned: &[Alignment],
    (at, marks, skews, end): (Option<Position>, &Marks<'_>, Vec<Skew>, Utc),
) -> Carry {
    let playing = at.map(|at| {
        let back = MediaSpan::new(walk.groups.axis(at.strand).offset.saturating_neg());
        Playing {
            instance: walk.view.instance(at.strand).clone(),
            number: walk.view.segment(at.segment).number,
            next_sample: at.next_sample,
            last: MediaTime::new(at.last).plus(back),
            end: MediaTime::new(at.end).plus(back),
            frame: MediaSpan::new(at.frame),
            closed: at.closed,
        }
    });
    let passed: Vec<Passed> = marks
        .iter()
        .filter(|(_, mark, _)| end.since(mark.end) < FORGET)
        .map(|(instance, mark, played)| Passed {
            instance: (*instance).clone(),
            from: first_needed(walk, mark),
            number: mark.number,
            next_sample: mark.next_sample,
            whole: mark.whole,
            // of one that was passed whole nobody asks any more
            played: if mark.whole { 0 } else { *played },
            end: mark.end,
            push: mark.push,
        })
        .collect();
    let mut carry = Carry { end: Some(end), playing, passed, skews, ..Carry::default() };
    context(walk, overlaps, &mut carry);
    ahead(walk, aligned, &mut carry);
    carry
}

/// The strands that go on, and what is known of them.
fn ahead(walk: &Walk<'_>, aligned: &[Alignment], carry: &mut Carry) {
    let view = walk.view;
    let mut places = HashMap::new();
    let (mut groups, mut classes) = (HashMap::new(), HashMap::new());
    let mut strands = Vec::new();
    for strand in view.strand_refs().filter(|s| goes_on(walk, carry, *s)) {
        let here = count(strands.len());
        places.insert(strand, here);
        let lineage = &view.facts.lineages[view.strand(strand).lineage as usize];
        let begins = view.strand(strand).begins;
        let axis = walk.groups.axis(strand);
        // named by the first of them, so that equal states are equal carries
        let (group, zero) = *groups.entry(axis.group).or_insert((here, axis.offset));
        strands.push(Ahead {
            instance: lineage.instance.clone(),
            run: lineage.run.clone(),
            strand: view.last(strand).strand,
            first: begins.number,
            since: begins.at,
            media: begins.media,
            group,
            offset: MediaSpan::new(axis.offset.saturating_sub(zero)),
            class: *classes.entry(axis.class).or_insert(here),
        });
    }
    let soon = |s: StrandRef| soon(walk, carry, s);
    let error = |s: StrandRef| view.first(s).error;
    let reach = |a: &Alignment| {
        let (early, late) = (soon(a.early).plus(error(a.late)), soon(a.late).plus(error(a.early)));
        a.range.0 < early.max(late)
    };
    let mut pairs: Vec<Met> = aligned
        .iter()
        .filter(|a| reach(a))
        .filter_map(|a| {
            let (early, late) = (*places.get(&a.early)?, *places.get(&a.late)?);
            let (from, to) = a.range;
            Some(Met { early, late, from, to, how: a.how, done: a.done })
        })
        .collect();
    pairs.sort_by_key(|p| (p.early, p.late));
    carry.strands = strands;
    carry.pairs = pairs;
}

/// Has a strand begun, or does it soon, and are any of its rows needed?
fn goes_on(walk: &Walk<'_>, carry: &Carry, strand: StrandRef) -> bool {
    let view = walk.view;
    let soon = soon(walk, carry, strand);
    let from = carry.rows_from(view.instance(strand));
    view.strand(strand).begins.at <= soon && from.is_none_or(|f| f <= view.last(strand).number)
}

/// What of a strand begins before this may have been looked at.
fn soon(walk: &Walk<'_>, carry: &Carry, strand: StrandRef) -> Utc {
    let stray = walk.view.first(strand).stray(walk.settings);
    carry.end.unwrap_or_default().plus(stray).plus(carry.farthest())
}

/// A segment that was reached is needed if anything of its strand is left.
fn first_needed(walk: &Walk<'_>, mark: &Mark) -> SegmentNumber {
    let view = walk.view;
    let strand = mark.segment.and_then(|s| view.strand_of(s));
    let last = strand.is_none_or(|s| view.last(s).number == mark.number);
    if mark.whole && last { mark.number.next() } else { mark.number }
}

/// Segments that were passed are needed too where they share time with what
/// was not, and the one that was played last.
fn context(walk: &Walk<'_>, overlaps: &Overlaps, carry: &mut Carry) {
    let view = walk.view;
    let Carry { playing, passed, .. } = &*carry;
    let mut needed: BTreeMap<&InstanceId, SegmentNumber> = BTreeMap::new();
    let reached: HashMap<&InstanceId, (SegmentNumber, bool)> =
        passed.iter().map(|p| (&p.instance, (p.number, p.whole))).collect();
    for strand in view.strand_refs() {
        let soon = soon(walk, carry, strand);
        if view.strand(strand).begins.at > soon {
            continue;
        }
        let mark = reached.get(view.instance(strand));
        let segments = &view.strand(strand).segments;
        let next = segments.partition_point(|s| {
            mark.is_some_and(|(number, whole)| {
                let own = view.segment(*s).number;
                own < *number || (own == *number && *whole)
            })
        });
        for segment in segments[next..].iter().take_while(|s| view.segment(**s).start <= soon) {
            for partner in overlaps.partners(*segment) {
                let Some(other) = view.strand_of(partner) else { continue };
                let number = view.segment(partner).number;
                let first = needed.entry(view.instance(other)).or_insert(number);
                *first = (*first).min(number);
            }
        }
    }
    if let Some(playing) = playing {
        let first = needed.entry(&playing.instance).or_insert(playing.number);
        *first = (*first).min(playing.number);
    }
    let needed: Vec<Option<SegmentNumber>> =
        passed.iter().map(|p| needed.get(&p.instance).copied()).collect();
    for (passed, needed) in carry.passed.iter_mut().zip(needed) {
        passed.from = needed.map_or(passed.from, |n| n.min(passed.from));
    }
}

/// An instance that was passed longer ago than this has nothing left that a
/// walk could meet.
const FORGET: Nanos = Nanos::from_secs(2 * 86_400);
