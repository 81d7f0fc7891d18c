//! Gives the tracks of a `moov` the defaults that their fragments can then do
//! without.
//!
//! Each gets the flags of its usual samples, so that a fragment in need can
//! carry what is missing instead of its default flags, and its usual duration,
//! for a fragment that lacks both.

use super::bytes::{children, inside, kind_at, put, size_at, u32_at};
use super::{DELTA_FLAGS, SYNC_FLAGS};

/// What a track's samples have in common.
pub(super) struct Track {
    id: u32,
    is_video: bool,
    /// The duration of its first samples.
    duration: u32,
}

/// `trex`: version and flags, track, description, duration, size, flags.
pub(super) fn mend(trex: &mut [u8], tracks: &[Track]) {
    let id = u32_at(trex, 12);
    let Some(track) = tracks.iter().find(|track| Some(track.id) == id) else { return };
    if u32_at(trex, 20) == Some(0) {
        put(trex, 20, track.duration);
    }
    if u32_at(trex, 28) == Some(0) {
        put(trex, 28, if track.is_video { DELTA_FLAGS } else { SYNC_FLAGS });
    }
}

/// The tracks of a `moov`, as far as they can be read.
pub(super) fn tracks(moov: &[u8]) -> Vec<Track> {
    let traks = children(moov, 8).filter(|at| kind_at(moov, *at) == Some(b"trak"));
    traks.filter_map(|at| track(moov.get(at..at + size_at(moov, at)?)?)).collect()
}

fn track(trak: &[u8]) -> Option<Track> {
    let tkhd = inside(trak, &[b"tkhd"])?;
    let hdlr = inside(trak, &[b"mdia", b"hdlr"])?;
    let stts = inside(trak, &[b"mdia", b"minf", b"stbl", b"stts"]);
    let wide = *tkhd.get(8)? == 1;
    Some(Track {
        id: u32_at(tkhd, if wide { 28 } else { 20 })?,
        is_video: hdlr.get(16..20)? == b"vide",
        duration: stts.and_then(|stts| u32_at(stts, 20)).unwrap_or(0),
    })
}
