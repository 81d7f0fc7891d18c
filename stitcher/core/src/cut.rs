//! Cuts the frames of one GOP into pieces: where the segment changes, where frames
//! are lost, and around leading pictures.
//!
//! What is decoded n-th begins when what is shown n-th is. Times of decoding in
//! files are not asked: they are made of what was received, and a loss makes them
//! too early for a while.

use crate::choice::Position;
use crate::pause::Pause;
use crate::piece::{Frame, Piece, honest_end, is_one, is_step};
use crate::slot::Slot;
use crate::table::{TELLING, sound_step};
use crate::unit::Unit;

/// Cuts frames in decode order where the segment changes or frames are lost.
pub(crate) fn cut(slot: &Slot, unit: &Unit, frames: &[Frame], at: Option<&Position>) -> Vec<Piece> {
    let before_key = leading_frames(slot, unit, frames);
    let usual = usual(unit, frames, at);
    let head = frames.iter().take(1 + before_key.max(unit.leading as usize));
    let earliest = head.map(|f| f.shown).min().unwrap_or(slot.start);
    let mut begins: Vec<i64> = frames.iter().map(|f| f.shown).collect();
    begins.sort_unstable();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut latest = at.map(|p| p.last);
    for (n, frame) in frames.iter().enumerate() {
        let first = if n == 0 { earliest } else { frame.shown };
        let lost = latest.map_or(0, |latest| lost(frames, frame, (first, latest), usual));
        let leading = (1..=before_key).contains(&n);
        latest = Some(latest.map_or(frame.shown, |l| l.max(frame.shown)));
        match pieces.last_mut() {
            Some(piece) if lost == 0 && leading == piece.leading && follows(piece, frame) => {
                extend(piece, frame);
            }
            _ => {
                let after = begins[n].saturating_sub(begins[0]);
                pieces.push(Piece { leading, ..begin(slot, frame, (n, after), usual, lost) });
            }
        }
    }
    for piece in &mut pieces {
        piece.end = honest_end(piece.last, piece.end, usual);
    }
    pieces
}

/// Ticks missing right before a frame, by what its recorder noted. `first` is when the
/// earliest that comes with it is shown, `latest` when the latest so far was.
fn lost(frames: &[Frame], frame: &Frame, (first, latest): (i64, i64), usual: i64) -> i64 {
    let late = |late: Pause| late.lost_after(latest_before(frames, late.until.ticks(), latest));
    let noted = if frame.damaged { lost_before(frames, first, latest, usual) } else { 0 };
    noted.max(frame.late.map_or(0, late))
}

/// How long a picture lasts among these.
fn usual(unit: &Unit, frames: &[Frame], at: Option<&Position>) -> i64 {
    let shown = frames.iter().map(|f| (f.shown, f.damaged));
    let step = sound_step(shown).unwrap_or(unit.frame);
    // the only sound step may be a pause
    let around = frames.iter().filter_map(|f| f.late).map(|late| late.frame.ticks().max(1));
    let step = around.fold(step, i64::min);
    if frames.len() >= TELLING {
        return step;
    }
    let shortest = frames.iter().map(|f| f.end.saturating_sub(f.shown)).min();
    let others = shortest.into_iter().chain(at.map(|p| p.frame)).filter(|f| *f > 0);
    others.fold(step, i64::min)
}

/// How many frames right after the key frame are shown before it.
fn leading_frames(slot: &Slot, unit: &Unit, frames: &[Frame]) -> usize {
    if !slot.open || !frames.first().is_some_and(|f| is_one(f.shown, slot.start, unit.frame)) {
        return 0;
    }
    frames[1..].iter().take_while(|f| f.shown < slot.start).count()
}

fn follows(piece: &Piece, frame: &Frame) -> bool {
    piece.segment == frame.segment && piece.first.saturating_add(piece.samples) == frame.sample
}

fn extend(piece: &mut Piece, frame: &Frame) {
    piece.samples += 1;
    piece.damaged += u32::from(frame.damaged);
    piece.last = piece.last.max(frame.shown);
    piece.end = piece.end.max(frame.end);
}

fn begin(slot: &Slot, frame: &Frame, (n, after): (usize, i64), usual: i64, lost: i64) -> Piece {
    let from = match n {
        0 => slot.from.min(frame.shown),
        _ if lost > 0 => frame.shown,
        // this always advances, presentation times need not
        _ => slot.from.saturating_add(after),
    };
    Piece {
        strand: frame.strand,
        segment: frame.segment,
        first: frame.sample,
        samples: 1,
        damaged: u32::from(frame.damaged),
        leading: false,
        from,
        key: if n == 0 { slot.start.max(from) } else { from.max(slot.start.saturating_add(usual)) },
        last: frame.shown,
        end: frame.end,
        frame: usual,
        lost,
        noted: frame.damaged,
    }
}

/// Ticks missing right before what is shown at this time.
fn lost_before(frames: &[Frame], shown: i64, latest: i64, usual: i64) -> i64 {
    let step = shown.saturating_sub(latest_before(frames, shown, latest));
    if is_step(step, usual) { step.saturating_sub(usual) } else { 0 }
}

/// When the latest picture before a time is shown, `latest` being one of them.
fn latest_before(frames: &[Frame], shown: i64, latest: i64) -> i64 {
    let before = frames.iter().map(|f| f.shown).filter(|s| *s < shown).max();
    before.map_or(latest, |b| b.max(latest.min(shown)))
}
