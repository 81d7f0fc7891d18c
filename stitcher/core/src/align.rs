//! How the media clock of one strand maps to another's.
//!
//! By fingerprints: the first place of the overlap at which exactly one offset
//! explains what both show makes the alignment exact. Where there is no such
//! place the clocks decide ([`rhythm`]), and where a clock was set, what one
//! strand ends and the other begins with ([`stepped`]).

use crate::evidence::Look;
use crate::pair::{Pair, may_be_far, pairs};
use crate::plan::StrandId;
use crate::probe::{self, Grain, Rows};
use crate::settings::Settings;
use crate::strand::{StrandRef, View};
use crate::vote::{Mark, Verdict, vote};
use crate::{rhythm, stepped};
use hitless_model::{MediaSpan, Nanos, Utc};
use std::collections::BTreeSet;

/// What is known of two strands: `late`'s ticks plus `offset` are `early`'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Alignment {
    pub(crate) early: StrandRef,
    pub(crate) late: StrandRef,
    pub(crate) how: How,
    /// Where their overlap begins by the clocks, and how far it was looked at.
    pub(crate) range: (Utc, Utc),
    /// More of the overlap would tell nothing new.
    pub(crate) done: bool,
    /// It was known before the window.
    pub(crate) known: bool,
}

/// How two strands are aligned.
pub use hitless_model::Alignment as How;

/// Every pair that overlaps by its clocks, and those that do in truth.
pub(crate) fn alignments(
    view: &View<'_>,
    look: &mut Look<'_>,
    settings: &Settings,
) -> Vec<Alignment> {
    let mut all: Vec<Alignment> = pairs(view, settings)
        .iter()
        .map(|pair| {
            let Aligned { how, done, to } = align(view, look, settings, pair);
            Alignment {
                early: pair.early,
                late: pair.late,
                how,
                range: (pair.from, to),
                done,
                known: pair.known.is_some(),
            }
        })
        .collect();
    if look.lacks_anything() {
        return all;
    }
    let stepped = stepped::stepped(view, look, settings, &all);
    all.retain(|a| !stepped.iter().any(|s| (s.early, s.late) == (a.early, a.late)));
    all.extend(stepped);
    all
}

/// How two strands lie, whether more footage could not tell otherwise, and
/// where what was looked at ends.
struct Aligned {
    how: How,
    done: bool,
    to: Utc,
}

fn align(view: &View<'_>, look: &mut Look<'_>, settings: &Settings, pair: &Pair) -> Aligned {
    if let Some(met) = pair.known.map(|at| &view.facts.carry.pairs[at]) {
        if !met.done && pair.to > met.to {
            look.earlier(before(settings, met.from));
        }
        return Aligned { how: met.how, done: met.done, to: met.to };
    }
    let comparable = view.strand(pair.early).timescale == view.strand(pair.late).timescale;
    let mut differs = false;
    let mut unexplained = false;
    let mut tries = 0;
    let mut read = pair.from;
    for (n, place) in probe::places(pair, settings).enumerate().filter(|_| comparable) {
        let grains = if n == 0 { &Grain::ALL[..] } else { &Grain::ALL[..1] };
        let mut complete = true;
        for grain in grains {
            let before = look.misses();
            let scene = match grain {
                Grain::Keys => Scene::Moves,
                Grain::Samples => scene(view, look, pair),
            };
            if scene == Scene::StandsStill {
                break;
            }
            let mut rows = probe::rows(view, look, settings, pair, place, *grain);
            if scene == Scene::Unknown {
                rows.gate = rows.error;
            }
            let early = probe::marks(look, &rows.early);
            let late = probe::marks(look, &rows.late);
            if look.misses() > before {
                let how = How::Apart { error: rows.error, differs };
                return Aligned { how, done: false, to: pair.to };
            }
            complete &= rows.complete;
            read = rows.late.last().map_or(read, |l| read.max(l.label.plus(rows.gate)));
            match verdict(view, pair, &rows, &early, &late) {
                Verdict::Exact { offset, matched, compared } => {
                    let offset = MediaSpan::new(offset);
                    let how = How::Exact { offset, matched, compared, step: None };
                    return Aligned {
                        how,
                        done: complete,
                        to: if complete { read } else { pair.to },
                    };
                }
                Verdict::Nothing => {
                    let enough = early.len().min(late.len()) > rows.min_run;
                    differs |= enough && !any_equal(&early, &late);
                    // where a picture stands still, more of it proves nothing
                    unexplained |= enough && *grain == Grain::Keys && all_differ(&late);
                    // by the clocks they have hardly met, which may be wrong
                    unexplained |= n == 0 && *grain == Grain::Keys && early.len() <= rows.min_run;
                }
                Verdict::Ambiguous => (differs, unexplained) = (false, false),
            }
        }
        tries += u32::from(complete);
    }
    if unexplained
        && may_be_far(view, pair.early, pair.late)
        && let Some(aligned) = probe_far(view, look, settings, pair)
    {
        return aligned;
    }
    let done = !comparable || tries > settings.retries;
    let how = rhythm::by_clock(view, look, settings, pair, comparable, differs);
    Aligned { how, done, to: if done { read } else { pair.to } }
}

