//! What stands in the timeline where nobody has footage.
//!
//! Files still open, footage removed by retention and time in which the
//! camera was switched off are told apart first; the rest is a gap or a hole.

use crate::cause::Causes;
use crate::facts::{Facts, Stretch};
use crate::plan::{Entry, What};
use crate::settings::Settings;
use crate::walk::Missing;
use hitless_model::{Cause, Nanos, Utc};

/// Slivers beside a known reason shorter than this belong to it: clocks of
/// the row and of the timeline are never equal to the last millisecond.
const SLIVER: Nanos = Nanos::from_millis(250);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Pending,
    Expired,
    Disabled,
    Missing,
}

/// Entries for `[range.0, range.1)`.
pub(crate) fn carve(
    facts: &Facts,
    settings: &Settings,
    causes: &Causes,
    range: (Utc, Utc),
    missing: Missing,
) -> Vec<Entry> {
    let known = known(facts, causes, range);
    let mut pieces = pieces(&known, range);
    absorb(&mut pieces);
    let alone = pieces.len() == 1;
    pieces
        .into_iter()
        .map(|(start, end, kind)| {
            let length = if alone { missing.length } else { end.since(start) };
            let what = match kind {
                Kind::Pending => What::Pending,
                Kind::Expired => What::Expired,
                Kind::Disabled => What::Gap(Cause::Disabled),
                Kind::Missing => {
                    let cause = match missing.noted {
                        true => Cause::PacketsLost,
                        false => causes.of_stretch(start, end),
                    };
                    if length > settings.gap_threshold {
                        What::Gap(cause)
                    } else {
                        What::Hole(cause)
                    }
                }
            };
            Entry { start, end, what }
        })
        .collect()
}

/// Stretches with a kind of their own that touch the range.
fn known(facts: &Facts, causes: &Causes, range: (Utc, Utc)) -> Vec<(Stretch, Kind)> {
    let open = causes.open.iter().map(|s| (*s, Kind::Pending));
    let expired = facts.expired.iter().map(|e| (*e, Kind::Expired));
    let disabled = causes.disabled(range.0, range.1).map(|d| (d, Kind::Disabled));
    open.chain(expired)
        .chain(disabled)
        .filter(|(s, _)| s.from < range.1 && s.to > range.0)
        .collect()
}

fn pieces(known: &[(Stretch, Kind)], range: (Utc, Utc)) -> Vec<(Utc, Utc, Kind)> {
    let mut borders: Vec<Utc> = known
        .iter()
        .flat_map(|(s, _)| [s.from, s.to])
        .filter(|b| *b > range.0 && *b < range.1)
        .chain([range.0, range.1])
        .collect();
    borders.sort_unstable();
    borders.dedup();
    let mut pieces: Vec<(Utc, Utc, Kind)> = Vec::new();
    for border in borders.windows(2) {
        let (from, to) = (border[0], border[1]);
        let covers = |s: &Stretch| s.from <= from && s.to >= to;
        let kind = known.iter().filter(|(s, _)| covers(s)).map(|(_, k)| *k).min();
        push(&mut pieces, (from, to, kind.unwrap_or(Kind::Missing)));
    }
    pieces
}

fn push(pieces: &mut Vec<(Utc, Utc, Kind)>, piece: (Utc, Utc, Kind)) {
    match pieces.last_mut() {
        Some(last) if last.2 == piece.2 => last.1 = piece.1,
        _ => pieces.push(piece),
    }
}

fn absorb(pieces: &mut Vec<(Utc, Utc, Kind)>) {
    let all = std::mem::take(pieces);
    for (at, piece) in all.iter().enumerate() {
        let short = piece.2 == Kind::Missing && piece.1.since(piece.0) < SLIVER;
        let next = all.get(at + 1).map(|p| p.2);
        let kind = match (short, pieces.last(), next) {
            (true, Some(before), _) => before.2,
            (true, None, Some(next)) => next,
            _ => piece.2,
        };
        push(pieces, (piece.0, piece.1, kind));
    }
}
