//! The header: `ftyp` and `moov`.

use super::boxes::Bytes;
use super::describe::is_quicktime;
use super::edits::Edits;
use super::error::VirtualError;
use super::fragments::NO_OFFSETS;
use super::packed::Width;
use super::table::{Runs, Table};
use super::words::Words;
use hitless_model::Utc;
use hitless_model::time::VIDEO_TIMESCALE;
use mp4_atom::{Dinf, Dref, DrefEntry, Ftyp, Hdlr, Mdhd, Mvhd, Smhd, Tkhd, Url, Vmhd};

/// Seconds from 1904, where MP4 counts from, to 1970.
const SINCE_1904: i64 = 2_082_844_800;

/// What a track shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Video { delay: i64 },
    Sound,
}

/// A track, ready to be written.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) table: Table,
    pub(super) media: Media,
    pub(super) timescale: u32,
    pub(super) edits: Edits,
}

/// `ftyp`.
pub(super) fn ftyp(tracks: &[Track]) -> Result<Bytes, VirtualError> {
    let quicktime = tracks.iter().flat_map(|t| &t.table.entries).any(is_quicktime);
    let brands: &[&[u8; 4]] = if quicktime { &[b"qt  "] } else { &[b"isom", b"iso2", b"mp41"] };
    Bytes::leaf(&Ftyp {
        major_brand: brands[0].into(),
        minor_version: 0x200,
        compatible_brands: brands.iter().map(|b| (*b).into()).collect(),
    })
}

/// `moov` of a clip that begins at an instant.
pub(super) fn moov(
    tracks: Vec<Track>,
    length: u64,
    begins: Utc,
    width: Width,
) -> Result<Bytes, VirtualError> {
    Bytes::boxed(b"moov", inside_moov(tracks, length, begins, width)?)
}

/// `moov` that says: fragments follow.
pub(super) fn fragmented_moov(tracks: Vec<Track>, begins: Utc) -> Result<Bytes, VirtualError> {
    let ids = 1..=u32::try_from(tracks.len()).unwrap_or(0);
    let mut inside = inside_moov(tracks, 0, begins, NO_OFFSETS)?;
    let defaults = ids.map(|id| {
        // Sample entry 1; lengths, sizes and flags stand in the fragments.
        let numbers = [id, 1, 0, 0, 0].iter().flat_map(|n| n.to_be_bytes()).collect();
        Bytes::full(b"trex", 0, [Bytes::plain(numbers)])
    });
    inside.push(Bytes::boxed(b"mvex", defaults.collect::<Result<Vec<_>, _>>()?)?);
    Bytes::boxed(b"moov", inside)
}

fn inside_moov(
    tracks: Vec<Track>,
    length: u64,
    begins: Utc,
    width: Width,
) -> Result<Vec<Bytes>, VirtualError> {
    let created = u64::try_from(begins.as_ns().div_euclid(1_000_000_000) + SINCE_1904).unwrap_or(0);
    let next = u32::try_from(tracks.len()).unwrap_or(0) + 1;
    let mut inside = vec![Bytes::leaf(&Mvhd {
        creation_time: created,
        modification_time: created,
        timescale: VIDEO_TIMESCALE,
        duration: length,
        rate: 1.into(),
        volume: 1.into(),
        matrix: mp4_atom::Matrix::default(),
        next_track_id: next,
    })?];
    for (track, id) in tracks.into_iter().zip(1..) {
        inside.push(trak(track, id, created, width)?);
    }
    Ok(inside)
}

fn trak(track: Track, id: u32, created: u64, width: Width) -> Result<Bytes, VirtualError> {
    let size = track.table.entries.first().and_then(|e| e.video()).map(|v| (v.width, v.height));
    let (width_px, height_px) = size.unwrap_or_default();
    let pixels = |n: u32| u16::try_from(n).unwrap_or(u16::MAX);
    let is_video = matches!(track.media, Media::Video { .. });
    let head = Bytes::leaf(&Tkhd {
        creation_time: created,
        modification_time: created,
        track_id: id,
        duration: track.edits.total(),
        enabled: true,
        in_movie: true,
        volume: u8::from(!is_video).into(),
        width: pixels(width_px).into(),
        height: pixels(height_px).into(),
        ..Tkhd::default()
    })?;
    let edits = Bytes::boxed(b"edts", [Bytes::leaf(&track.edits.to_box())?])?;
    let media = mdia(track, created, width)?;
    Bytes::boxed(b"trak", [head, edits, media])
}

