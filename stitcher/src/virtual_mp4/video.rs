//! The clip's pictures.

use super::axis::Tick;
use super::chunks::{Chunk, gather};
use super::coarse::Coarse;
use super::describe::places;
use super::error::VirtualError;
use super::order::{Order, Placed};
use super::outline::Pictures;
use super::source::Inside;
use super::table::Table;
use hitless_model::time::VIDEO_TIMESCALE;
use std::ops::Range;

/// The pictures of all pieces so far.
#[derive(Debug, Default)]
pub(super) struct Video {
    pub(super) table: Table,
    order: Order,
    coarse: Coarse,
    /// The one whose decode time is known and whose length is not, in ticks of
    /// the track.
    open: Option<i64>,
    /// Decode time of the first one.
    pub(super) begins: Option<Tick>,
    least: i64,
}

impl Video {
    /// With ticks for the longest time that a picture must stand.
    pub(super) fn new(longest: Tick) -> Result<Self, VirtualError> {
        let coarse = Coarse::for_gap(longest, VIDEO_TIMESCALE)?;
        Ok(Self { coarse, ..Self::default() })
    }

    /// Ticks of the track a second.
    pub(super) fn timescale(&self) -> u32 {
        self.coarse.timescale(VIDEO_TIMESCALE)
    }

    /// From one place to another, in ticks of the track.
    pub(super) fn between(&self, from: Tick, to: Tick) -> i64 {
        self.coarse.ticks(to) - self.coarse.ticks(from)
    }

    /// Puts samples of a piece behind the others; gives their chunks in the
    /// piece's file.
    pub(super) fn push(
        &mut self,
        inside: &Inside<'_>,
        range: Range<u64>,
        place: Tick,
    ) -> Result<Vec<Chunk>, VirtualError> {
        let entries = places(&mut self.table.entries, &inside.video.entries);
        self.same_coding(inside)?;
        let mut chunks = Vec::new();
        if inside.in_order {
            // What waits is shown before them.
            self.flush()?;
        }
        for sample in inside.samples(range) {
            let entry = entries.get(usize::from(sample.entry)).copied().unwrap_or(0);
            let chunk = Chunk { at: sample.offset, bytes: sample.size.into(), samples: 1, entry };
            gather(&mut chunks, chunk);
            if !self.table.sizes.push(sample.size, 1) {
                return Err(VirtualError::TooLong("too many pictures of one size"));
            }
            if sample.key {
                let number = u32::try_from(self.table.sizes.count());
                self.table.keys.push(number.map_err(|_| VirtualError::TooLong("pictures"))?);
            }
            let shown = place + inside.shown(&sample);
            let placed = match inside.in_order {
                true => Some(self.order.pass(shown)),
                false => self.order.push(shown),
            };
            if let Some(placed) = placed {
                self.settle(placed)?;
            }
        }
        Ok(chunks)
    }

    fn same_coding(&self, inside: &Inside<'_>) -> Result<(), VirtualError> {
        let before = self.table.entries.first().and_then(|entry| entry.kind());
        let mut kinds = self.table.entries.iter().filter_map(|entry| entry.kind());
        match (before, kinds.find(|kind| Some(*kind) != before)) {
            (Some(before), Some(now)) => {
                Err(VirtualError::OtherCoding { path: inside.piece.path.clone(), now, before })
            }
            _ => Ok(()),
        }
    }

    /// All pictures that wait: what follows is shown after them.
    pub(super) fn flush(&mut self) -> Result<(), VirtualError> {
        while let Some(placed) = self.order.next() {
            self.settle(placed)?;
        }
        Ok(())
    }

    /// The last picture is shown until `end`.
    pub(super) fn finish(&mut self, end: Tick) -> Result<(), VirtualError> {
        self.flush()?;
        if let Some(decode) = self.open.take() {
            self.last_until(decode, self.coarse.ticks(end).max(decode + 1))?;
        }
        Ok(())
    }

    /// How much later than decoded pictures are shown at least: what the edit
    /// list takes out.
    pub(super) fn delay(&self) -> i64 {
        -self.least
    }

    /// When the last one of those that settled is decoded.
    pub(super) fn decoded(&self) -> Option<i64> {
        self.open
    }

    /// Puts all pictures of a file behind the others that are read later, if
    /// anybody asks; `false`: they must be read now.
    pub(super) fn promise(
        &mut self,
        pictures: &Pictures,
        place: Tick,
        entry: u32,
    ) -> Result<bool, VirtualError> {
        self.flush()?;
        if !self.order.is_before(place) || self.coarse != Coarse::default() {
            return Ok(false);
        }
        let decoded = place + pictures.decoded;
        if let Some(before) = self.open.replace(decoded) {
            self.last_until(before, place)?;
        }
        self.order.skip_to(decoded);
        self.begins.get_or_insert(place);
        self.least = self.least.min(pictures.least);
        self.table.length += u64::try_from(pictures.decoded).unwrap_or(0);
        self.table.durations.promise(&pictures.durations);
        self.table.later.promise(&pictures.later);
        self.table.keys.promise(pictures.keys);
        self.table.promise_sizes(pictures.size, pictures.samples)?;
        self.table.chunks.promise(&pictures.chunks, entry);
        Ok(true)
    }

    fn settle(&mut self, placed: Placed) -> Result<(), VirtualError> {
        let least = self.open.map_or(i64::MIN, |open| open + 1);
        let decode = self.coarse.ticks(placed.decode).max(least);
        let later = self.coarse.ticks(placed.decode + placed.later) - decode;
        if let Some(before) = self.open.replace(decode) {
            self.last_until(before, decode)?;
        }
        self.begins.get_or_insert(placed.decode);
        self.least = self.least.min(later);
        let later = i32::try_from(later);
        let later = later.map_err(|_| VirtualError::TooLong("a picture's delay"))?;
        self.table.later.push(1, later.cast_unsigned());
        Ok(())
    }

    fn last_until(&mut self, from: i64, to: i64) -> Result<(), VirtualError> {
        // Readers take lengths as signed.
        let ticks = i32::try_from(to - from).ok().and_then(|t| u32::try_from(t).ok());
        self.table.duration(1, ticks.ok_or(VirtualError::LongGap)?);
        Ok(())
    }
}
