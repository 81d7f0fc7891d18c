//! Edit lists: what of a track is shown, and when.

use mp4_atom::{Elst, ElstEntry};

/// A track's edit list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edits {
    /// Nothing is shown for so long, in ticks of the movie.
    pub(super) empty: u64,
    /// Then this place of the media, in ticks of the track,
    pub(super) media: u64,
    /// for so long, in ticks of the movie.
    pub(super) length: u64,
}

impl Edits {
    /// The track's length in the movie.
    pub(super) fn total(&self) -> u64 {
        self.empty + self.length
    }

    pub(super) fn to_box(self) -> Elst {
        let entry = |segment_duration, media_time| ElstEntry {
            segment_duration,
            media_time,
            media_rate: 1.into(),
        };
        let mut entries = Vec::with_capacity(2);
        if self.empty > 0 {
            entries.push(entry(self.empty, None));
        }
        entries.push(entry(self.length, Some(self.media)));
        Elst { entries }
    }
}
