//! The tables of a track while pieces are put into it.

use super::chunks::Chunks;
use super::sizes::Sizes;
use super::words::Words;
use hitless_media::mp4::SampleEntry;

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

    pub(super) fn into_rows(mut self) -> Words {
        self.close();
        self.rows
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
    pub(super) keys: Vec<u32>,
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
}