fn mdia(track: Track, created: u64, width: Width) -> Result<Bytes, VirtualError> {
    let is_video = matches!(track.media, Media::Video { .. });
    let (handler, name) = if is_video { (b"vide", "video") } else { (b"soun", "sound") };
    let head = Bytes::leaf(&Mdhd {
        creation_time: created,
        modification_time: created,
        timescale: track.timescale,
        duration: track.table.length,
        language: "und".to_owned(),
    })?;
    let handler = Bytes::leaf(&Hdlr { handler: handler.into(), name: name.to_owned() })?;
    let kind =
        if is_video { Bytes::leaf(&Vmhd::default())? } else { Bytes::leaf(&Smhd::default())? };
    let place = DrefEntry::Url(Url { location: String::new() });
    let data = Bytes::leaf(&Dinf { dref: Dref { entries: vec![place] } })?;
    let table = stbl(track.table, track.media, width)?;
    let info = Bytes::boxed(b"minf", [kind, data, table])?;
    Bytes::boxed(b"mdia", [head, handler, info])
}

fn stbl(table: Table, media: Media, width: Width) -> Result<Bytes, VirtualError> {
    let samples = table.sizes.count();
    let mut boxes = vec![stsd(&table)?, rows(b"stts", table.durations)?];
    if let Media::Video { delay } = media {
        boxes.extend(ctts(table.later, delay)?);
        if table.keys.len() != samples {
            boxes.push(counted(b"stss", table.keys, 1)?);
        }
    }
    boxes.push(counted(b"stsc", table.chunks.rows, 3)?);
    let (uniform, sizes) = table.sizes.into_parts();
    let head = [uniform.to_be_bytes(), count(samples)?.to_be_bytes()].concat();
    boxes.push(Bytes::full(b"stsz", 0, [Bytes::plain(head), Bytes::numbers(sizes)])?);
    let chunks = count(table.chunks.offsets.len())?.to_be_bytes().to_vec();
    let kind = if width == Width::Bits64 { b"co64" } else { b"stco" };
    let offsets = Bytes::offsets(table.chunks.offsets, width);
    boxes.push(Bytes::full(kind, 0, [Bytes::plain(chunks), offsets])?);
    Bytes::boxed(b"stbl", boxes)
}

fn stsd(table: &Table) -> Result<Bytes, VirtualError> {
    let mut body = count(table.entries.len() as u64)?.to_be_bytes().to_vec();
    for entry in &table.entries {
        body.extend_from_slice(entry.raw());
    }
    Bytes::full(b"stsd", 0, [Bytes::plain(body)])
}

/// `None` where every picture is shown as it is decoded.
fn ctts(later: Runs, delay: i64) -> Result<Option<Bytes>, VirtualError> {
    if later.is_empty() || (delay == 0 && later.only() == Some(0)) {
        return Ok(None);
    }
    let mut rows = later.into_rows();
    let shown = |later: u32| i64::from(later.cast_signed()) + delay;
    rows.change_second(|later| u32::try_from(shown(later)).unwrap_or(0));
    counted(b"ctts", rows, 2).map(Some)
}

fn rows(kind: &[u8; 4], runs: Runs) -> Result<Bytes, VirtualError> {
    counted(kind, runs.into_rows(), 2)
}

/// A table of rows of some numbers with their count before it.
fn counted(kind: &[u8; 4], rows: Words, each: u64) -> Result<Bytes, VirtualError> {
    let head = count(rows.len() / each)?.to_be_bytes().to_vec();
    Bytes::full(kind, 0, [Bytes::plain(head), Bytes::words(rows)])
}

fn count(n: u64) -> Result<u32, VirtualError> {
    u32::try_from(n).map_err(|_| VirtualError::TooLong("more samples than a table can count"))
}
