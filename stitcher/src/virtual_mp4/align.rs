//! Borders of blocks: file systems share whole blocks only.

/// Bytes of a block of every file system that shares blocks.
pub const PAGE: u64 = 4096;

/// The border at or before `at`.
pub(super) fn down(at: u64) -> u64 {
    at - at % PAGE
}

/// The border at or after `at`.
pub(super) fn up(at: u64) -> u64 {
    at.next_multiple_of(PAGE)
}
