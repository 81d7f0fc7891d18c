//! How far samples of the video are apart: when each is decoded, and how long
//! it lasts.
//!
//! RTP tells neither. Decode times come from [`Reorder`]; a sample lasts until
//! the next one is decoded, so each waits for its follower. The last one before
//! an end lasts as long as is usual ([`Pace`]).
//!
//! Invariant: what goes in comes out once and in order, at the latest when
//! [`Spacing::finish`] is called.

use super::Unit;
use super::pace::Pace;
use super::reorder::{Picture, Reorder};
use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{MediaSpan, MediaTime};

/// Duration of a sample whose follower is not known: 25 frames a second.
const GUESSED_FRAME: MediaSpan = MediaSpan::new(VIDEO_TIMESCALE as i64 / 25);

/// A sample with its times.
#[derive(Debug)]
pub(super) struct Spaced {
    pub(super) dts: MediaTime,
    pub(super) pts: MediaTime,
    pub(super) duration: MediaSpan,
    pub(super) unit: Unit,
}

/// A sample that waits for its follower.
#[derive(Debug)]
struct Held {
    dts: MediaTime,
    pts: MediaTime,
    unit: Unit,
}

/// Gives samples their times as they come.
#[derive(Debug)]
pub(super) struct Spacing {
    reorder: Reorder<Unit>,
    held: Option<Held>,
    pace: Pace,
}

impl Spacing {
    /// With the reorder depth that the parameter sets declare, if they do.
    pub(super) fn new(depth: Option<u8>) -> Self {
        Self { reorder: Reorder::new(depth), held: None, pace: Pace::default() }
    }

    /// The next sample in decode order; what is ready.
    pub(super) fn push(&mut self, pts: MediaTime, unit: Unit) -> Vec<Spaced> {
        let mut ready = Vec::new();
        self.reorder.push(Picture { pts, item: unit }, &mut |dts, p| ready.push((dts, p)));
        self.space(ready)
    }

    /// All that waits: no more comes, or what comes, at `next`, is decoded on
    /// its own.
    pub(super) fn finish(&mut self, next: Option<MediaTime>) -> Vec<Spaced> {
        let mut ready = Vec::new();
        self.reorder.finish(&mut |dts, p| ready.push((dts, p)));
        let mut spaced = self.space(ready);
        let usual = self.pace.usual().unwrap_or(GUESSED_FRAME);
        spaced.extend(self.held.take().map(|held| {
            let reordered = held.pts != held.dts;
            let follower = next.filter(|n| !reordered && *n > held.dts);
            let duration = follower.map_or(usual, |n| n.since(held.dts));
            held.lasting(duration)
        }));
        spaced
    }

    /// Other parameter sets, after [`Spacing::finish`].
    pub(super) fn begin_again(&mut self, depth: Option<u8>) {
        self.reorder = Reorder::new(depth);
    }

    /// How long a sample usually lasts, once one did.
    pub(super) fn usual(&self) -> Option<MediaSpan> {
        self.pace.usual()
    }

    /// The camera reorders more deeply than it declared.
    pub(super) fn contradicted(&self) -> bool {
        self.reorder.contradicted()
    }

    fn space(&mut self, ready: Vec<(MediaTime, Picture<Unit>)>) -> Vec<Spaced> {
        ready
            .into_iter()
            .filter_map(|(dts, picture)| {
                let next = Held { dts, pts: picture.pts, unit: picture.item };
                let held = self.held.replace(next)?;
                let lasted = dts.since(held.dts);
                self.pace.lasted(lasted);
                Some(held.lasting(lasted))
            })
            .collect()
    }
}

impl Held {
    fn lasting(self, duration: MediaSpan) -> Spaced {
        Spaced { dts: self.dts, pts: self.pts, duration, unit: self.unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit() -> Unit {
        Unit { data: Vec::new(), key: false, damaged: false, setup: None }
    }

    /// Decode times and durations.
    fn times(spaced: &[Spaced]) -> Vec<(i64, i64)> {
        spaced.iter().map(|s| (s.dts.ticks(), s.duration.ticks())).collect()
    }

    #[test]
    fn a_sample_lasts_until_the_next_is_decoded_and_the_last_as_long_as_usual() {
        let mut spacing = Spacing::new(Some(0));
        let mut push = |at| times(&spacing.push(MediaTime::new(at), unit()));
        assert_eq!(push(0), []);
        assert_eq!(push(3000), [(0, 3000)]);
        assert_eq!(push(7000), [(3000, 4000)]);
        assert_eq!(times(&spacing.finish(None)), [(7000, 3000)]);
        assert_eq!(times(&spacing.finish(None)), []);
    }

    #[test]
    fn what_follows_at_no_later_time_says_nothing_about_the_last_sample() {
        for next in [3000, 2000] {
            let mut spacing = Spacing::new(Some(0));
            spacing.push(MediaTime::new(0), unit());
            spacing.push(MediaTime::new(3000), unit());
            assert_eq!(times(&spacing.finish(Some(MediaTime::new(next)))), [(3000, 3000)]);
        }
    }

    #[test]
    fn what_follows_in_another_coding_ends_the_last_sample_unless_it_is_reordered() {
        let next = Some(MediaTime::new(9000));
        let mut plain = Spacing::new(Some(0));
        plain.push(MediaTime::new(0), unit());
        assert_eq!(times(&plain.finish(next)), [(0, 9000)]);
        plain.begin_again(Some(0));
        assert_eq!(times(&plain.push(MediaTime::new(9000), unit())), []);

        // The last to be decoded is shown later: when it is followed is not known.
        let mut reordered = Spacing::new(Some(1));
        let mut spaced = Vec::new();
        for shown in [0, 6000, 3000, 12_000] {
            spaced.extend(reordered.push(MediaTime::new(shown), unit()));
        }
        spaced.extend(reordered.finish(Some(MediaTime::new(50_000))));
        assert_eq!(times(&spaced), [(-3000, 3000), (0, 3000), (3000, 3000), (6000, 3000)]);
    }
}
