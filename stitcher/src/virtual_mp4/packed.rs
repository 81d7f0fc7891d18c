//! A long table of numbers in little room.
//!
//! A day has millions of sizes and offsets, and each is near to the one
//! before: the differences take one to three bytes instead of four or eight.
//! As they stand in a box they are made when somebody asks for them, a few
//! thousand at a time.

use std::ops::Range;

/// Numbers of a block: so many are gone through for any one of them.
const COUNT: u64 = 4096;

/// Bytes of a number in a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Bits32,
    Bits64,
}

impl Width {
    pub(super) fn bytes(self) -> u64 {
        if self == Self::Bits64 { 8 } else { 4 }
    }
}

/// A table of numbers.
#[derive(Debug, Default)]
pub(super) struct Packed {
    blocks: Vec<Vec<u8>>,
    count: u64,
    last: u64,
    /// They are counted; what they are is not known yet.
    is_promised: bool,
}

impl Packed {
    /// Counts numbers that are read from their file later, if anybody asks.
    pub(super) fn promise(&mut self, numbers: u64) {
        self.count += numbers;
        self.is_promised = true;
        self.blocks.clear();
    }

    /// Not all of it is known.
    pub(super) fn is_promised(&self) -> bool {
        self.is_promised
    }

    pub(super) fn push(&mut self, number: u64) {
        if self.is_promised {
            self.count += 1;
            return;
        }
        if self.count.is_multiple_of(COUNT) {
            if let Some(full) = self.blocks.last_mut() {
                full.shrink_to_fit();
            }
            self.blocks.push(Vec::with_capacity(2 * COUNT as usize));
            self.last = 0;
        }
        let difference = number.wrapping_sub(self.last).cast_signed();
        // Small ones of either sign are small.
        let mut rest = ((difference << 1) ^ (difference >> 63)).cast_unsigned();
        if let Some(block) = self.blocks.last_mut() {
            while rest >= 0x80 {
                block.push(rest.to_le_bytes()[0] | 0x80);
                rest >>= 7;
            }
            block.push(rest.to_le_bytes()[0]);
        }
        self.last = number;
        self.count += 1;
    }

    /// How many.
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Goes through the numbers of a block, in order.
    fn each(&self, block: u64, mut take: impl FnMut(u64)) {
        let block = usize::try_from(block).ok().and_then(|n| self.blocks.get(n));
        let (mut rest, mut shift, mut last) = (0_u64, 0, 0_u64);
        for byte in block.into_iter().flatten() {
            rest |= u64::from(byte & 0x7F) << shift;
            shift += 7;
            if *byte < 0x80 {
                let difference = (rest >> 1) ^ (rest & 1).wrapping_neg();
                last = last.wrapping_add(difference);
                take(last);
                (rest, shift) = (0, 0);
            }
        }
    }
}

/// A table as it stands in a box.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) numbers: Packed,
    pub(super) width: Width,
    /// What is added to each.
    pub(super) base: u64,
}

/// Blocks that are written at once: a megabyte at most.
const AT_ONCE: u64 = 32;

impl Written {
    /// Bytes of all of it.
    pub(super) fn len(&self) -> u64 {
        self.numbers.len() * self.width.bytes()
    }

    /// The stretch that a byte is in, and its bytes.
    pub(super) fn around(&self, at: u64) -> (Range<u64>, Vec<u8>) {
        let block = at / (COUNT * self.width.bytes());
        self.blocks(block..block + 1)
    }

    /// Every stretch in order.
    pub(super) fn stretches(&self) -> impl Iterator<Item = (Range<u64>, Vec<u8>)> {
        let all = self.numbers.len().div_ceil(COUNT);
        (0..all.div_ceil(AT_ONCE))
            .map(move |n| self.blocks(n * AT_ONCE..((n + 1) * AT_ONCE).min(all)))
    }

    fn blocks(&self, blocks: Range<u64>) -> (Range<u64>, Vec<u8>) {
        let each = self.width.bytes();
        let begin = blocks.start * COUNT * each;
        let room = (blocks.end - blocks.start) * COUNT * each;
        let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
        for block in blocks {
            self.numbers.each(block, |number| match (number + self.base, self.width) {
                (number, Width::Bits64) => bytes.extend_from_slice(&number.to_be_bytes()),
                (number, Width::Bits32) => {
                    let number = u32::try_from(number).unwrap_or(u32::MAX);
                    bytes.extend_from_slice(&number.to_be_bytes());
                }
            });
        }
        (begin..begin + bytes.len() as u64, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(numbers: &[u64], width: Width, base: u64) -> Written {
        let mut packed = Packed::default();
        numbers.iter().for_each(|number| packed.push(*number));
        Written { numbers: packed, width, base }
    }

    #[test]
    fn long_tables_are_whole_over_the_borders_of_blocks() {
        let numbers: Vec<u64> = (0..COUNT * AT_ONCE * 2 + 7).map(|n| n * 37 % 9_999).collect();
        let table = written(&numbers, Width::Bits32, 5);
        let plain: Vec<u8> = numbers
            .iter()
            .flat_map(|n| u32::try_from(n + 5).expect("small").to_be_bytes())
            .collect();
        assert_eq!(table.len(), plain.len() as u64);
        let mut end = 0;
        let mut whole = Vec::new();
        for (range, bytes) in table.stretches() {
            assert_eq!(range.start, end);
            end = range.end;
            whole.extend(bytes);
        }
        assert_eq!(whole, plain);
        for at in [0, 16_383, 16_384, table.len() - 1] {
            let (range, bytes) = table.around(at);
            assert!(range.contains(&at));
            assert_eq!(bytes, &plain[range.start as usize..range.end as usize]);
        }
        assert!(table.numbers.blocks.iter().map(Vec::len).sum::<usize>() < plain.len() / 2);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(numbers in prop::collection::vec(any::<u64>(), 0..50)) {
            let table = written(&numbers, Width::Bits64, 0);
            let bytes: Vec<u8> = table.stretches().flat_map(|(_, bytes)| bytes).collect();
            let plain: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
            prop_assert_eq!(bytes, plain);
        }
    }
}
