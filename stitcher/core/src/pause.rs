//! Pauses: where a camera sent nothing for a while and its recorder went on.
//!
//! In the file the last sample before a pause lasts until the next one, so a
//! sample that lasts far longer than is usual in its segment ends after one
//! usual frame, and the rest is missing. A camera that is slow is not full of
//! pauses: the middle one of the segment's steps says what is usual, and a long
//! step that is like the ones beside it is a rate.
//!
//! Shorter ones are noted too, as *slips*: a frame or a few that may have been
//! lost, or a camera that is unsteady. They cut nothing, but copies of which
//! one may lack what the other has are looked at frame by frame.

use crate::piece::{is_one, is_step};
use crate::table::{Sample, count, sound_step, usual_step};
use hitless_model::{MediaSpan, MediaTime, Nanos};
use std::collections::BTreeSet;

/// Less than this is not worth cutting a span: no gap is ever so short.
const LEAST: Nanos = Nanos::from_millis(500);
/// As many usual frames in one step are no frame.
const USUAL: i64 = 4;
/// As many steps alike in a row are a rate.
const RATE: usize = 4;
/// With more slips than one step in so many, and more than these, a camera is
/// unsteady: they say little, and are too much to keep.
const UNSTEADY: usize = 6;
const FEW: usize = 64;
/// No more are noted of a segment: a file may claim any times.
const MOST: usize = 1024;

/// A stretch without pictures right before a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pause {
    /// The first sample after it, in decode order from 0; the number of all
    /// samples where the segment ends with it.
    pub sample: u32,
    /// When the first picture after it is shown, on the strand's media clock.
    pub until: MediaTime,
    /// How long a picture lasts, usually.
    pub frame: MediaSpan,
    /// How much is missing.
    pub length: MediaSpan,
}

impl Pause {
    /// Is it worth a cut?
    pub(crate) fn is_long(&self, timescale: u32) -> bool {
        let step = self.length.ticks().saturating_add(self.frame.ticks());
        // in this order: nearly every step is an ordinary one
        step / USUAL > self.frame.ticks() && self.length.to_nanos(timescale) > LEAST
    }

    /// Do both copies of a segment, which start at these times, lack the same?
    pub(crate) fn is_like(&self, start: MediaTime, other: &Self, begin: MediaTime) -> bool {
        let (own, its) = (self.until.since(start).ticks(), other.until.since(begin).ticks());
        self.sample == other.sample
            && is_one(own, its, self.frame.ticks())
            && is_one(self.length.ticks(), other.length.ticks(), self.frame.ticks())
    }

    /// With times on another axis.
    pub(crate) fn shifted(self, by: i64) -> Self {
        Self { until: self.until.plus(MediaSpan::new(by)), ..self }
    }

    /// How much of it nobody has, if the latest picture of anybody's before its
    /// end is shown then.
    pub(crate) fn lost_after(&self, latest: i64) -> i64 {
        let step = self.until.ticks().saturating_sub(latest);
        if is_step(step, self.frame.ticks()) { step.saturating_sub(self.frame.ticks()) } else { 0 }
    }
}

/// The pauses of a segment's samples, in decode order. Nearly always none.
///
/// `usual` is how long a picture lasted right before the segment, if that is
/// known: a few samples alone do not tell a stall from a slow camera.
pub fn pauses(samples: &[Sample], timescale: u32, usual: Option<MediaSpan>) -> Vec<Pause> {
    let mut shown: Vec<i64> = samples.iter().map(|s| s.presentation.ticks()).collect();
    shown.sort_unstable();
    shown.extend(shown.first().and_then(|begin| end(samples, *begin)));
    let Some(own) = own_step(samples, &shown) else { return Vec::new() };
    let steps: Vec<i64> = shown.windows(2).map(|w| w[1].saturating_sub(w[0])).collect();
    let before = usual.map(MediaSpan::ticks).filter(|ticks| *ticks > 0 && steps.len() < RATE);
    let frame = before.map_or(own, |before| before.min(own));
    let about = |x: i64, y: i64| x / 2 <= y && y / 2 <= x;
    let pause = |at: usize| Pause {
        sample: 0,
        until: MediaTime::new(shown[at + 1]),
        frame: MediaSpan::new(frame),
        length: MediaSpan::new(steps[at].saturating_sub(frame)),
    };
    let mut found: Vec<Pause> = (0..steps.len())
        .filter(|at| pause(*at).is_long(timescale) && !is_rate(&steps, *at, about))
        .take(MOST)
        .map(|at| {
            let sample = first_from(samples, shown[at + 1], at + 1 < samples.len());
            Pause { sample, ..pause(at) }
        })
        .collect();
    // two of them at one sample: pictures out of order between them
    found.dedup_by(|next, before| {
        let same = next.sample == before.sample;
        if same {
            let both = before.length.ticks().saturating_add(next.length.ticks());
            before.length = MediaSpan::new(both);
            before.until = next.until;
        }
        same
    });
    let slips = slips(&steps, frame).into_iter().map(|at| {
        let sample = first_from(samples, shown[at + 1], at + 1 < samples.len());
        Pause { sample, ..pause(at) }
    });
    found.extend(slips.filter(|p| !p.is_long(timescale)));
    // sorted stably: a pause before a slip at one sample, which is left out
    found.sort_by_key(|p| p.sample);
    found.dedup_by_key(|p| p.sample);
    found
}

