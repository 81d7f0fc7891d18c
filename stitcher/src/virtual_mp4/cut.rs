//! Where a clip begins and ends among its pieces.

use super::axis::{Axis, Tick, into_piece, ticks};
use super::error::VirtualError;
use super::piece::{Cut, Follows, Piece};
use super::source::{Inside, Sources};
use hitless_model::Utc;

/// Where decoding and showing begin, and which piece is the last.
#[derive(Debug)]
pub(super) struct Start {
    /// Piece that decoding begins in.
    pub(super) piece: usize,
    /// Its first sample.
    pub(super) sample: u64,
    /// Place of the clip's first instant: that of the picture on the screen
    /// when it is to begin.
    pub(super) shown: Tick,
    /// So much earlier than wanted; less than a picture's length.
    pub(super) early: i64,
    /// The piece after the last one.
    pub(super) end: usize,
}

/// Finds the key frame at or before the cut: it may be in an earlier piece.
pub(super) fn start(
    pieces: &[Piece],
    cut: &Cut,
    sources: &mut Sources,
) -> Result<Start, VirtualError> {
    let nothing = || VirtualError::Nothing { from: cut.from, to: cut.to };
    let first = pieces.iter().position(|p| p.end > cut.from).ok_or_else(nothing)?;
    let end = pieces.iter().position(|p| p.start >= cut.to).unwrap_or(pieces.len());
    if first >= end {
        return Err(nothing());
    }
    let (piece, sample) = key_frame(pieces, first, cut, sources)?;
    let mut axis = Axis::new(pieces[piece].start);
    let (mut shown, mut early) = (0, 0);
    for piece in &pieces[piece..=first] {
        let inside = Inside::new(piece, sources.open(&piece.path)?)?;
        let place = axis.place(piece.start, piece.follows, inside.length, inside.frame);
        let wanted = from_start(&inside, cut.from);
        let picture = on_screen(&inside, wanted);
        (shown, early) = (place + picture, wanted - picture);
    }
    Ok(Start { piece, sample, shown, early, end })
}

/// From a piece's beginning to an instant in it or before it.
fn from_start(inside: &Inside<'_>, at: Utc) -> i64 {
    let piece = inside.piece;
    if at < piece.start {
        ticks(at, piece.start)
    } else {
        into_piece(at, piece.start, piece.end, inside.length)
    }
}

/// When the picture that is on the screen at `wanted` came there. Players
/// differ on an edit that begins within a picture: some leave it out and show
/// the rest too early.
fn on_screen(inside: &Inside<'_>, wanted: i64) -> i64 {
    let shown = inside.samples(inside.range()).map(|s| inside.shown(&s));
    shown.filter(|s| *s <= wanted).max().unwrap_or(wanted)
}

/// From a piece's beginning to an instant in it or after it.
pub(super) fn to_end(piece: &Piece, at: Utc, length: i64) -> i64 {
    if at > piece.end {
        length + ticks(at, piece.end)
    } else {
        into_piece(at, piece.start, piece.end, length)
    }
}

/// Whether a piece may need the pictures of the one before: nothing is missing
/// between them, or the camera fell silent and went on with the next sample.
fn goes_on(before: &Piece, piece: &Piece) -> bool {
    piece.follows == Follows::Joined || before.is_continued_by(piece)
}

fn key_frame(
    pieces: &[Piece],
    first: usize,
    cut: &Cut,
    sources: &mut Sources,
) -> Result<(usize, u64), VirtualError> {
    let mut at = first;
    loop {
        let piece = &pieces[at];
        let inside = Inside::new(piece, sources.open(&piece.path)?)?;
        let latest = match at == first {
            true if cut.from >= piece.start => {
                into_piece(cut.from, piece.start, piece.end, inside.length)
            }
            true => 0,
            false => i64::MAX,
        };
        let mut samples = inside.samples(inside.range()).rev();
        if let Some(key) = samples.find(|s| s.key && inside.shown(s) <= latest) {
            return Ok((at, key.number));
        }
        let before = at.checked_sub(1).filter(|before| goes_on(&pieces[*before], piece));
        let Some(before) = before else { return Ok((at, piece.first_sample)) };
        at = before;
    }
}
