//! Ticks that are coarse enough for a long gap.
//!
//! What is missing is kept as a long picture, and readers take a picture's
//! length as signed 32 bits: 6 h 37 min at 90 kHz. A clip with a longer gap has
//! a track with fewer ticks a second: 45,000, 30,000, ... Each is counted from
//! the beginning, so that nothing adds up; usual frame rates stay exact.

use super::axis::ticks;
use super::error::VirtualError;
use super::piece::{Cut, Follows, Piece, Sound};
use hitless_model::Utc;
use hitless_model::time::VIDEO_TIMESCALE;

/// A thousand ticks a second: 24 days in one gap, and no picture off by more
/// than a millisecond.
const COARSEST: i64 = 90;
/// A picture before a gap, and what a frame of sound may reach into it: ten
/// minutes.
const SLACK: i64 = 600 * VIDEO_TIMESCALE as i64;

/// So many fine ticks are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coarse(i64);

impl Default for Coarse {
    fn default() -> Self {
        Self(1)
    }
}

impl Coarse {
    /// As fine as can be for ticks of `timescale` a second, where nothing is
    /// for up to `longest` ticks of the clip's axis.
    pub(super) fn for_gap(longest: i64, timescale: u32) -> Result<Self, VirtualError> {
        let scale = i128::from(timescale.max(1));
        let all = i128::from(longest.saturating_add(SLACK)) * scale / i128::from(VIDEO_TIMESCALE);
        let fits = |by: &i64| scale % i128::from(*by) == 0 && all / i128::from(*by) <= MOST;
        (1..=COARSEST).find(fits).map(Self).ok_or(VirtualError::LongGap)
    }

    /// A place on the fine axis as one on the coarse one.
    pub(super) fn ticks(self, fine: i64) -> i64 {
        // Almost always as fine as can be, and dividing is slow.
        if self.0 == 1 { fine } else { fine.div_euclid(self.0) }
    }

    /// Ticks a second.
    pub(super) fn timescale(self, fine: u32) -> u32 {
        u32::try_from(i64::from(fine) / self.0).unwrap_or(fine)
    }
}

const MOST: i128 = i32::MAX as i128;

/// The longest time, in ticks of the axis, that a picture must stand and that
/// nothing is heard.
pub(super) fn longest(pieces: &[Piece], cut: &Cut) -> (i64, i64) {
    let seen = |_: &Piece| true;
    let heard = |piece: &Piece| piece.sound != Sound::None;
    (longest_without(pieces, cut.to, seen), longest_without(pieces, cut.to, heard))
}

fn longest_without(pieces: &[Piece], end: Utc, there: fn(&Piece) -> bool) -> i64 {
    let (mut longest, mut until) = (0, None);
    let mut before: Option<Utc> = None;
    for piece in pieces {
        if let (Follows::Collapsed, Some(before)) = (piece.follows, before) {
            // left out of the clip
            until = until.map(|until: Utc| until.plus(piece.start.since(before)));
        }
        before = Some(piece.end);
        if there(piece) {
            longest = longest.max(until.map_or(0, |until| ticks(piece.start, until)));
            until = Some(piece.end);
        }
    }
    longest.max(until.map_or(0, |until| ticks(end, until)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600 * VIDEO_TIMESCALE as i64;

    #[test]
    fn ticks_are_as_fine_as_the_gap_allows() {
        for (hours, timescale) in
            [(0, 90_000), (6, 90_000), (7, 45_000), (13, 45_000), (24, 22_500), (24 * 20, 1200)]
        {
            let coarse = Coarse::for_gap(hours * HOUR, VIDEO_TIMESCALE).expect("fits");
            assert_eq!(coarse.timescale(VIDEO_TIMESCALE), timescale, "{hours} h");
        }
        assert_eq!(Coarse::for_gap(13 * HOUR, 48_000).expect("fits").timescale(48_000), 24_000);
        assert_eq!(Coarse::for_gap(14 * HOUR, 44_100).expect("fits").timescale(44_100), 22_050);
        let error = Coarse::for_gap(24 * 30 * HOUR, VIDEO_TIMESCALE).expect_err("a month");
        assert!(error.to_string().contains("--gaps split"), "{error}");
    }
}
