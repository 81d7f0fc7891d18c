//! Puts what the runs of a fragment left out where readers look for it.
//!
//! A size or a duration goes in place of the fragment's default flags, which
//! the track has. A fragment that begins with a key frame has no default flags,
//! and says nothing of its first sample: its first run gets them in place of its
//! data offset, which moves into that of the fragment. So may one that begins
//! with another sample; they are told apart by the sizes of the key frames that
//! went into the muxer.

use super::bytes::{children, kind_at, put, u32_at};
use super::{DELTA_FLAGS, SYNC_FLAGS};

const TFHD_BASE_OFFSET: u32 = 0x01;
const TFHD_DESCRIPTION: u32 = 0x02;
const TFHD_DURATION: u32 = 0x08;
const TFHD_SIZE: u32 = 0x10;
const TFHD_FLAGS: u32 = 0x20;
const TRUN_DATA_OFFSET: u32 = 0x001;
const TRUN_FIRST_FLAGS: u32 = 0x004;
const TRUN_DURATION: u32 = 0x100;
const TRUN_SIZE: u32 = 0x200;
const TRUN_FLAGS: u32 = 0x400;

/// Mends a `traf`.
pub(super) fn mend(traf: &mut [u8], is_key: &impl Fn(u32) -> bool) {
    let Some(tfhd) = children(traf, 8).find(|at| kind_at(traf, *at) == Some(b"tfhd")) else {
        return;
    };
    match u32_at(traf, tfhd + 8) {
        Some(flags) if flags & TFHD_FLAGS == 0 => {
            // Nothing to undo: it does all or nothing.
            let _ = give_first_flags(traf, tfhd, flags, is_key);
        }
        Some(flags) if flags & TFHD_SIZE == 0 => give_default(traf, tfhd, flags),
        _ => {}
    }
}

/// Puts what runs left out in place of the default flags.
fn give_default(traf: &mut [u8], tfhd: usize, flags: u32) {
    let Some(default_flags) = u32_at(traf, tfhd + flags_slot(flags)) else { return };
    if default_flags != DELTA_FLAGS && default_flags != SYNC_FLAGS {
        return;
    }
    // One slot is to be had: the size matters more.
    let missing = match left_out(traf, TRUN_SIZE) {
        Some(size) => Some((TFHD_SIZE, size)),
        None if flags & TFHD_DURATION == 0 => {
            left_out(traf, TRUN_DURATION).map(|duration| (TFHD_DURATION, duration))
        }
        None => None,
    };
    if let Some((field, value)) = missing {
        put(traf, tfhd + 8, flags & !TFHD_FLAGS | field);
        put(traf, tfhd + flags_slot(flags), value);
    }
}

/// Says that the first sample, a key frame, is one.
fn give_first_flags(
    traf: &mut [u8],
    tfhd: usize,
    flags: u32,
    is_key: &impl Fn(u32) -> bool,
) -> Option<()> {
    let runs: Vec<usize> =
        children(traf, 8).filter(|at| kind_at(traf, *at) == Some(b"trun")).collect();
    let first = *runs.first()?;
    let first_flags = u32_at(traf, first + 8)?;
    let counts_from_base =
        |at: &usize| u32_at(traf, at + 8).is_some_and(|f| f & TRUN_DATA_OFFSET != 0);
    let says_nothing = first_flags & (TRUN_FIRST_FLAGS | TRUN_FLAGS) == 0;
    let size_at = first + if first_flags & TRUN_DURATION == 0 { 20 } else { 24 };
    if first_flags & TRUN_SIZE == 0 || !is_key(u32_at(traf, size_at)?) {
        return None;
    }
    if !says_nothing || flags & TFHD_BASE_OFFSET == 0 || !runs.iter().all(counts_from_base) {
        return None;
    }
    let base = u64::from(u32_at(traf, tfhd + 16)?) << 32 | u64::from(u32_at(traf, tfhd + 20)?);
    let moved = u32_at(traf, first + 16)?;
    let offsets: Option<Vec<u32>> =
        runs.iter().map(|at| u32_at(traf, at + 16)?.checked_sub(moved)).collect();
    let (offsets, base) = (offsets?, base.checked_add(u64::from(moved))?);
    let [high, low] = [base >> 32, base & u64::from(u32::MAX)].map(|half| half as u32);
    put(traf, tfhd + 16, high);
    put(traf, tfhd + 20, low);
    for (at, offset) in runs.iter().zip(offsets) {
        put(traf, at + 16, offset);
    }
    put(traf, first + 8, first_flags & !TRUN_DATA_OFFSET | TRUN_FIRST_FLAGS);
    put(traf, first + 16, SYNC_FLAGS);
    Some(())
}

/// Where in a `tfhd` the default flags stand, if there is no default size.
fn flags_slot(flags: u32) -> usize {
    let field = |bit, length| if flags & bit != 0 { length } else { 0 };
    16 + field(TFHD_BASE_OFFSET, 8) + field(TFHD_DESCRIPTION, 4) + field(TFHD_DURATION, 4)
}

/// The size or the duration of the first sample, if a run has none.
fn left_out(traf: &[u8], asked: u32) -> Option<u32> {
    let runs: Vec<usize> =
        children(traf, 8).filter(|at| kind_at(traf, *at) == Some(b"trun")).collect();
    let first = *runs.first()?;
    let flags = u32_at(traf, first + 8)?;
    let field = |bit| if flags & bit != 0 { 4 } else { 0 };
    let mut before = field(TRUN_DATA_OFFSET) + field(TRUN_FIRST_FLAGS);
    if asked == TRUN_SIZE {
        before += field(TRUN_DURATION);
    }
    let value = (flags & asked != 0).then(|| u32_at(traf, first + 16 + before))??;
    let lacks = |at: &usize| u32_at(traf, at + 8).is_some_and(|f| f & asked == 0);
    runs.iter().any(lacks).then_some(value)
}
