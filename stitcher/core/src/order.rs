//! The frames of one GOP in decode order, when no copy has all of them.
//!
//! Each copy says in which order those are decoded that it has, and where it
//! lost some, its times of decoding are no longer those of the others: they
//! are made of what was received. So orders decide, and times only where no
//! copy says which of two frames comes first.

use crate::merge::ByTime;
use crate::piece::Frame;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// When each is shown, and when it is decoded: `decode` for all, in an order
/// that no copy contradicts, and never standing still.
pub(crate) fn decode_order(
    rows: &[Vec<Frame>],
    found: &ByTime,
    decode: impl Fn(&[(usize, usize, bool)]) -> i64,
) -> Vec<(i64, i64)> {
    let mut places: Vec<BTreeMap<usize, i64>> = vec![BTreeMap::new(); rows.len()];
    for (shown, frames) in found {
        for (copy, place, _) in frames {
            places[*copy].insert(*place, *shown);
        }
    }
    let mut next: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    let mut before: BTreeMap<i64, usize> = BTreeMap::new();
    for own in &places {
        let order: Vec<i64> = own.values().copied().collect();
        for two in order.windows(2) {
            next.entry(two[0]).or_default().push(two[1]);
            *before.entry(two[1]).or_default() += 1;
        }
    }
    let mut left: BTreeMap<i64, i64> = found.iter().map(|(s, f)| (*s, decode(f))).collect();
    let free = left.iter().filter(|(s, _)| !before.contains_key(*s));
    let mut free: BinaryHeap<Reverse<(i64, i64)>> = free.map(|(s, d)| Reverse((*d, *s))).collect();
    let mut order = Vec::with_capacity(found.len());
    while let Some(Reverse((decoded, shown))) = free.pop() {
        left.remove(&shown);
        let latest = order.last().map_or(i64::MIN, |(d, _): &(i64, i64)| d.saturating_add(1));
        order.push((decoded.max(latest), shown));
        for then in next.remove(&shown).into_iter().flatten() {
            let waits = before.entry(then).or_default();
            *waits = waits.saturating_sub(1);
            if let Some(decoded) = left.get(&then).filter(|_| *waits == 0) {
                free.push(Reverse((*decoded, then)));
            }
        }
    }
    // copies that contradict each other: the rest by time
    let mut rest: Vec<(i64, i64)> = left.into_iter().map(|(s, d)| (d, s)).collect();
    rest.sort_unstable();
    order.extend(rest);
    order
}
