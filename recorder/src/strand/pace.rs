//! How long a picture of a strand usually lasts: the middle one of the last few.
//!
//! Written into the `.meta` file of each segment, so that a file of one picture
//! that lasts for seconds is known for the stall that it is. One stall does not
//! change what is usual; a camera that sends slower does, five pictures later.

use hitless_model::MediaSpan;

/// How many pictures say what is usual.
const LAST: usize = 9;

/// The last few pictures' lengths.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    last: [MediaSpan; LAST],
    seen: usize,
}

impl Pace {
    /// A picture lasted so long.
    pub fn lasted(&mut self, length: MediaSpan) {
        self.last[self.seen % LAST] = length;
        self.seen += 1;
    }

    /// What is usual, once there was a picture.
    pub fn usual(&self) -> Option<MediaSpan> {
        let mut last = self.last;
        let last = &mut last[..self.seen.min(LAST)];
        last.sort_unstable();
        last.get(last.len().saturating_sub(1) / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lengths: &[i64]) -> Option<i64> {
        let mut pace = Pace::default();
        lengths.iter().for_each(|ticks| pace.lasted(MediaSpan::new(*ticks)));
        pace.usual().map(MediaSpan::ticks)
    }

    #[test]
    fn nothing_is_usual_before_the_first_picture() {
        assert_eq!(after(&[]), None);
        assert_eq!(after(&[3_600]), Some(3_600));
    }

    #[test]
    fn stalls_are_not_usual_and_a_new_rate_is() {
        assert_eq!(after(&[3_600, 360_000]), Some(3_600));
        assert_eq!(after(&[3_600, 3_600, 360_000, 3_600, 270_000]), Some(3_600));
        assert_eq!(after(&[[3_600; 20].as_slice(), &[90_000; 5]].concat()), Some(90_000));
    }
}
