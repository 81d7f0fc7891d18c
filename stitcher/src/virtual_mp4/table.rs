//! The tables of a track while pieces are put into it.

use super::chunks::Chunks;
use super::sizes::Sizes;
use hitless_media::mp4::SampleEntry;

/// Equal values in a row, as most tables of MP4 keep them.
#[derive(Debug)]
pub(super) struct Runs<T> {
    runs: Vec<(u32, T)>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { runs: Vec::new() }
    }
}

impl<T: PartialEq + Copy> Runs<T> {
    pub(super) fn push(&mut self, count: u32, value: T) {
        if let Some((times, last)) = self.runs.last_mut()
            && *last == value
            && let Some(sum) = times.checked_add(count)
        {
            *times = sum;
        } else if count > 0 {
            self.runs.push((count, value));
        }
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (u32, T)> + '_ {
        self.runs.iter().copied()
    }
}

/// A track's tables.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) sizes: Sizes,
    pub(super) durations: Runs<u32>,
    /// How much later samples are shown than decoded, before the delay.
    pub(super) later: Runs<i32>,
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
