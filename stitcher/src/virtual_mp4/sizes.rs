//! The sizes of a track's samples, as the body of a box `stsz`.

use super::packed::Packed;

/// Sizes, one number for all as long as they are equal: a second of linear
/// sound has up to 48,000 samples.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    count: u64,
    uniform: u32,
    /// Each size; empty while all are equal.
    table: Packed,
}

/// A table is not begun behind more samples of equal size than this.
const MOST_SPREAD: u64 = 1 << 20;

impl Sizes {
    /// Puts `count` samples of `size` bytes behind the others; `false` if
    /// the table would get out of hand.
    #[must_use]
    pub(super) fn push(&mut self, size: u32, count: u32) -> bool {
        if self.count == 0 {
            self.uniform = size;
        }
        let equal = self.table.is_empty() && size == self.uniform;
        if !equal {
            if self.table.is_empty() {
                if self.count > MOST_SPREAD {
                    return false;
                }
                (0..self.count).for_each(|_| self.table.push(self.uniform.into()));
            }
            (0..count).for_each(|_| self.table.push(size.into()));
        }
        self.count += u64::from(count);
        true
    }

    /// The same for samples whose sizes are read from their file later: they are
    /// not all equal.
    #[must_use]
    pub(super) fn promise(&mut self, count: u64) -> bool {
        if self.table.is_empty() {
            if self.count > MOST_SPREAD {
                return false;
            }
            self.table.promise(self.count);
        }
        self.table.promise(count);
        self.count += count;
        true
    }

    /// The size of each, if all are equal.
    pub(super) fn only(&self) -> Option<u32> {
        self.table.is_empty().then_some(self.uniform)
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The number for all (0: see the table) and the table.
    pub(super) fn into_parts(mut self) -> (u32, Packed) {
        // A size of 0 for all would say "see the table".
        if self.table.is_empty() && self.uniform == 0 {
            (0..self.count).for_each(|_| self.table.push(0));
        }
        (if self.table.is_empty() { self.uniform } else { 0 }, self.table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtual_mp4::boxes::Bytes;

    #[test]
    fn equal_sizes_need_no_table() {
        let mut sizes = Sizes::default();
        assert!(sizes.push(2, 48_000) && sizes.push(2, 48_000));
        assert_eq!(sizes.count(), 96_000);
        let (uniform, table) = sizes.into_parts();
        assert!(uniform == 2 && table.is_empty());
        let mut sizes = Sizes::default();
        assert!(sizes.push(7, 2) && sizes.push(9, 1));
        let (uniform, table) = sizes.into_parts();
        assert_eq!(uniform, 0);
        assert_eq!(Bytes::numbers(table).into_vec(), [0, 0, 0, 7, 0, 0, 0, 7, 0, 0, 0, 9]);
    }

    #[test]
    fn an_hour_of_linear_sound_is_not_spread_out() {
        let mut sizes = Sizes::default();
        assert!(sizes.push(2, u32::MAX));
        assert!(!sizes.push(1, 160));
    }
}
