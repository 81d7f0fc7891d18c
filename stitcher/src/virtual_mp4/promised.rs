//! Pieces whose files are not read: their outlines say what they add to the
//! header, and what its tables say is read from them if anybody asks.

use super::align::up;
use super::axis::{Axis, Tick};
use super::build::{Growing, Plan};
use super::cut::Start;
use super::describe::places;
use super::error::VirtualError;
use super::outline::{Outline, coding};
use super::parts::SourceRange;
use super::piece::{Follows, Piece, Sound};
use super::sound::Bounds;
use super::source::Inside;
use super::table::Table;
use std::collections::HashMap;

impl<'a> Plan<'a> {
    /// What is known of a piece that is neither the first nor the last one, nor
    /// a part of its file.
    pub(super) fn outline(&self, at: usize, begin: &Start) -> Option<&'a Outline> {
        let within = at > begin.piece && at + 1 < begin.end;
        let outline = self.outlines.get(at)?.as_ref().filter(|_| within)?;
        outline.is_whole(&self.pieces[at]).then_some(outline)
    }

    /// What of a piece's sound is wanted.
    pub(super) fn bounds(
        &self,
        at: usize,
        begin: &Start,
        (place, end): (Tick, Tick),
        before: Tick,
    ) -> Bounds {
        let apart = |piece: &Piece| piece.follows != Follows::Joined;
        let next = self.pieces[..begin.end].get(at + 1);
        let from = if at > begin.piece && apart(&self.pieces[at]) { place } else { Tick::MIN };
        let to = if next.is_some_and(apart) { end } else { Tick::MAX };
        Bounds { after: begin.shown, before, middle: (from, to) }
    }
}

impl Growing {
    /// Adds a piece that is read later, if anybody asks; gives where it ends.
    /// `None`: it must be read now.
    pub(super) fn promised(
        &mut self,
        plan: Plan<'_>,
        outline: &Outline,
        at: usize,
        begin: &Start,
        axis: &mut Axis,
    ) -> Result<Option<Tick>, VirtualError> {
        let piece = &plan.pieces[at];
        let last = outline.pictures.last;
        let frame = last.frame(piece);
        let mut next = axis.clone();
        let place = next.place(piece.start, piece.follows, last.shown + frame, frame);
        let end = place + last.shown + frame;
        let bounds = plan.bounds(at, begin, (place, end), Tick::MAX);
        if !self.promise(piece, outline, place, bounds)? {
            return Ok(None);
        }
        *axis = next;
        Ok(Some(end))
    }

    fn promise(
        &mut self,
        piece: &Piece,
        outline: &Outline,
        place: Tick,
        bounds: Bounds,
    ) -> Result<bool, VirtualError> {
        let Some((seen, heard)) = self.codings.0.get(&outline.coding).copied() else {
            return Ok(false);
        };
        let sound = match &outline.sound {
            None => None,
            Some(sound) => match self.sound.fits(&sound.even, place, bounds) {
                Some(start) => Some((sound, start)),
                None => return Ok(false),
            },
        };
        if !self.video.promise(&outline.pictures, place, seen)? {
            return Ok(false);
        }
        if let Some((sound, start)) = sound {
            self.sound.promise(sound, start, heard)?;
        }
        self.ranges.push(SourceRange {
            path: piece.path.as_path().into(),
            from: outline.from,
            length: outline.to - outline.from,
            at: up(self.ranges.last().map_or(0, SourceRange::end)),
        });
        self.sizes.push(outline.size_bytes);
        Ok(true)
    }
}

/// Which sample entries of the clip describe pictures and sound of files that
/// are decoded alike.
#[derive(Debug, Default)]
pub(super) struct Codings(HashMap<u64, (u32, u32)>);

impl Codings {
    /// Learns them from a file whose samples are in the clip.
    pub(super) fn learn(&mut self, inside: &Inside<'_>, seen: &mut Table, heard: &mut Table) {
        let sound = inside.movie.audio();
        if inside.piece.sound == Sound::None && sound.is_some() {
            return;
        }
        let Some(coding) = coding(inside.movie) else { return };
        self.0.entry(coding).or_insert_with(|| {
            let of = |table: &mut Table, entries| places(&mut table.entries, entries)[0];
            let sound = sound.map_or(0, |track| of(heard, &track.entries));
            (of(seen, &inside.video.entries), sound)
        });
    }
}
