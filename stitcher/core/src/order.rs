//! The frames of one GOP in decode order, when no copy has all of them.
//!
//! Each copy says in which order those are decoded that it has, and where it
//! has lost some. Its times of decoding say little there: they are made of what
//! was received, and too early for a while. So a frame follows at once what it
//! follows in a copy that lost nothing between; what a copy lacks stands where
//! it has lost something; and if that allows several, what is shown first comes
//! first, but after a picture that those around it need.

use crate::merge::ByTime;
use crate::piece::is_step;
use std::collections::{BTreeMap, BTreeSet};

/// So many frames after one are looked at: more than any camera reorders.
const FEW: usize = 16;
/// So many pictures more decoded before one that is shown earlier: unlikely.
const MANY: usize = 2;

/// What is known of a copy besides its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    /// It has the key frame.
    pub(crate) headed: bool,
    /// Nothing was lost after its last frame.
    pub(crate) closed: bool,
    /// How long a picture lasts.
    pub(crate) frame: i64,
}

/// When each is shown, in an order that no copy contradicts.
pub(crate) fn decode_order(told: &[Told], found: &ByTime) -> Vec<i64> {
    let copies = copies(told, found);
    if copies.iter().all(|copy| copy.order.is_sorted()) {
        // as they are shown
        return found.keys().copied().collect();
    }
    let mut before: BTreeMap<i64, usize> = BTreeMap::new();
    for copy in &copies {
        copy.order.iter().skip(1).for_each(|shown| *before.entry(*shown).or_default() += 1);
    }
    let mut left: BTreeSet<i64> = found.keys().copied().collect();
    let mut free: BTreeSet<i64> =
        left.iter().filter(|shown| !before.contains_key(shown)).copied().collect();
    let mut order = Vec::with_capacity(found.len());
    let mut latest = None;
    while let Some(shown) = next(&copies, found, (&free, &left), latest) {
        free.remove(&shown);
        left.remove(&shown);
        latest = latest.max(Some(shown));
        order.push(shown);
        for then in copies.iter().filter_map(|copy| copy.after(shown).first()) {
            let waits = before.entry(*then).or_default();
            *waits = waits.saturating_sub(1);
            if *waits == 0 && left.contains(then) {
                free.insert(*then);
            }
        }
    }
    // copies that contradict each other: the rest as it is shown
    order.extend(left);
    order
}

/// One copy: when its frames are shown, in its order.
struct Copy {
    told: Told,
    order: Vec<i64>,
    /// Where each stands in it.
    places: BTreeMap<i64, usize>,
    damaged: BTreeSet<i64>,
    /// From the frame that stands there on, nothing is missing.
    sound: usize,
    /// It lacks what others have, and did not notice.
    unaware: bool,
}

impl Copy {
    fn after(&self, shown: i64) -> &[i64] {
        self.places.get(&shown).map_or(&[], |at| &self.order[at + 1..])
    }

    fn before(&self, shown: i64) -> Option<i64> {
        let at = self.places.get(&shown)?.checked_sub(1)?;
        Some(self.order[at])
    }

    /// The next few frames, as long as nothing was lost between.
    fn at_once_after(&self, shown: i64) -> &[i64] {
        let after = if self.unaware { &[] } else { self.after(shown) };
        let lost = |shown: &i64| self.damaged.contains(shown);
        let few = after.iter().take(FEW);
        &after[..few.take_while(|shown| !lost(shown)).count()]
    }

    /// Does it lack what another has between frames that both have?
    fn skips(&self, other: &Self) -> bool {
        let has = |shown: &&i64| self.places.contains_key(shown);
        let from =
            if self.told.headed { Some(0) } else { other.order.iter().position(|s| has(&s)) };
        let to = other.order.iter().rposition(|s| has(&s));
        let between = from.zip(to).and_then(|(from, to)| other.order.get(from..to));
        between.is_some_and(|between| !between.iter().all(|s| has(&s)))
    }

