//! From pieces to tables, edit lists and ranges.

use super::axis::{Axis, Tick, wall};
use super::chunks::Chunk;
use super::coarse::longest;
use super::cut::{Start, start, to_end};
use super::edits::Edits;
use super::error::VirtualError;
use super::header::{Media, Track};
use super::outline::Outline;
use super::parts::SourceRange;
use super::piece::{Cut, Follows, Piece};
use super::promised::Codings;
use super::ranges::{moved, stretches};
use super::sound::{Bounds, Sounds};
use super::source::{Inside, Originals, Sources};
use super::video::Video;
use hitless_model::time::VIDEO_TIMESCALE;
use hitless_model::{Nanos, Utc};
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// A clip whose header is not written yet. Ranges and chunks are counted from
/// the beginning of its media bytes.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) tracks: Vec<Track>,
    pub(super) ranges: Vec<SourceRange>,
    /// Size of each range's original when its table was read.
    pub(super) sizes: Vec<u64>,
    /// Ticks from the first instant to the end.
    pub(super) length: u64,
    /// The first instant.
    pub(super) begins: Utc,
    /// Originals that stayed open.
    pub(super) open: HashMap<Arc<Path>, File>,
}

/// What grows piece by piece.
#[derive(Debug, Default)]
pub(super) struct Growing {
    pub(super) video: Video,
    pub(super) sound: Sounds,
    pub(super) ranges: Vec<SourceRange>,
    pub(super) sizes: Vec<u64>,
    pub(super) codings: Codings,
}

/// What a clip is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) pieces: &'a [Piece],
    pub(super) cut: &'a Cut,
    /// What is known of pieces' files: these need not be read. Empty: nothing.
    pub(super) outlines: &'a [Option<Outline>],
}

/// Where a piece lies.
#[derive(Debug, Clone, Copy)]
struct Place {
    begins: Tick,
    bounds: Bounds,
}

/// So few pieces are read at once with what is made of them, an hour in 10 ms:
/// handing tables from one thread to another takes memory and wakes both.
pub(super) const FEW: usize = 90;
/// Where copying costs nothing, the tables are what is waited for.
const FEW_TO_SHARE: usize = 12;

pub(super) fn draft(plan: Plan<'_>, originals: Originals) -> Result<Draft, VirtualError> {
    let mut sources = Sources::new(originals);
    let begin = start(plan.pieces, plan.cut, &mut sources)?;
    let few = if originals == Originals::Shared { FEW_TO_SHARE } else { FEW };
    std::thread::scope(|scope| {
        if begin.end - begin.piece > few && plan.outlines.is_empty() {
            sources.read_ahead(scope, &plan.pieces[begin.piece..begin.end]);
        }
        put_together(plan, &begin, sources)
    })
}

fn put_together(
    plan: Plan<'_>,
    begin: &Start,
    mut sources: Sources,
) -> Result<Draft, VirtualError> {
    let Plan { pieces, cut, .. } = plan;
    let mut axis = Axis::new(pieces[begin.piece].start);
    let (unseen, unheard) = longest(&pieces[begin.piece..begin.end], cut);
    let (video, sound) = (Video::new(unseen)?, Sounds::new(unheard));
    let mut grown = Growing { video, sound, ..Growing::default() };
    let (mut shown_end, mut media_end) = (begin.shown, begin.shown);
    for (at, piece) in pieces.iter().enumerate().take(begin.end).skip(begin.piece) {
        if let Some(outline) = plan.outline(at, begin)
            && let Some(end) = grown.promised(plan, outline, at, begin, &mut axis)?
        {
            media_end = end;
            continue;
        }
        let inside = Inside::new(piece, sources.open(&piece.path)?)?;
        let place = axis.place(piece.start, piece.follows, inside.length, inside.frame);
        if at + 1 == begin.end {
            shown_end = place + to_end(piece, cut.to, inside.length);
        }
        media_end = place + inside.length;
        let limit = if at + 1 == begin.end { shown_end } else { Tick::MAX };
        let bounds = plan.bounds(at, begin, (place, media_end), limit);
        grown.add(&inside, begin, at, Place { begins: place, bounds })?;
        if !plan.outlines.is_empty() {
            grown.codings.learn(&inside, &mut grown.video.table, &mut grown.sound.table);
        }
    }
    let begins = cut.from.plus(Nanos::new(-wall(begin.early).get()));
    let mut draft = grown.finish(begins, (begin.shown, shown_end), media_end)?;
    draft.open = sources.into_open();
    Ok(draft)
}

