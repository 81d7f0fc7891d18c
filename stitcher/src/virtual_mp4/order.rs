//! Decode times of joined pieces.
//!
//! The n-th picture in decode order is decoded at the n-th instant at which any
//! picture is shown. Whatever the files' own decode times were, these strictly
//! rise over every seam; and with the greatest lateness as delay (known at the
//! end, the edit list takes it out) no picture is decoded after it is shown.

use super::axis::Tick;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Reordering never reaches further than this: H.264 and H.265 allow 16.
const WINDOW: usize = 64;

/// Gives each picture its decode time and how much later it is shown.
#[derive(Debug, Default)]
pub(super) struct Order {
    shown: BinaryHeap<Reverse<Tick>>,
    waiting: VecDeque<Tick>,
    last: Option<Tick>,
}

/// A picture's decode time (before the delay) and its lateness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) decode: Tick,
    /// Shown so much later than decoded; negative before the delay is added.
    pub(super) later: i64,
}

impl Order {
    /// Takes the next picture in decode order.
    pub(super) fn push(&mut self, shown: Tick) -> Option<Placed> {
        self.shown.push(Reverse(shown));
        self.waiting.push_back(shown);
        if self.waiting.len() > WINDOW { self.next() } else { None }
    }

    /// Takes a picture that is shown before all that follow it, when none
    /// waits: sorting took a third of a day's header.
    pub(super) fn pass(&mut self, shown: Tick) -> Placed {
        debug_assert!(self.waiting.is_empty());
        self.place(shown, shown)
    }

    /// Whether pictures that are shown from `place` on are decoded after all
    /// that came before, when none waits.
    pub(super) fn is_before(&self, place: Tick) -> bool {
        self.waiting.is_empty() && self.last.is_none_or(|last| last < place)
    }

    /// Pictures came whose last one is decoded at `decode`.
    pub(super) fn skip_to(&mut self, decode: Tick) {
        self.last = Some(decode);
    }

    /// The next one of those that still wait; nothing follows, or nothing that
    /// is shown before any of them.
    pub(super) fn next(&mut self) -> Option<Placed> {
        let Reverse(earliest) = self.shown.pop()?;
        let shown = self.waiting.pop_front()?;
        Some(self.place(shown, earliest))
    }

    fn place(&mut self, shown: Tick, earliest: Tick) -> Placed {
        // Two pictures at one instant: a camera's fault, a tick apart here.
        let decode = self.last.map_or(earliest, |last| earliest.max(last + 1));
        self.last = Some(decode);
        Placed { decode, later: shown - decode }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(shown: &[Tick]) -> Vec<Placed> {
        let mut order = Order::default();
        let mut placed: Vec<Placed> = shown.iter().filter_map(|s| order.push(*s)).collect();
        placed.extend(std::iter::from_fn(|| order.next()));
        placed
    }

    #[test]
    fn reordered_pictures_are_decoded_at_the_instants_of_showing() {
        let placed = all(&[0, 90, 30, 60, 120]);
        assert_eq!(placed.iter().map(|p| p.decode).collect::<Vec<_>>(), [0, 30, 60, 90, 120]);
        assert_eq!(placed.iter().map(|p| p.later).collect::<Vec<_>>(), [0, 60, -30, -30, 0]);
    }

    proptest! {
        #[test]
        fn pictures_in_order_need_no_sorting(steps in prop::collection::vec(1_i64..80, 0..300)) {
            let shown: Vec<Tick> =
                steps.iter().scan(0, |at, step| { *at += step; Some(*at) }).collect();
            let mut order = Order::default();
            let passed: Vec<Placed> = shown.iter().map(|s| order.pass(*s)).collect();
            prop_assert_eq!(passed, all(&shown));
        }

        #[test]
        fn decode_times_rise_and_nothing_is_lost(steps in prop::collection::vec(-40_i64..80, 0..300)) {
            let mut at = 0;
            let shown: Vec<Tick> = steps.iter().map(|s| { at += 100; at + s }).collect();
            let placed = all(&shown);
            prop_assert_eq!(placed.len(), shown.len());
            prop_assert!(placed.windows(2).all(|w| w[0].decode < w[1].decode));
            for (placed, shown) in placed.iter().zip(&shown) {
                prop_assert_eq!(placed.decode + placed.later, *shown);
            }
        }
    }
}
