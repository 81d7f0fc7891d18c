//! Numbers as they stand in a box, in blocks: a day's table that grows in one
//! piece is copied again and again, and takes twice its bytes while it is.

/// Bytes of a block; whole rows of one or two numbers.
const BLOCK: usize = 256 << 10;

/// A table of 32 bit numbers.
#[derive(Debug, Default)]
pub(super) struct Words {
    blocks: Vec<Vec<u8>>,
    /// So many are counted and not known yet.
    promised: u64,
}

impl Words {
    pub(super) fn push(&mut self, word: u32) {
        match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK => block.extend_from_slice(&word.to_be_bytes()),
            _ => {
                let mut block = Vec::with_capacity(BLOCK);
                block.extend_from_slice(&word.to_be_bytes());
                self.blocks.push(block);
            }
        }
    }

    /// Counts numbers that are read from their file later, if anybody asks.
    pub(super) fn promise(&mut self, words: u64) {
        self.promised += words;
    }

    /// Not all of it is known.
    pub(super) fn is_promised(&self) -> bool {
        self.promised > 0
    }

    /// How many.
    pub(super) fn len(&self) -> u64 {
        self.promised + self.blocks.iter().map(|block| block.len() as u64 / 4).sum::<u64>()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.promised == 0
    }

    /// All of them, of a table that is known.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = u32> {
        let words = self.blocks.iter().flat_map(|block| block.as_chunks::<4>().0);
        words.map(|word| u32::from_be_bytes(*word))
    }

    /// Puts another number in the place of each that stands second in a row of
    /// two.
    pub(super) fn change_second(&mut self, change: impl Fn(u32) -> u32) {
        for row in self.blocks.iter_mut().flat_map(|block| block.chunks_exact_mut(8)) {
            if let Some(second) = row.last_chunk_mut::<4>() {
                *second = change(u32::from_be_bytes(*second)).to_be_bytes();
            }
        }
    }

    /// The bytes, block by block.
    pub(super) fn into_blocks(self) -> Vec<Vec<u8>> {
        self.blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_whole_over_the_borders_of_blocks() {
        let mut words = Words::default();
        let rows = u32::try_from(BLOCK).expect("small") / 8 + 3;
        for n in 0..rows {
            words.push(n);
            words.push(n * 2);
        }
        words.change_second(|second| second + 1);
        assert_eq!(words.len(), u64::from(rows) * 2);
        let blocks = words.into_blocks();
        assert_eq!(blocks.len(), 2);
        let wanted = (0..rows).flat_map(|n| [n, n * 2 + 1]).flat_map(u32::to_be_bytes);
        assert!(blocks.concat().into_iter().eq(wanted));
    }
}