    /// Has it lost nothing after one frame, and not this other one?
    fn contradicts(&self, first: i64, other: i64) -> bool {
        let sound = |at: &usize| self.told.closed && !self.unaware && *at >= self.sound;
        !self.places.contains_key(&other) && self.places.get(&first).is_some_and(sound)
    }

    /// Is a picture decoded before others that are shown before it, and does
    /// another one stand among these?
    fn needs(&self, later: i64, other: i64) -> bool {
        let around = self.after(later).iter().take_while(|shown| **shown < later).min();
        around.is_some_and(|least| !is_step(least.saturating_sub(other), self.told.frame))
    }
}

fn copies(told: &[Told], found: &ByTime) -> Vec<Copy> {
    let mut rows: Vec<BTreeMap<usize, (i64, bool)>> = vec![BTreeMap::new(); told.len()];
    for (shown, frames) in found {
        for (copy, place, damaged) in frames {
            rows[*copy].insert(*place, (*shown, *damaged));
        }
    }
    let headed = told.iter().any(|told| told.headed);
    let copy = |(told, row): (&Told, BTreeMap<usize, (i64, bool)>)| {
        let order: Vec<i64> = row.values().map(|f| f.0).collect();
        let damaged = row.values().rposition(|f| f.1);
        Copy {
            told: *told,
            places: order.iter().enumerate().map(|(at, shown)| (*shown, at)).collect(),
            damaged: row.values().filter(|f| f.1).map(|f| f.0).collect(),
            sound: damaged.unwrap_or(0),
            unaware: false,
            order,
        }
    };
    let mut copies: Vec<Copy> = told.iter().zip(rows).map(copy).collect();
    let unaware: Vec<bool> = copies
        .iter()
        .map(|copy| {
            copy.damaged.is_empty()
                && ((headed && !copy.told.headed) || copies.iter().any(|other| copy.skips(other)))
        })
        .collect();
    copies.iter_mut().zip(unaware).for_each(|(copy, unaware)| copy.unaware = unaware);
    copies
}

/// What follows a frame at once in a copy must not wait for anything else.
fn may_go_on(copies: &[Copy], copy: &Copy, left: &BTreeSet<i64>, shown: i64) -> bool {
    let chain = copy.at_once_after(shown);
    let waits = |then: &i64| {
        let mut before = copies.iter().filter_map(|copy| copy.before(*then));
        before.any(|before| left.contains(&before) && before != shown && !chain.contains(&before))
    };
    !chain.iter().any(waits)
}

/// Which of these comes first, after frames of which the latest is shown then.
fn next(
    copies: &[Copy],
    found: &ByTime,
    (free, left): (&BTreeSet<i64>, &BTreeSet<i64>),
    latest: Option<i64>,
) -> Option<i64> {
    let key = |copy: &Copy| copy.order.first().copied().filter(|_| copy.told.headed);
    if latest.is_none()
        && let Some(key) = copies.iter().find_map(key).filter(|key| free.contains(key))
    {
        return Some(key);
    }
    if free.len() < 2 {
        return free.first().copied();
    }
    let some = allowed(copies, found, free, left);
    let first = needed(copies, &some, latest).or_else(|| some.first().copied())?;
    // who follows a frame at once goes before the others too
    let late = |first: i64| {
        let chain = |copy: &Copy| copy.at_once_after(first).to_vec();
        let then: BTreeSet<i64> = copies.iter().flat_map(chain).chain([first]).collect();
        let others = free.iter().filter(|other| **other != first);
        others.map(|other| then.range(other + 1..).count()).max().unwrap_or(0)
    };
    let least = free.iter().copied().min_by_key(|shown| late(*shown))?;
    Some(if late(least) + MANY < late(first) { least } else { first })
}

