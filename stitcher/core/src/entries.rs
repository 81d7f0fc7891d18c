//! From what is played to entries with instants.
//!
//! Each entry starts where the one before ends. Its length is its own media
//! length (a gap's: what the clocks say), corrected by at most a quarter so
//! that its end comes to where its own clock puts it. So clocks that drift,
//! or differ a little between strands, are followed; a clock that was set is
//! followed slowly; and no disagreement of clocks ever makes a gap.

use crate::audio::audio;
use crate::cause::Causes;
use crate::evidence::Look;
use crate::missing::carve;
use crate::plan::{Entry, Span, What};
use crate::settings::Settings;
use crate::walk::{Missing, Played, ToldBy, Walk};
use hitless_model::{MediaSpan, MediaTime, Nanos, Utc};

/// The entries of a walk, and where the timeline stands after each played.
pub(crate) struct Line {
    pub(crate) entries: Vec<Entry>,
    pub(crate) ends: Vec<Utc>,
}

/// Gives every played run its instants and fills in what is missing.
pub(crate) fn entries(walk: &Walk<'_>, look: &Look<'_>, settings: &Settings) -> Line {
    let facts = walk.view.facts;
    let causes = Causes::of(facts);
    let mut line = Line { entries: Vec::new(), ends: Vec::new() };
    let mut now = facts.carry.end;
    for (at, played) in walk.played.iter().enumerate() {
        let raw = raw(walk, played);
        if let Some(missing) = played.missing {
            let from = now.unwrap_or(raw.0);
            let to = match missing.told_by {
                ToldBy::Clocks => toward(from, missing.length, raw.0),
                ToldBy::Pictures => from.plus(missing.length.max(Nanos::new(SHORTEST))),
            };
            line.entries.extend(carve(facts, settings, &causes, (from, to), missing));
            now = Some(to);
        }
        let start = now.unwrap_or_else(|| begin(&mut line, walk, settings, &causes, raw.0));
        let scale = walk.view.strand(played.strand).timescale;
        let length = MediaSpan::new(played.to.saturating_sub(played.from)).to_nanos(scale);
        let end = toward(start, length, raw.1);
        let span = Span {
            segment: played.segment,
            first_sample: played.first,
            samples: played.samples,
            damaged: played.damaged,
            seam: played.seam,
            audio: audio(walk, look, at),
        };
        line.entries.push(Entry { start, end, what: What::Span(span) });
        line.ends.push(end);
        now = Some(end);
    }
    line
}

/// The timeline begins with its first footage, or when it was to begin.
fn begin(
    line: &mut Line,
    walk: &Walk<'_>,
    settings: &Settings,
    causes: &Causes,
    first: Utc,
) -> Utc {
    let facts = walk.view.facts;
    if let Some(begins) = facts.begins.filter(|b| *b < first) {
        let length = first.since(begins);
        let missing = Missing { length, told_by: ToldBy::Clocks, noted: false };
        line.entries.extend(carve(facts, settings, causes, (begins, first), missing));
    }
    first
}

/// Where the segment's own clock puts the ends of what is played.
fn raw(walk: &Walk<'_>, played: &Played) -> (Utc, Utc) {
    let offset = walk.groups.axis(played.strand).offset;
    let segment = walk.view.segment(played.segment);
    let label = |at: i64| segment.label(MediaTime::new(at.saturating_sub(offset)));
    (label(played.from), label(played.to))
}

/// `length` after `from`, or up to a quarter of it more or less where the
/// clock says so; never without any length.
fn toward(from: Utc, length: Nanos, target: Utc) -> Utc {
    let quarter = length.get() / 4;
    let least = Nanos::new(length.get().saturating_sub(quarter).max(SHORTEST));
    let most = Nanos::new(length.get().saturating_add(quarter).max(SHORTEST));
    target.clamp(from.plus(least), from.plus(most))
}

/// Instants are written with microseconds.
const SHORTEST: i64 = 1_000;
