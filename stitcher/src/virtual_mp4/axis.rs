//! Where pieces lie on the clip's axis, in ticks of 90 kHz from its first
//! piece on.

use super::piece::Follows;
use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{MediaSpan, Nanos, Utc};

/// Of a picture's length, how much a joint may take away to follow the clock:
/// the picture before it is still seen.
const GIVE_QUARTERS: i64 = 3;

/// A place on the axis.
pub(super) type Tick = i64;

/// Gives pieces their places.
///
/// The instants of the timeline decide, each counted from the first piece, so
/// that nothing adds up. At a joint the picture before must not be torn: there
/// a place follows the clock by at most [`GIVE_QUARTERS`] of a picture, and
/// what is left is made up at the next joints or the next gap.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    origin: Utc,
    /// Time left out so far.
    collapsed: i64,
    /// Where the piece before ends, and how long its last picture is.
    before: Option<(Tick, i64)>,
}

impl Axis {
    pub(super) fn new(origin: Utc) -> Self {
        Self { origin, collapsed: 0, before: None }
    }

    /// Where the clock puts an instant.
    fn by_clock(&self, at: Utc) -> Tick {
        ticks(at, self.origin) - self.collapsed
    }

    /// Places a piece of `length` ticks whose last picture has `frame` of them.
    pub(super) fn place(&mut self, start: Utc, follows: Follows, length: i64, frame: i64) -> Tick {
        let place = match (self.before, follows) {
            (None, _) => self.by_clock(start),
            (Some((end, _)), Follows::Collapsed) => {
                self.collapsed += self.by_clock(start) - end;
                end
            }
            (Some((end, _)), Follows::Apart) => self.by_clock(start).max(end),
            (Some((end, last)), Follows::Joined) => {
                self.by_clock(start).clamp(end - last * GIVE_QUARTERS / 4, end + last)
            }
        };
        self.before = Some((place + length, frame));
        place
    }
}

/// Ticks from `origin` to `at`, to the nearest: a picture's instant that was
/// cut to microseconds (a tick has eleven) is still that picture's.
pub(super) fn ticks(at: Utc, origin: Utc) -> Tick {
    let scaled = i128::from(at.since(origin).get()) * i128::from(VIDEO_TIMESCALE);
    i64::try_from((scaled + 500_000_000).div_euclid(1_000_000_000)).unwrap_or(i64::MAX)
}

/// Ticks at `from` a second as ticks at `to` a second, to the nearest.
pub(super) fn rescale(ticks: i64, from: u32, to: u32) -> i64 {
    if from == to {
        return ticks;
    }
    let (wide, by) = (ticks.checked_mul(to.into()), i64::from(from.max(1)));
    if let Some(sum) = wide.and_then(|wide| wide.checked_add(by / 2)) {
        // 128 bits take several times as long.
        return sum.div_euclid(by);
    }
    let ns_free = i128::from(ticks) * i128::from(to);
    let from = i128::from(from.max(1));
    i64::try_from((ns_free + from / 2).div_euclid(from)).unwrap_or(i64::MAX)
}

/// How far into a piece an instant is, in its own ticks: a piece is as long as
/// its entry says, whatever its camera's clock thinks.
pub(super) fn into_piece(at: Utc, start: Utc, end: Utc, length: i64) -> i64 {
    let wall = i128::from(end.since(start).get().max(1));
    let into = i128::from(at.since(start).get()) * i128::from(length);
    i64::try_from((into + wall / 2).div_euclid(wall)).unwrap_or(i64::MAX)
}

/// A length of ticks as wall time.
pub(super) fn wall(ticks: i64) -> Nanos {
    MediaSpan::new(ticks).to_nanos(VIDEO_TIMESCALE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn large_and_small_numbers_are_rescaled_alike(
            ticks in any::<i64>(), shift in 0_u32..63, (from, to) in (1_u32..=u32::MAX, 1_u32..=u32::MAX),
        ) {
            let ticks = ticks >> shift;
            let wide = i128::from(ticks) * i128::from(to) + i128::from(from) / 2;
            let plain = i64::try_from(wide.div_euclid(i128::from(from))).unwrap_or(i64::MAX);
            prop_assert_eq!(rescale(ticks, from, to), if from == to { ticks } else { plain });
        }
    }
}
