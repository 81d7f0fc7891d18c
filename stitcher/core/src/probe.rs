//! Which samples of two strands to compare at one place of their overlap.
//!
//! At a place, the strand that began later shows its next few key frames, and
//! the other one all key frames that its clock, however wrong within the
//! gate, may mean. Where key frames prove nothing (they may be minutes apart,
//! or the overlap be one GOP) samples are compared next, where the overlap
//! begins.

use crate::evidence::Look;
use crate::facts::SegmentRef;
use crate::pair::Pair;
use crate::settings::Settings;
use crate::strand::{StrandRef, View};
use crate::vote::Mark;
use hitless_model::{MediaTime, Nanos, Utc};

/// More marks than this are never asked for at one place of one strand.
const MOST: usize = 1024;

/// A sample that could be compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    pub(crate) segment: SegmentRef,
    pub(crate) sample: u32,
    pub(crate) at: MediaTime,
    pub(crate) label: Utc,
}

/// What two strands show at one place.
#[derive(Debug)]
pub(crate) struct Rows {
    /// Of the strand that began first.
    pub(crate) early: Vec<Point>,
    /// Of the strand that began later.
    pub(crate) late: Vec<Point>,
    /// How far the clocks may be off against each other.
    pub(crate) gate: Nanos,
    /// Their errors alone, without the gate's margin.
    pub(crate) error: Nanos,
    /// Equal ones in order that prove an offset.
    pub(crate) min_run: usize,
    /// More of the overlap would add nothing here.
    pub(crate) complete: bool,
}

/// Key frames, or every sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grain {
    Keys,
    Samples,
}

impl Grain {
    /// The cheap one first.
    pub(crate) const ALL: [Self; 2] = [Self::Keys, Self::Samples];
}

/// The places at which a pair is probed: the start of the overlap, and then
/// ever farther apart, so that a longer overlap only adds places.
pub(crate) fn places(pair: &Pair, settings: &Settings) -> impl Iterator<Item = Utc> + use<> {
    let (from, to) = (pair.from, pair.to);
    let after = settings.retry_after.get();
    (0..=settings.retries.min(32))
        .map(move |k| from.plus(Nanos::new(after.saturating_mul((1 << k) - 1))))
        .take_while(move |at| *at == from || *at < to)
}

/// What to compare at a place.
pub(crate) fn rows(
    view: &View<'_>,
    look: &mut Look<'_>,
    settings: &Settings,
    pair: &Pair,
    at: Utc,
    grain: Grain,
) -> Rows {
    let (most, min_run, margin) = match grain {
        Grain::Keys => (settings.probe_keys, settings.min_keys, settings.gate),
        Grain::Samples => (settings.probe_samples, settings.min_samples, settings.sample_gate),
    };
    let error = error_near(view, pair.early, at).plus(error_near(view, pair.late, at));
    let gate = error.plus(margin);
    let back = Nanos::ZERO.minus(gate);
    // one label is as good as the other: leave the later strand room to be late
    let until = pair.to.plus(gate);
    let late = points(view, look, pair.late, (at, until), most, grain);
    let early = match (late.first(), late.last()) {
        (Some(first), Some(last)) => {
            let range = (first.label.plus(back), last.label.plus(gate));
            points(view, look, pair.early, range, MOST, grain)
        }
        _ => Vec::new(),
    };
    let complete = late.len() >= most && late.last().is_some_and(|l| l.label.plus(gate) < pair.to);
    Rows { early, late, gate, error, min_run, complete }
}

/// The last key frames of one strand and the first ones of another, whatever
/// their clocks say.
pub(crate) fn ends(
    view: &View<'_>,
    look: &mut Look<'_>,
    settings: &Settings,
    ended: StrandRef,
    began: StrandRef,
) -> Rows {
    let most = settings.probe_keys;
    let always = (Utc::from_ns(i64::MIN), Utc::from_ns(i64::MAX));
    let (tail, head) = (&view.strand(ended).segments, &view.strand(began).segments);
    let mut early = Vec::new();
    let before = look.misses();
    for at in (0..tail.len()).rev() {
        early = points_in(view, look, &tail[at..], always, MOST, Grain::Keys);
        if early.len() >= 2 * most || look.misses() > before {
            break;
        }
    }
    early.drain(..early.len().saturating_sub(2 * most));
    let late = points_in(view, look, head, always, most, Grain::Keys);
    let error = view.last(ended).error.plus(view.first(began).error);
    Rows {
        early,
        late,
        gate: error.plus(settings.gate),
        error,
        min_run: settings.min_keys,
        complete: true,
    }
}