/// No picture is equal where the clocks put them: one of them is off by more
/// than it says. Key frames only, at the beginning of the overlap.
fn probe_far(
    view: &View<'_>,
    look: &mut Look<'_>,
    settings: &Settings,
    pair: &Pair,
) -> Option<Aligned> {
    let far = Settings { gate: settings.far_gate, ..settings.clone() };
    let before = look.misses();
    let rows = probe::rows(view, look, &far, pair, pair.from, Grain::Keys);
    let early = probe::marks(look, &rows.early);
    let late = probe::marks(look, &rows.late);
    if look.misses() > before {
        let how = How::Apart { error: rows.error, differs: true };
        return Some(Aligned { how, done: false, to: pair.to });
    }
    let Verdict::Exact { offset, matched, compared } = verdict(view, pair, &rows, &early, &late)
    else {
        return None;
    };
    let read = rows.late.last().map_or(pair.from, |l| l.label.plus(rows.gate)).max(pair.from);
    let how = How::Exact { offset: MediaSpan::new(offset), matched, compared, step: None };
    Some(Aligned { how, done: rows.complete, to: if rows.complete { read } else { pair.to } })
}

/// A window that begins here knows nothing of what was found at an instant.
pub(crate) fn before(settings: &Settings, at: Utc) -> Utc {
    let margin = settings.gate.plus(settings.gate).plus(settings.far_gate);
    at.plus(Nanos::ZERO.minus(margin))
}

/// What single samples prove depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scene {
    /// Key frames differ: so do the samples of different GOPs.
    Moves,
    /// Two key frames are equal: so are samples of different GOPs.
    StandsStill,
    /// Nobody has two key frames: only clocks can say which GOP it is.
    Unknown,
}

/// What the key frames look like around the place where the later strand
/// begins.
fn scene(view: &View<'_>, look: &mut Look<'_>, pair: &Pair) -> Scene {
    let mut scene = Scene::Unknown;
    for strand in [pair.early, pair.late] {
        let points = probe::around(view, look, strand, pair.from);
        let prints: Vec<_> = probe::marks(look, &points).iter().map(|m| m.print).collect();
        let distinct: BTreeSet<_> = prints.iter().collect();
        if distinct.len() < prints.len() {
            return Scene::StandsStill;
        }
        if distinct.len() > 1 {
            scene = Scene::Moves;
        }
    }
    scene
}

/// Only offsets that the clocks allow within the gate are believed.
fn verdict(view: &View<'_>, pair: &Pair, rows: &Rows, early: &[Mark], late: &[Mark]) -> Verdict {
    let scale = view.strand(pair.early).timescale;
    let gate = MediaSpan::from_nanos(rows.gate, scale).ticks();
    let expected = expected(rows, scale);
    let within = |mark: &Mark, offset: i64| {
        let near = expected.partition_point(|e| e.0 < mark.at);
        expected
            .get(near)
            .is_some_and(|e| e.0 == mark.at && offset.saturating_sub(e.1).saturating_abs() <= gate)
    };
    vote(early, late, within, rows.min_run)
}

/// For each later point the offset that the clocks would have.
pub(crate) fn expected(rows: &Rows, scale: u32) -> Vec<(i64, i64)> {
    rows.late
        .iter()
        .filter_map(|late| {
            let near = rows.early.iter().min_by_key(|e| e.label.since(late.label).abs())?;
            let apart = MediaSpan::from_nanos(late.label.since(near.label), scale);
            Some((late.at.ticks(), near.at.plus(apart).since(late.at).ticks()))
        })
        .collect()
}

fn all_differ(row: &[Mark]) -> bool {
    row.iter().map(|m| m.print).collect::<BTreeSet<_>>().len() == row.len()
}

fn any_equal(a: &[Mark], b: &[Mark]) -> bool {
    let prints: BTreeSet<_> = a.iter().map(|m| m.print).collect();
    b.iter().any(|m| prints.contains(&m.print))
}

pub(crate) fn strand_id(view: &View<'_>, strand: StrandRef) -> StrandId {
    StrandId { lineage: view.strand(strand).lineage, strand: view.first(strand).strand }
}
