//! Decode times from presentation times.
//!
//! RTP says when a picture is shown, not when it is decoded. With a reorder
//! depth of d (from the parameter sets, or measured where they do not tell),
//! the i-th picture in decode order is decoded when the (i-d)-th in
//! presentation order is shown: d = 0 makes both times equal.
//!
//! Invariants: decode times strictly rise; a picture is never decoded after it
//! is shown unless the camera's times contradict its declared depth, which
//! [`Reorder::contradicted`] then tells.

use hitless_model::{MediaSpan, MediaTime};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Pictures looked at before the depth is taken as measured.
const PROBE: usize = 5;
/// Deepest reordering that H.264 and H.265 allow.
const DEEPEST: usize = 16;

/// One picture with its presentation time.
#[derive(Debug, PartialEq, Eq)]
pub struct Picture<T> {
    /// When it is shown.
    pub pts: MediaTime,
    /// The picture itself; not looked at.
    pub item: T,
}

/// Gives decode times to pictures as they come.
#[derive(Debug)]
pub struct Reorder<T> {
    declared: Option<usize>,
    depth: usize,
    waiting: Vec<Picture<T>>,
    shown: BinaryHeap<Reverse<MediaTime>>,
    last: Option<MediaTime>,
    started: bool,
    contradicted: bool,
}

impl<T> Reorder<T> {
    /// With the depth that the parameter sets declare, if they do.
    pub fn new(declared: Option<u8>) -> Self {
        let declared = declared.map(|d| usize::from(d).min(DEEPEST));
        Self {
            declared,
            depth: declared.unwrap_or(0),
            waiting: Vec::new(),
            shown: BinaryHeap::new(),
            last: None,
            started: false,
            contradicted: false,
        }
    }

    /// Takes the next picture in decode order and gives those that are ready.
    pub fn push(&mut self, picture: Picture<T>, out: &mut impl FnMut(MediaTime, Picture<T>)) {
        if self.started {
            let dts = self.decode_time(picture.pts);
            out(dts, picture);
            return;
        }
        self.waiting.push(picture);
        // A whole mini-GOP, to see how far apart pictures are.
        let wanted = self.declared.map_or(PROBE, |depth| 2 * depth + 1);
        if self.waiting.len() >= wanted {
            self.start(out);
        }
    }

    /// Gives what still waits; the stream is over.
    pub fn finish(&mut self, out: &mut impl FnMut(MediaTime, Picture<T>)) {
        if !self.started && !self.waiting.is_empty() {
            self.start(out);
        }
    }

    /// The camera reorders more deeply than this was made for.
    pub fn contradicted(&self) -> bool {
        self.contradicted
    }

    fn start(&mut self, out: &mut impl FnMut(MediaTime, Picture<T>)) {
        self.started = true;
        let waiting = std::mem::take(&mut self.waiting);
        let times: Vec<MediaTime> = waiting.iter().map(|p| p.pts).collect();
        if self.declared.is_none() {
            self.depth = measured_depth(&times);
        }
        self.prime(&times);
        for picture in waiting {
            let dts = self.decode_time(picture.pts);
            out(dts, picture);
        }
    }

    /// Stands in for the `depth` pictures that would have come before the
    /// first, one frame apart.
    fn prime(&mut self, times: &[MediaTime]) {
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        let Some(first) = sorted.first().copied() else { return };
        let frame = sorted.get(1).map_or(1, |second| second.since(first).ticks().max(1));
        for before in 1..=self.depth {
            let back = frame.saturating_mul(i64::try_from(before).unwrap_or(i64::MAX));
            self.shown.push(Reverse(first.plus(MediaSpan::new(-back))));
        }
    }

    fn decode_time(&mut self, pts: MediaTime) -> MediaTime {
        self.shown.push(Reverse(pts));
        let earliest = self.shown.pop().map_or(pts, |Reverse(time)| time);
        let dts = match self.last {
            Some(last) if earliest <= last => last.plus(MediaSpan::new(1)),
            _ => earliest,
        };
        if dts > pts {
            self.contradicted = true;
        }
        self.last = Some(dts);
        dts
    }
}

