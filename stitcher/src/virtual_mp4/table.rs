//! The tables of a track while pieces are put into it.

use super::chunks::Chunks;
use super::error::VirtualError;
use super::sizes::Sizes;
use super::words::Words;
use hitless_media::mp4::SampleEntry;
use serde::{Deserialize, Serialize};

/// Equal values in a row, as most tables of MP4 keep them: rows of how many
/// and which.
#[derive(Debug, Default)]
pub(super) struct Runs {
    rows: Words,
    open: Option<(u32, u32)>,
}

impl Runs {
    pub(super) fn push(&mut self, count: u32, value: u32) {
        if let Some((times, last)) = &mut self.open
            && *last == value
            && let Some(sum) = times.checked_add(count)
        {
            *times = sum;
        } else if count > 0 {
            self.close();
            self.open = Some((count, value));
        }
    }

    fn close(&mut self) {
        if let Some((count, value)) = self.open.take() {
            self.rows.push(count);
            self.rows.push(value);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.open.is_none()
    }

    /// The one value, if all are equal.
    pub(super) fn only(&self) -> Option<u32> {
        self.open.filter(|_| self.rows.is_empty()).map(|(_, value)| value)
    }

    /// Counts rows that are read from their file later.
    pub(super) fn promise(&mut self, rows: &Rows) {
        if rows.many > 0 {
            self.push(rows.first.0, rows.first.1);
        }
        if rows.many > 2 {
            self.close();
            self.rows.promise(u64::from(rows.many - 2) * 2);
        }
        if rows.many > 1 {
            self.push(rows.last.0, rows.last.1);
        }
    }

    pub(super) fn into_rows(mut self) -> Words {
        self.close();
        self.rows
    }
}

/// What of the rows of a file decides how long a clip's table is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rows {
    many: u32,
    first: (u32, u32),
    last: (u32, u32),
}

impl Rows {
    /// Of a table that is known; `None` if it is too long.
    pub(super) fn of(runs: Runs) -> Option<Self> {
        let words = runs.into_rows();
        let many = u32::try_from(words.len() / 2).ok()?;
        let mut ends = words.iter();
        let first = (ends.next().unwrap_or(0), ends.next().unwrap_or(0));
        let mut ends = words.iter().rev();
        let last = (ends.next().unwrap_or(0), ends.next().unwrap_or(0));
        Some(Self { many, first, last: (last.1, last.0) })
    }
}

/// A track's tables.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) sizes: Sizes,
    pub(super) durations: Runs,
    /// How much later samples are shown than decoded, before the delay: signed
    /// numbers.
    pub(super) later: Runs,
    /// Numbers of key frames from 1 on.
    pub(super) keys: Words,
    pub(super) chunks: Chunks,
    pub(super) entries: Vec<SampleEntry>,
    /// Sum of the durations.
    pub(super) length: u64,
}

impl Table {
    pub(super) fn duration(&mut self, count: u32, ticks: u32) {
        self.durations.push(count, ticks);
        self.length += u64::from(count) * u64::from(ticks);
    }

    /// Counts samples that are read from their file later; `size`: that of each,
    /// if all are equal.
    pub(super) fn promise_sizes(
        &mut self,
        size: Option<u32>,
        samples: u64,
    ) -> Result<(), VirtualError> {
        let equal = size.zip(u32::try_from(samples).ok());
        let fits = match equal {
            Some((size, samples)) => self.sizes.push(size, samples),
            None => self.sizes.promise(samples),
        };
        if fits { Ok(()) } else { Err(VirtualError::TooLong("too many samples of one size")) }
    }
}
