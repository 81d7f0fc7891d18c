//! How much of a file is believed. Beyond these it is hostile or broken: a day
//! of video at 30 frames a second stays far below each of them.

/// Bytes of one `moov`.
pub const MOOV_BYTES: u64 = 128 << 20;
/// Bytes of one `moof`.
pub const MOOF_BYTES: u64 = 16 << 20;
/// Boxes at the top level.
pub const TOP_LEVEL_BOXES: u32 = 1 << 20;
/// Tracks.
pub const TRACKS: usize = 64;
/// Runs of samples in all tracks together; coded video has one per sample.
pub const RUNS: usize = 8 << 20;
/// Bytes looked through for a `moov` that no box header leads to. It stands
/// behind the first fragment: a GOP and a second.
pub const SALVAGE_BYTES: u64 = 256 << 20;
/// Places in them that are tried.
pub const SALVAGE_CANDIDATES: u32 = 64;