impl Growing {
    fn add(
        &mut self,
        inside: &Inside<'_>,
        begin: &Start,
        at: usize,
        Place { begins: place, bounds }: Place,
    ) -> Result<(), VirtualError> {
        let mut range = inside.range();
        if at == begin.piece {
            range.start = begin.sample;
        }
        let wanted = |s: &hitless_media::mp4::Sample| place + inside.shown(s) < bounds.before;
        if let Some(last) = inside.samples(range.clone()).rev().find(wanted) {
            range.end = last.number + 1;
        } else {
            range.end = range.start;
        }
        if inside.piece.follows != Follows::Joined {
            self.video.flush()?;
        }
        let pictures = self.video.push(inside, range, place)?;
        let sound = self.sound.push(inside, place, bounds)?;
        self.lay_out(inside, &pictures, &sound)
    }

    /// Adds the piece's ranges and puts its chunks where they will be.
    fn lay_out(
        &mut self,
        inside: &Inside<'_>,
        pictures: &[Chunk],
        sound: &[Chunk],
    ) -> Result<(), VirtualError> {
        let size = inside.movie.size_bytes;
        let at = super::align::up(self.ranges.last().map_or(0, SourceRange::end));
        let found = stretches(&[pictures, sound], size, at);
        let path: Arc<Path> = inside.piece.path.as_path().into();
        for stretch in &found {
            self.ranges.push(SourceRange {
                path: Arc::clone(&path),
                from: stretch.from,
                length: stretch.to - stretch.from,
                at: stretch.at,
            });
            self.sizes.push(size);
        }
        let tracks = [(&mut self.video.table, pictures), (&mut self.sound.table, sound)];
        for (table, chunks) in tracks {
            for chunk in chunks {
                let at = moved(&found, chunk.at)
                    .ok_or(VirtualError::TooLong("a chunk outside of its ranges"))?;
                table.chunks.push(Chunk { at, ..*chunk });
            }
        }
        Ok(())
    }

    fn finish(
        mut self,
        begins: Utc,
        (shown, shown_end): (Tick, Tick),
        media_end: Tick,
    ) -> Result<Draft, VirtualError> {
        self.video.finish(media_end.max(shown_end))?;
        self.sound.finish();
        let length = u64::try_from(shown_end - shown).unwrap_or(0);
        let delay = self.video.delay();
        let first = self.video.begins.unwrap_or(shown);
        let timescale = self.video.timescale();
        let mut tracks = vec![Track {
            edits: edits(&self.video, shown, shown_end, first),
            table: self.video.table,
            media: Media::Video { delay },
            timescale,
        }];
        if let (Some(begins), Some(end)) = (self.sound.begins, self.sound.end()) {
            let edits = sound_edits(&self.sound, (shown, shown_end), (begins, end));
            let timescale = self.sound.timescale;
            tracks.push(Track { table: self.sound.table, media: Media::Sound, timescale, edits });
        }
        let (ranges, sizes, open) = (self.ranges, self.sizes, HashMap::new());
        Ok(Draft { tracks, ranges, sizes, length, begins, open })
    }
}

fn positive(ticks: i64) -> u64 {
    u64::try_from(ticks).unwrap_or(0)
}

/// The pictures from `shown` to `end`; the first one is shown at `first`.
fn edits(video: &Video, shown: Tick, end: Tick, first: Tick) -> Edits {
    let begin = shown.max(first);
    Edits {
        empty: positive(begin - shown),
        media: positive(video.between(first, begin) + video.delay()),
        length: positive(end - begin),
    }
}

/// The same for sound: `media` in its own ticks, the rest in those of the
/// movie.
fn sound_edits(sound: &Sounds, (shown, end): (Tick, Tick), media: (i64, i64)) -> Edits {
    let movie = |ticks: i64| super::axis::rescale(ticks, sound.timescale, VIDEO_TIMESCALE);
    let begin = sound.scaled(shown, VIDEO_TIMESCALE);
    let empty = if media.0 > begin { positive(movie(media.0) - shown) } else { 0 };
    let heard = shown.saturating_add_unsigned(empty);
    Edits {
        empty,
        media: positive(begin - media.0),
        length: positive(end.min(movie(media.1)) - heard),
    }
}