/// The usual step between these times. What was lost is no step: of a few
/// pictures, most of which were, the others tell.
fn own_step(samples: &[Sample], shown: &[i64]) -> Option<i64> {
    let damaged: BTreeSet<i64> =
        samples.iter().filter(|s| s.damaged).map(|s| s.presentation.ticks()).collect();
    match damaged.is_empty() {
        true => usual_step(shown.to_vec()),
        false => sound_step(shown.iter().map(|at| (*at, damaged.contains(at)))),
    }
}

/// Steps in which a frame or a few may have been lost; none of a camera that
/// is unsteady throughout.
fn slips(steps: &[i64], frame: i64) -> Vec<usize> {
    let alike = |x: i64, y: i64| !is_step(x, y) && !is_step(y, x);
    let is_slip = |at: &usize| is_step(steps[*at], frame) && !is_rate(steps, *at, alike);
    let found: Vec<usize> = (0..steps.len()).filter(is_slip).collect();
    let most = (steps.len() / UNSTEADY).clamp(FEW, MOST);
    if found.len() <= most { found } else { Vec::new() }
}

/// Where the last picture ends. Durations are of decoding: where pictures are
/// out of order, one of those at an end may last through a pause that lies
/// elsewhere, so two sums have to agree.
fn end(samples: &[Sample], begin: i64) -> Option<i64> {
    let (first, last) = (samples.first()?, samples.last()?);
    let by_pictures = samples.iter().map(|s| s.presentation.plus(s.duration).ticks()).max()?;
    let decoded = last.decode.plus(last.duration).since(first.decode);
    Some(by_pictures.min(begin.saturating_add(decoded.ticks())))
}

/// The first sample, in decode order, that is shown at or after a time.
fn first_from(samples: &[Sample], shown: i64, inside: bool) -> u32 {
    let first = samples.iter().position(|s| s.presentation.ticks() >= shown).filter(|_| inside);
    count(first.unwrap_or(samples.len()))
}

