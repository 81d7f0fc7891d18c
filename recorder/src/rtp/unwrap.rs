//! From the wrapping numbers of RTP headers to numbers that do not wrap.
//!
//! Sources that have only a raw header (GStreamer's) need both of these;
//! retina does the same work by itself. Both are total: no header makes them
//! panic, and a step of the camera's clock stays a step of the same size.

/// 32-bit RTP timestamps to 64 bits.
///
/// Every timestamp is placed within 2^31 ticks (6.6 hours of video) of the
/// newest one, so reordering and backward steps are kept as they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwrap {
    newest: Option<i64>,
}

impl Unwrap {
    /// Starts with the first timestamp as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// Places a timestamp of a packet, and moves on.
    pub fn packet(&mut self, timestamp: u32) -> i64 {
        let placed = self.place(timestamp);
        self.newest = Some(placed);
        placed
    }

    /// Places a timestamp that is not a packet's (a sender report's).
    pub fn place(&self, timestamp: u32) -> i64 {
        let Some(newest) = self.newest else { return i64::from(timestamp) };
        let step = timestamp.wrapping_sub(low_bits(newest)).cast_signed();
        newest.saturating_add(i64::from(step))
    }
}

fn low_bits(ticks: i64) -> u32 {
    u32::try_from(ticks & 0xffff_ffff).expect("masked to 32 bits")
}

/// Counts the packets that are missing between those that came.
#[derive(Debug, Clone, Copy, Default)]
pub struct Continuity {
    last: Option<u16>,
    restart: Option<u16>,
}

impl Continuity {
    /// The first packet is never said to follow a loss.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many packets are missing right before this one; `None` if it is a
    /// repeated or late one, which must not be used.
    pub fn packet(&mut self, sequence: u16) -> Option<u32> {
        let Some(last) = self.last else {
            self.last = Some(sequence);
            return Some(0);
        };
        // RFC 3550 A.1: less than half the range ahead is ahead.
        let ahead = sequence.wrapping_sub(last);
        if (1..0x8000).contains(&ahead) {
            self.last = Some(sequence);
            self.restart = None;
            return Some(u32::from(ahead) - 1);
        }
        // Two in a row from elsewhere: the camera counts anew. How many were
        // lost nobody knows; at least one, so that nothing is joined across.
        if ahead != 0 && self.restart == Some(sequence) {
            self.last = Some(sequence);
            self.restart = None;
            return Some(1);
        }
        self.restart = Some(sequence.wrapping_add(1));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_clock_goes_on_after_the_wrap() {
        let mut clock = Unwrap::new();
        assert_eq!(clock.packet(u32::MAX - 5), i64::from(u32::MAX) - 5);
        assert_eq!(clock.packet(4), i64::from(u32::MAX) + 5);
        assert_eq!(clock.place(u32::MAX), i64::from(u32::MAX));
        assert_eq!(clock.packet(u32::MAX), i64::from(u32::MAX));
        assert_eq!(clock.packet(10), i64::from(u32::MAX) + 11);
    }

    #[test]
    fn a_step_back_is_kept() {
        let mut clock = Unwrap::new();
        clock.packet(900_000);
        assert_eq!(clock.packet(1_000), 1_000);
    }

    #[test]
    fn missing_packets_are_counted_over_the_wrap_and_late_ones_refused() {
        let mut numbers = Continuity::new();
        assert_eq!(numbers.packet(65_534), Some(0));
        assert_eq!(numbers.packet(65_535), Some(0));
        assert_eq!(numbers.packet(2), Some(2));
        assert_eq!(numbers.packet(2), None);
        assert_eq!(numbers.packet(1), None);
        assert_eq!(numbers.packet(3), Some(0));
    }

    #[test]
    fn less_than_half_the_range_ahead_is_ahead() {
        let after_zero = |sequence| {
            let mut numbers = Continuity::new();
            numbers.packet(0);
            numbers.packet(sequence)
        };
        assert_eq!(after_zero(0x7fff), Some(0x7ffe));
        assert_eq!(after_zero(0x8000), None);
    }

    /// The late one's successor is the newest packet: seeing that again is no
    /// second packet in a row.
    #[test]
    fn a_late_packet_and_a_repeated_one_are_no_new_count() {
        let mut numbers = Continuity::new();
        numbers.packet(5);
        assert_eq!(numbers.packet(4), None);
        assert_eq!(numbers.packet(5), None);
        assert_eq!(numbers.packet(6), Some(0));
    }

    #[test]
    fn a_camera_that_counts_anew_is_followed() {
        let mut numbers = Continuity::new();
        numbers.packet(30_000);
        assert_eq!(numbers.packet(5), None);
        assert_eq!(numbers.packet(6), Some(1));
        assert_eq!(numbers.packet(7), Some(0));
    }

    proptest! {
        #[test]
        fn steps_below_half_the_range_come_out_as_they_went_in(
            start: u32, steps in prop::collection::vec(-(1_i64 << 30)..1 << 30, 0..50),
        ) {
            let mut clock = Unwrap::new();
            let mut truth = clock.packet(start);
            for step in steps {
                truth += step;
                prop_assert_eq!(clock.packet(low_bits(truth)), truth);
            }
        }
    }
}