/// How many pictures are decoded before, and shown after, another one: the
/// most over all of them.
fn measured_depth(times: &[MediaTime]) -> usize {
    times
        .iter()
        .enumerate()
        .map(|(i, pts)| times[..i].iter().filter(|earlier| *earlier > pts).count())
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(declared: Option<u8>, times: &[i64]) -> Vec<(i64, i64)> {
        let mut reorder = Reorder::new(declared);
        let mut out = Vec::new();
        let mut take = |dts: MediaTime, p: Picture<()>| out.push((dts.ticks(), p.pts.ticks()));
        for pts in times {
            reorder.push(Picture { pts: MediaTime::new(*pts), item: () }, &mut take);
        }
        reorder.finish(&mut take);
        out
    }

    #[test]
    fn without_reordering_both_times_are_equal() {
        assert_eq!(run(Some(0), &[0, 10, 20]), [(0, 0), (10, 10), (20, 20)]);
        assert_eq!(run(None, &[0, 10, 20]), [(0, 0), (10, 10), (20, 20)]);
    }

    #[test]
    fn one_b_frame_delays_decoding_by_one() {
        // I P B P B
        let times = [10, 30, 20, 50, 40, 60];
        let expected = [(0, 10), (10, 30), (20, 20), (30, 50), (40, 40), (50, 60)];
        assert_eq!(run(Some(1), &times), expected);
        assert_eq!(run(None, &times), expected);
    }

    /// How many pictures are taken before the first is given.
    fn held(declared: Option<u8>) -> usize {
        let (mut reorder, mut given) = (Reorder::new(declared), 0);
        let mut pushed = 0;
        while given == 0 {
            let pts = MediaTime::new(pushed as i64 * 10);
            reorder.push(Picture { pts, item: () }, &mut |_, _| given += 1);
            pushed += 1;
        }
        pushed
    }

    #[test]
    fn no_more_is_held_back_than_it_takes_to_see_how_far_apart_pictures_are() {
        assert_eq!((held(Some(0)), held(Some(1)), held(Some(2))), (1, 3, 5));
        assert_eq!(held(None), PROBE);
        assert_eq!(held(Some(200)), 2 * DEEPEST + 1, "no more than the standards allow");
    }

    #[test]
    fn reordering_beyond_what_was_declared_is_told() {
        let contradicted = |declared, times: &[i64]| {
            let mut reorder = Reorder::new(declared);
            for pts in times {
                reorder.push(Picture { pts: MediaTime::new(*pts), item: () }, &mut |_, _| {});
            }
            reorder.contradicted()
        };
        assert!(!contradicted(Some(0), &[10, 20, 30, 40]), "both times are equal");
        assert!(contradicted(Some(0), &[10, 30, 20, 40]));
        assert!(!contradicted(Some(1), &[10, 30, 20, 50, 40]));
    }

    #[test]
    fn two_pictures_at_one_time_stand_apart() {
        assert_eq!(run(Some(1), &[10, 10, 30])[..2], [(9, 10), (10, 10)]);
    }

    proptest! {
        /// Mini-GOPs with every frame but the anchor in any order inside.
        #[test]
        fn decode_times_rise_and_never_pass_presentation(
            b in 0_usize..4, groups in 2_usize..20, frame in 1_i64..5000,
        ) {
            let mut times = vec![0];
            for g in 0..groups {
                let base = i64::try_from(g * (b + 1)).unwrap_or(0);
                times.push((base + i64::try_from(b).unwrap_or(0) + 1) * frame);
                times.extend((0..b).map(|i| (base + 1 + i64::try_from(i).unwrap_or(0)) * frame));
            }
            for declared in [Some(u8::try_from(usize::from(b > 0)).unwrap_or(0)), None] {
                let got = run(declared, &times);
                prop_assert_eq!(got.iter().map(|g| g.1).collect::<Vec<_>>(), times.clone());
                prop_assert!(got.windows(2).all(|w| w[0].0 < w[1].0));
                prop_assert!(got.iter().all(|(dts, pts)| dts <= pts));
            }
        }

        #[test]
        fn nonsense_times_still_rise(times in prop::collection::vec(-1000_i64..1000, 0..60)) {
            let got = run(None, &times);
            prop_assert_eq!(got.len(), times.len());
            prop_assert!(got.windows(2).all(|w| w[0].0 < w[1].0));
        }
    }
}
