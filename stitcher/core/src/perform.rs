//! Plays the pieces of a slot.

use crate::choice::Position;
use crate::piece::{Piece, honest_end};
use crate::plan::SeamKind;
use crate::relate::Relation;
use crate::strand::StrandRef;
use crate::walk::{Played, Walk};

impl Walk<'_> {
    /// Plays pieces up to the first that frames are missing before; says how
    /// many. Without a relation they follow inside of their GOP.
    pub(crate) fn play(
        &mut self,
        found: &[Piece],
        relation: Option<Relation>,
        closed: Option<i64>,
    ) -> usize {
        let kind = relation.as_ref().map(|r| r.seam.kind);
        let dropping = kind.is_some_and(|kind| drops_leading(found, kind));
        let mut relation = relation;
        for (n, piece) in found.iter().enumerate() {
            if n > 0 && piece.lost > 0 {
                return n;
            }
            let piece = &self.tempered(piece);
            let relation = relation.take().unwrap_or_else(|| self.between(piece));
            if !dropping {
                self.append(piece, relation);
            } else if !piece.leading {
                self.append(&Piece { from: piece.key, ..*piece }, relation);
            }
            self.ledger.play(piece.segment, piece.samples);
            let before = self.at.filter(|p| self.lane_of(p.strand) == self.lane_of(piece.strand));
            let last = before.map_or(piece.last, |p| p.last.max(piece.last));
            self.at = Some(Position {
                strand: piece.strand,
                segment: piece.segment,
                next_sample: piece.first.saturating_add(piece.samples),
                last,
                end: piece.end,
                frame: piece.frame,
                closed: closed.is_some_and(|c| c <= last) && n + 1 == found.len(),
            });
        }
        found.len()
    }

    /// A single picture before a loss is as long as the loss in the file: the
    /// pictures before it know better.
    pub(crate) fn tempered(&self, piece: &Piece) -> Piece {
        let before = self.at.filter(|p| self.lane_of(p.strand) == self.lane_of(piece.strand));
        let frame = match before {
            Some(at) if piece.samples == 1 => piece.frame.min(at.frame),
            _ => piece.frame,
        };
        Piece { frame, end: honest_end(piece.last, piece.end, frame), ..*piece }
    }

    pub(crate) fn append(&mut self, piece: &Piece, relation: Relation) {
        if relation.missing.is_none() {
            self.settle(piece.strand, piece.from);
        }
        let follows = relation.seam.kind == SeamKind::SameStrand
            && self.at.is_some_and(|p| p.leads_to(self.view, piece.segment, piece.first));
        match self.played.last_mut() {
            Some(last)
                if follows
                    && last.segment == piece.segment
                    && last.first.saturating_add(last.samples) == piece.first =>
            {
                last.samples = last.samples.saturating_add(piece.samples);
                last.damaged = last.damaged.saturating_add(piece.damaged);
                last.to = piece.end;
            }
            _ => self.played.push(Played {
                strand: piece.strand,
                segment: piece.segment,
                first: piece.first,
                samples: piece.samples,
                damaged: piece.damaged,
                from: piece.from,
                to: piece.end,
                seam: relation.seam,
                missing: relation.missing,
            }),
        }
    }

    /// The last span ends where the next one begins.
    pub(crate) fn settle(&mut self, next: StrandRef, from: i64) {
        let Some(last) = self.played.last_mut() else { return };
        if self.groups.axis(last.strand).group == self.groups.axis(next).group {
            last.to = from;
        }
    }
}

/// Leading pictures are shown only where the GOP that they need is.
pub(crate) fn drops_leading(found: &[Piece], kind: SeamKind) -> bool {
    found.iter().any(|p| p.leading) && !matches!(kind, SeamKind::SameStrand | SeamKind::Exact)
}