/// Those that the copies allow: what follows at once, where nothing was lost.
fn allowed(
    copies: &[Copy],
    found: &ByTime,
    free: &BTreeSet<i64>,
    left: &BTreeSet<i64>,
) -> BTreeSet<i64> {
    let preferred = |some: BTreeSet<i64>, rule: &dyn Fn(i64) -> bool| {
        let held: BTreeSet<i64> = some.iter().copied().filter(|shown| rule(*shown)).collect();
        if held.is_empty() { some } else { held }
    };
    let at_once = |shown: i64| {
        found[&shown].iter().any(|(copy, _, damaged)| !damaged && !copies[*copy].unaware)
    };
    let fits = |shown: i64| {
        let mut others = free.iter().filter(|other| **other != shown);
        others.all(|other| !copies.iter().any(|copy| copy.contradicts(shown, *other)))
            && copies.iter().all(|copy| may_go_on(copies, copy, left, shown))
    };
    preferred(preferred(free.clone(), &at_once), &fits)
}

/// A picture that the one shown first needs: unless that one is itself needed.
fn needed(copies: &[Copy], some: &BTreeSet<i64>, latest: Option<i64>) -> Option<i64> {
    let first = *some.first()?;
    let is_needed_too =
        copies.iter().any(|copy| copy.after(first).first().is_some_and(|then| *then < first));
    if is_needed_too || latest.is_none_or(|latest| first <= latest) {
        return None;
    }
    let around = |later: &&i64| copies.iter().any(|copy| copy.needs(**later, first));
    some.iter().skip(1).find(around).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames by when they are shown, negative if damaged, of copies of which the
    /// first has the key frame; was nothing lost after them?
    fn order(copies: &[(&[i64], bool)]) -> Vec<i64> {
        let mut found = ByTime::new();
        let mut told = Vec::new();
        for (copy, (frames, closed)) in copies.iter().enumerate() {
            let headed = frames[0] == copies[0].0[0];
            told.push(Told { headed, closed: *closed, frame: 1 });
            for (place, shown) in frames.iter().enumerate() {
                found.entry(shown.abs()).or_default().push((copy, place, *shown < 0));
            }
        }
        decode_order(&told, &found)
    }

    #[test]
    fn a_key_frame_goes_before_its_leading_pictures_and_the_rest() {
        assert_eq!(order(&[(&[3, -6, 5], true), (&[-1, 2, 6, 5], true)]), [3, 1, 2, 6, 5]);
    }

    #[test]
    fn nothing_stands_where_a_copy_lost_nothing() {
        // 2 was lost before 3, and 4 before 2: 4, which 2 and 3 need, is before both
        assert_eq!(order(&[(&[1, 4, -3], true), (&[1, -2, 3], true)]), [1, 4, 2, 3]);
        // the second lost nothing after 2: 3 was before that
        assert_eq!(order(&[(&[1, -3], false), (&[1, -2, 5, 4], true)]), [1, 3, 2, 5, 4]);
        // 7 and 6 follow each other in the second, so 5 and 4 are not between
        assert_eq!(
            order(&[(&[1, -5, -4, 3, -6], true), (&[1, -7, 6, -9, 8], true)]),
            [1, 5, 4, 3, 7, 6, 9, 8]
        );
    }

    #[test]
    fn what_is_needed_is_first_where_nothing_else_tells() {
        assert_eq!(order(&[(&[1, -2], false), (&[1, -4, 3], false)]), [1, 4, 3, 2]);
        // far from what needs it
        assert_eq!(order(&[(&[1, -2], false), (&[1, -9, 8], false)]), [1, 2, 9, 8]);
    }

    #[test]
    fn who_noticed_no_loss_does_not_decide() {
        // the second has lost 5, and says that 7 follows 2 at once
        let second: &[i64] = &[1, 3, 2, 7, 6, 9, 8, 11, 10];
        let all = [1, 3, 2, 5, 7, 6, 9, 8, 11, 10];
        assert_eq!(order(&[(&[1, 3, 2, -5], false), (second, true)]), all);
    }
}