/// The few key frames of a strand nearest to an instant by its clock.
pub(crate) fn around(
    view: &View<'_>,
    look: &mut Look<'_>,
    strand: StrandRef,
    at: Utc,
) -> Vec<Point> {
    let segments = &view.strand(strand).segments;
    let away = |s: &SegmentRef| {
        let facts = view.segment(*s);
        let (start, end) = (facts.start, view.end(*s));
        if at < start { start.since(at) } else { at.since(end).max(Nanos::ZERO) }
    };
    let nearest = (0..segments.len()).min_by_key(|n| away(&segments[*n])).unwrap_or(0);
    let near = nearest.saturating_sub(1)..(nearest + 2).min(segments.len());
    let always = (Utc::from_ns(i64::MIN), Utc::from_ns(i64::MAX));
    let mut found = points_in(view, look, &segments[near], always, MOST, Grain::Keys);
    found.sort_by_key(|p| (p.label.since(at).abs(), p.at));
    found.truncate(AROUND);
    found.sort_by_key(|p| p.at);
    found
}

/// Enough to see that a picture stands still.
const AROUND: usize = 4;

fn points(
    view: &View<'_>,
    look: &mut Look<'_>,
    strand: StrandRef,
    range: (Utc, Utc),
    most: usize,
    grain: Grain,
) -> Vec<Point> {
    points_in(view, look, &view.strand(strand).segments, range, most, grain)
}

fn points_in(
    view: &View<'_>,
    look: &mut Look<'_>,
    segments: &[SegmentRef],
    range: (Utc, Utc),
    most: usize,
    grain: Grain,
) -> Vec<Point> {
    let mut found: Vec<Point> = Vec::new();
    let (before, mut read) = (look.misses(), 1);
    for segment in segments {
        let facts = view.segment(*segment);
        // as much again as was read: a first one may hold enough
        if found.len() >= most || look.misses() - before >= read {
            break;
        }
        if view.end(*segment) <= range.0 || facts.start > range.1 {
            continue;
        }
        let misses = look.misses();
        let mut add = |sample: u32, at: MediaTime| {
            let label = facts.label(at);
            if label >= range.0 && label <= range.1 {
                found.push(Point { segment: *segment, sample, at, label });
            }
        };
        match grain {
            Grain::Keys => {
                for gop in look.table(*segment).into_iter().flat_map(|t| &t.gops) {
                    if gop.key.is_some() && !gop.first_damaged {
                        add(gop.first_sample, gop.start);
                    }
                }
            }
            Grain::Samples => {
                for (n, sample) in look.samples(*segment).into_iter().flatten().enumerate() {
                    if !sample.damaged {
                        add(crate::table::count(n), sample.presentation);
                    }
                }
            }
        }
        read += usize::from(look.misses() == misses);
    }
    found.sort_by_key(|p| p.at);
    found.truncate(most);
    found
}

/// The fingerprints of points, as far as they were read.
pub(crate) fn marks(look: &mut Look<'_>, points: &[Point]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = points
        .iter()
        .filter_map(|p| {
            let print = look.print(p.segment, p.sample)?;
            Some(Mark { at: p.at.ticks(), print })
        })
        .collect();
    marks.dedup_by_key(|m| m.at);
    marks
}

/// The worst error of a strand's segments around an instant.
fn error_near(view: &View<'_>, strand: StrandRef, at: Utc) -> Nanos {
    let segments = &view.strand(strand).segments;
    let next = segments.partition_point(|s| view.segment(*s).start <= at);
    let near = next.saturating_sub(1)..(next + 1).min(segments.len());
    segments[near].iter().map(|s| view.segment(*s).error).max().unwrap_or_default()
}
