//! Reads a `moov`: the tracks with their tables, and what fragments inherit.

use super::boxes::{BoxKind, BoxRef};
use super::entry::SampleEntry;
use super::error::Fault;
use super::limits;
use super::movie::{Edit, Track, TrackKind};
use super::stbl;
use mp4_atom::{Elst, Mdhd, Mvhd, Tkhd, Trex};

/// A `moov` and how far its tables could be followed.
pub(super) struct Moov {
    pub(super) timescale: u32,
    pub(super) tracks: Vec<Track>,
    pub(super) set_aside: Vec<Fault>,
    pub(super) defaults: Vec<Trex>,
    /// Where the first sample begins that is not whole.
    pub(super) cut: Option<u64>,
}

impl Moov {
    /// Samples in the tables of all tracks.
    pub(super) fn samples(&self) -> u64 {
        self.tracks.iter().map(|track| track.samples.len()).sum()
    }
}

/// Reads a `moov` that is whole in memory.
pub(super) fn read(moov: &BoxRef<'_>, file_size: u64) -> Result<Moov, Fault> {
    let mut out = Moov {
        timescale: moov.needed(b"mvhd")?.leaf::<Mvhd>()?.timescale,
        tracks: Vec::new(),
        set_aside: Vec::new(),
        defaults: Vec::new(),
        cut: None,
    };
    for child in moov.children() {
        let child = child?;
        match &child.kind.0 {
            b"trak" if out.tracks.len() + out.set_aside.len() >= limits::TRACKS => {
                return Err(child.fault(format!("more than {} tracks", limits::TRACKS)));
            }
            b"trak" => match read_track(&child, out.timescale, file_size) {
                Ok((track, cut)) => {
                    out.tracks.push(track);
                    out.cut = first(out.cut, cut);
                }
                Err(fault) => out.set_aside.push(fault),
            },
            b"mvex" => {
                let found = child.children().flatten().filter(|b| &b.kind.0 == b"trex");
                out.defaults.extend(found.filter_map(|trex| trex.leaf::<Trex>().ok()));
            }
            _ => {}
        }
    }
    Ok(out)
}

/// The earlier of two places.
pub(super) fn first(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    a.into_iter().chain(b).min()
}

fn read_track(
    trak: &BoxRef<'_>,
    movie_timescale: u32,
    file_size: u64,
) -> Result<(Track, Option<u64>), Fault> {
    let mdia = trak.needed(b"mdia")?;
    let mdhd = mdia.needed(b"mdhd")?;
    let timescale = mdhd.leaf::<Mdhd>()?.timescale;
    if timescale == 0 {
        return Err(mdhd.fault("its timescale is 0"));
    }
    let stbl = mdia.needed(b"minf")?.needed(b"stbl")?;
    let joined = stbl::join(&stbl, file_size)?;
    let edits = edits(trak)?;
    let track = Track {
        id: trak.needed(b"tkhd")?.leaf::<Tkhd>()?.track_id,
        kind: kind(&mdia.needed(b"hdlr")?)?,
        timescale,
        entries: entries(&stbl.needed(b"stsd")?)?,
        shift: shift(&edits, timescale, movie_timescale),
        edits,
        samples: joined.samples,
    };
    Ok((track, joined.cut))
}

/// Only the four letters: names of handlers come in every encoding.
fn kind(hdlr: &BoxRef<'_>) -> Result<TrackKind, Fault> {
    match hdlr.body.get(8..12) {
        Some(b"vide") => Ok(TrackKind::Video),
        Some(b"soun") => Ok(TrackKind::Audio),
        Some(&[a, b, c, d]) => Ok(TrackKind::Other(BoxKind([a, b, c, d]))),
        _ => Err(hdlr.fault("is too short")),
    }
}

/// Sample entries stand after version, flags and a count, which is not needed.
fn entries(stsd: &BoxRef<'_>) -> Result<Vec<SampleEntry>, Fault> {
    stsd.children_after(8).map(|entry| Ok(SampleEntry::new(entry?.whole))).collect()
}

fn edits(trak: &BoxRef<'_>) -> Result<Vec<Edit>, Fault> {
    let Some(elst) = trak.child(b"edts").and_then(|edts| edts.child(b"elst")) else {
        return Ok(Vec::new());
    };
    let entries = elst.leaf::<Elst>()?.entries;
    Ok(entries
        .into_iter()
        .map(|e| Edit { length: e.segment_duration, media: e.media_time })
        .collect())
}

/// What the edits up to the first that shows something do: wait, then begin at
/// a place in the media. Later edits are kept in the list but not applied: no
/// recorder writes them.
fn shift(edits: &[Edit], timescale: u32, movie_timescale: u32) -> i64 {
    let mut wait = 0_u128;
    for edit in edits {
        match edit.media {
            None => wait += u128::from(edit.length),
            Some(media) => {
                let scale = u128::from(movie_timescale.max(1));
                let ticks = (wait * u128::from(timescale) + scale / 2) / scale;
                let ticks = i64::try_from(ticks).unwrap_or(i64::MAX);
                return ticks.saturating_sub_unsigned(media);
            }
        }
    }
    0
}
