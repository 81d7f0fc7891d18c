//! Which bytes of a file a piece needs, as few ranges as possible.

use super::align::{down, up};
use super::chunks::Chunk;

/// Bytes between two wanted stretches that are taken along rather than cost
/// another copy.
const BRIDGED: u64 = 256 << 10;

/// A stretch of a file and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) from: u64,
    pub(super) to: u64,
    /// Where it begins in the clip's media bytes.
    pub(super) at: u64,
}

/// The stretches of a file of `size` bytes that hold all chunks, whole blocks,
/// laid out from `at` on (a multiple of a block).
pub(super) fn stretches(chunks: &[&[Chunk]], size: u64, at: u64) -> Vec<Stretch> {
    let mut wanted: Vec<(u64, u64)> = chunks.iter().flat_map(|c| together(c)).collect();
    wanted.sort_unstable();
    let mut found: Vec<Stretch> = Vec::new();
    for (from, to) in wanted {
        let (from, to) = (down(from), up(to).min(size.max(to)));
        match found.last_mut() {
            Some(last) if from <= last.to.saturating_add(BRIDGED) => last.to = last.to.max(to),
            _ => found.push(Stretch { from, to, at: 0 }),
        }
    }
    let mut next = at;
    for stretch in &mut found {
        stretch.at = next;
        next = up(next + (stretch.to - stretch.from));
    }
    found
}

/// Neighbours of one track: what lies between them is taken along anyway, and
/// sorting hundreds of chunks a file is slow.
fn together(chunks: &[Chunk]) -> impl Iterator<Item = (u64, u64)> {
    let near = |a: &Chunk, b: &Chunk| b.at >= a.end() && b.at - a.end() <= BRIDGED;
    let ends = |chunks: &[Chunk]| Some((chunks.first()?.at, chunks.last()?.end()));
    chunks.chunk_by(near).filter_map(ends)
}

/// Where a byte of the file is in the clip's media bytes.
pub(super) fn moved(stretches: &[Stretch], from: u64) -> Option<u64> {
    let after = stretches.partition_point(|s| s.from <= from);
    let stretch = stretches.get(after.checked_sub(1)?)?;
    (from < stretch.to).then(|| stretch.at + (from - stretch.from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtual_mp4::PAGE;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_byte_is_found_and_blocks_stay_blocks(
            steps in prop::collection::vec((0_u64..600_000, 1_u64..100_000), 1..20), start in 0_u64..9,
        ) {
            let mut at = 0;
            let chunks: Vec<Chunk> = steps.iter().map(|(skip, bytes)| {
                let chunk = Chunk { at: at + skip, bytes: *bytes, samples: 1, entry: 0 };
                at = chunk.end();
                chunk
            }).collect();
            let found = stretches(&[&chunks], at, start * PAGE);
            // The same of two tracks, whichever way their chunks lie.
            let (odd, even): (Vec<_>, Vec<_>) = chunks.iter().copied().zip(0..).partition(|(_, n)| n % 2 == 0);
            let track = |of: Vec<(Chunk, i32)>| of.into_iter().map(|(c, _)| c).collect::<Vec<_>>();
            prop_assert_eq!(&stretches(&[&track(even), &track(odd)], at, start * PAGE), &found);
            for chunk in &chunks {
                let first = moved(&found, chunk.at).expect("covered");
                prop_assert_eq!(first % PAGE, chunk.at % PAGE);
                prop_assert_eq!(moved(&found, chunk.end() - 1), Some(first + chunk.bytes - 1));
            }
            prop_assert!(found.windows(2).all(|w| w[0].at + (w[0].to - w[0].from) <= w[1].at));
            prop_assert!(found.iter().all(|s| s.to <= at && s.at >= start * PAGE));
        }
    }
}