/// Is the step one of several alike?
fn is_rate(steps: &[i64], at: usize, alike: impl Fn(i64, i64) -> bool) -> bool {
    let like = |step: &&i64| alike(**step, steps[at]);
    let before = steps[..at].iter().rev().take(RATE).take_while(like).count();
    let after = steps[at + 1..].iter().take(RATE).take_while(like).count();
    before + 1 + after >= RATE
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 90_000;

    /// Samples shown at these times, in decode order; the last one lasts `last`.
    fn samples(shown: &[i64], last: i64) -> Vec<Sample> {
        let mut sorted = shown.to_vec();
        sorted.sort_unstable();
        // no picture is shown before it is decoded
        let mut decode: Vec<i64> = sorted.iter().map(|s| s - 3 * 3_600).collect();
        decode.push(decode.last().copied().unwrap_or(0) + last);
        shown
            .iter()
            .enumerate()
            .map(|(at, shown)| Sample {
                decode: MediaTime::new(decode[at]),
                presentation: MediaTime::new(*shown),
                duration: MediaSpan::new(decode[at + 1] - decode[at]),
                key: None,
                damaged: false,
            })
            .collect()
    }

    fn found(shown: &[i64], last: i64) -> Vec<(u32, i64, i64)> {
        let found = pauses(&samples(shown, last), 90_000, None);
        let long = found.iter().filter(|p| p.is_long(90_000));
        long.map(|p| (p.sample, p.until.ticks(), p.length.ticks())).collect()
    }

    fn every(step: i64, frames: i64) -> Vec<i64> {
        (0..frames).map(|n| n * step).collect()
    }

    fn then(mut shown: Vec<i64>, steps: &[i64]) -> Vec<i64> {
        for step in steps {
            shown.push(shown.last().copied().unwrap_or(0) + step);
        }
        shown
    }

    #[test]
    fn a_stall_is_a_pause() {
        let shown = then(every(3_600, 25), &[5 * SECOND, 3_600, 3_600]);
        assert_eq!(found(&shown, 3_600), [(25, 24 * 3_600 + 5 * SECOND, 5 * SECOND - 3_600)]);
        // so are two with one picture between them
        let shown = then(every(3_600, 25), &[5 * SECOND, 3 * SECOND, 3_600]);
        assert_eq!(found(&shown, 3_600).len(), 2);
    }

    #[test]
    fn a_last_sample_that_lasts_too_long_is_followed_by_a_pause() {
        let shown = every(3_600, 25);
        assert_eq!(found(&shown, 4 * SECOND), [(25, 24 * 3_600 + 4 * SECOND, 4 * SECOND - 3_600)]);
        assert_eq!(found(&shown, 3_600), []);
    }

    #[test]
    fn a_few_frames_that_may_be_lost_are_slips() {
        let slips = |shown: &[i64]| {
            let found = pauses(&samples(shown, 3_600), 90_000, None);
            found.iter().map(|p| (p.sample, p.length.ticks())).collect::<Vec<_>>()
        };
        let shown = then(every(3_600, 25), &[2 * 3_600, 3_600, 3_600, 3_600, 6 * 3_600]);
        assert_eq!(slips(&shown), [(25, 3_600), (29, 5 * 3_600)]);
        // beside a pause, and out of order
        let shown = then(every(3_600, 25), &[2 * 3_600, 3_600, SECOND, 3_600]);
        assert_eq!(slips(&shown), [(25, 3_600), (27, SECOND - 3_600)]);
        let at = |n: i64| n * 3_600 + if n > 2 { 3_600 } else { 0 };
        assert_eq!(slips(&[0, 3, 1, 2, 6, 4, 5].map(at)), [(1, 3_600)]);
        // another rate, and a camera that is never steady
        assert_eq!(slips(&then(every(3_600, 25), &[7_200; 9])), []);
        let unsteady: Vec<i64> = (0..200).map(|n| if n % 3 == 0 { 7_200 } else { 3_600 }).collect();
        assert_eq!(slips(&then(vec![0], &unsteady)), []);
    }

    #[test]
    fn few_samples_are_held_against_those_before() {
        let lone = |lasts: i64, before: i64| {
            let before = Some(MediaSpan::new(before));
            let found = pauses(&samples(&[0], lasts), 90_000, before);
            found.iter().map(|p| (p.sample, p.length.ticks())).collect::<Vec<_>>()
        };
        assert_eq!(lone(4 * SECOND, 3_600), [(1, 4 * SECOND - 3_600)]);
        assert_eq!(lone(4 * SECOND, 4 * SECOND), []);
        assert_eq!(lone(3_600, 3_600), []);
        assert_eq!(lone(4 * SECOND, 0), []);
        assert_eq!(lone(i64::MAX, i64::MIN), []);
        // four and more say it themselves
        let slow = samples(&every(SECOND, 4), SECOND);
        assert_eq!(pauses(&slow, 90_000, Some(MediaSpan::new(3_600))), []);
    }

    #[test]
    fn slow_cameras_and_rates_that_change_are_no_pauses() {
        for step in [SECOND, 2 * SECOND, 60 * SECOND] {
            assert_eq!(found(&every(step, 20), step), []);
        }
        assert_eq!(found(&[0], 60 * SECOND), []);
        let quiet = then(every(3_600, 200), &[2 * SECOND; 30]);
        assert_eq!(found(&quiet, 2 * SECOND), []);
        assert_eq!(found(&then(quiet, &[3_600; 200]), 3_600), []);
        // a little unsteady, and a picture lost now and then
        let shown = then(every(36_000, 9), &[72_000, 36_000, 71_000, 20_000, 72_000, 36_000]);
        assert_eq!(found(&shown, 36_000), []);
    }

    #[test]
    fn pictures_out_of_order_are_cut_before_the_first_one_after_the_pause() {
        // shown 0 1 2 3 pause 4 5 6, decoded 0 3 1 2 6 4 5
        let at = |n: i64| n * 3_600 + if n > 3 { 3 * SECOND } else { 0 };
        let order = [0, 3, 1, 2, 6, 4, 5].map(at);
        assert_eq!(found(&order, 3_600), [(4, at(4), 3 * SECOND)]);
        // the pause lies among pictures that were decoded together
        let at = |n: i64| n * 3_600 + if n > 1 { 3 * SECOND } else { 0 };
        assert_eq!(found(&[0, 3, 1, 2, 6, 4, 5].map(at), 3_600), [(1, at(2), 3 * SECOND)]);
    }
}
