//! Where a segment without a `.meta` file lies on a media clock.
//!
//! Its own files do not say. Its row does, once its neighbours are known; until
//! then it is a strand of its own that begins at zero.

use hitless_model::{MediaTime, Segment, SegmentName};

/// Strand, and where on the strand's media clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number of the strand's first segment, in its low 32 bits.
    pub strand: u32,
    /// When its earliest picture is shown.
    pub media_start: MediaTime,
}

impl Place {
    /// A strand of its own.
    pub fn alone(name: &SegmentName) -> Self {
        let low = name.number.get() & u64::from(u32::MAX);
        let strand = u32::try_from(low).unwrap_or(u32::MAX);
        Self { strand, media_start: MediaTime::default() }
    }

    /// Where a row says that it lies.
    pub fn of(row: &Segment) -> Self {
        Self { strand: row.strand, media_start: row.media_start }
    }

    /// Puts a row there. When it was recorded stays the same.
    pub fn put(self, row: &mut Segment) {
        let moved = self.media_start.since(row.media_start);
        if let Some(clock) = &mut row.clock {
            clock.point.media = clock.point.media.plus(moved);
        }
        row.strand = self.strand;
        row.media_start = self.media_start;
    }
}
