//! Days of UTC within a range.

use hitless_model::{Nanos, TimeRange};

const DAY: Nanos = Nanos::from_secs(86_400);

/// Each day, or what there is of it, in order.
pub fn days(range: TimeRange) -> impl Iterator<Item = TimeRange> {
    let mut from = range.from;
    std::iter::from_fn(move || {
        if from >= range.to {
            return None;
        }
        let to = from.next_multiple(DAY).min(range.to);
        let day = TimeRange { from, to };
        from = to;
        Some(day)
    })
}

/// So many days at a time, in order.
pub fn spells(range: TimeRange, of: usize) -> impl Iterator<Item = TimeRange> {
    let mut days = days(range);
    std::iter::from_fn(move || {
        let first = days.next()?;
        let last = days.by_ref().take(of.saturating_sub(1)).last();
        Some(TimeRange { from: first.from, to: last.unwrap_or(first).to })
    })
}

/// What two ranges have in common; `None` if nothing.
pub fn common(a: TimeRange, b: TimeRange) -> Option<TimeRange> {
    let both = TimeRange { from: a.from.max(b.from), to: a.to.min(b.to) };
    (both.from < both.to).then_some(both)
}

/// How long a range is.
pub fn length(range: TimeRange) -> Nanos {
    range.to.since(range.from)
}
