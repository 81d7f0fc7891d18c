//! The samples of a track, kept as runs.
//!
//! A run is a number of samples that lie one behind the other and differ in
//! nothing: of coded video each sample is a run, of linear PCM (one table entry
//! per audio sample, 8,000 to 48,000 a second) each chunk is one.

/// Samples of equal size and duration that lie one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Number of its first sample, in decode order from 0.
    pub first: u64,
    /// How many samples.
    pub count: u32,
    /// Where the first one begins in the file.
    pub offset: u64,
    /// Bytes of each.
    pub size: u32,
    /// Decode time of the first one, in ticks of the track.
    pub decode: i64,
    /// Ticks of each.
    pub duration: u32,
    /// From decode to composition time, in ticks.
    pub composition: i32,
    /// Which sample entry describes it, from 0.
    pub entry: u16,
    /// Marked as a key frame.
    pub key: bool,
}

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// In decode order, from 0.
    pub number: u64,
    /// Where it begins in the file.
    pub offset: u64,
    /// Bytes.
    pub size: u32,
    /// Decode time in ticks of the track.
    pub decode: i64,
    /// Ticks until the next one.
    pub duration: u32,
    /// From decode to composition time, in ticks.
    pub composition: i32,
    /// Which sample entry describes it, from 0.
    pub entry: u16,
    /// Marked as a key frame.
    pub key: bool,
}

impl Sample {
    /// Composition time in ticks, before any edit.
    pub fn composed(&self) -> i64 {
        self.decode.saturating_add(i64::from(self.composition))
    }
}

impl Run {
    /// Decode time after the last sample.
    pub fn end(&self) -> i64 {
        self.decode.saturating_add_unsigned(u64::from(self.count) * u64::from(self.duration))
    }

    /// Bytes of all its samples.
    pub fn bytes(&self) -> u64 {
        u64::from(self.count) * u64::from(self.size)
    }

    fn sample(&self, index: u32) -> Sample {
        let index64 = u64::from(index);
        Sample {
            number: self.first + index64,
            offset: self.offset + index64 * u64::from(self.size),
            size: self.size,
            decode: self.decode.saturating_add_unsigned(index64 * u64::from(self.duration)),
            duration: self.duration,
            composition: self.composition,
            entry: self.entry,
            key: self.key,
        }
    }
}

/// The samples of one track in decode order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Samples {
    runs: Vec<Run>,
    count: u64,
    bytes: u64,
}

impl Samples {
    /// None yet, but room for so many runs.
    pub(super) fn with_room(runs: usize) -> Self {
        Self { runs: Vec::with_capacity(runs.min(super::limits::RUNS)), ..Self::default() }
    }

    /// How many.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// As they are kept.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// One sample by its number.
    pub fn get(&self, number: u64) -> Option<Sample> {
        if number >= self.count {
            return None;
        }
        let run = self.runs[self.runs.partition_point(|run| run.first <= number) - 1];
        u32::try_from(number - run.first).ok().map(|index| run.sample(index))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Sample> + '_ {
        self.runs.iter().flat_map(|run| (0..run.count).map(|index| run.sample(index)))
    }

    /// Bytes of all of them.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Decode time after the last one; 0 where there are none.
    pub fn end(&self) -> i64 {
        self.runs.last().map_or(0, Run::end)
    }

    /// Puts a run behind the others and numbers it. Samples of one track that
    /// have more bytes than the file overlap: a few bytes of tables could so
    /// claim samples without end.
    pub(super) fn push(&mut self, run: Run, file_size: u64) -> Result<(), String> {
        let bytes = self.bytes.saturating_add(run.bytes());
        if bytes > file_size {
            return Err(format!("samples of {bytes} bytes in a file of {file_size}"));
        }
        self.bytes = bytes;
        self.runs.push(Run { first: self.count, ..run });
        self.count += u64::from(run.count);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_finds_what_counting_finds(counts in prop::collection::vec(1_u32..5, 0..20)) {
            let mut samples = Samples::default();
            for (index, count) in (0_u32..).zip(counts) {
                let run = Run {
                    first: 0,
                    count,
                    offset: u64::from(index) * 1000,
                    size: 10 + index,
                    decode: i64::from(index) * 100,
                    duration: 20,
                    composition: 5,
                    entry: 0,
                    key: false,
                };
                samples.push(run, 1 << 30).expect("within the file");
            }
            for (number, sample) in (0..).zip(samples.iter()) {
                prop_assert_eq!(sample.number, number);
                prop_assert_eq!(samples.get(number), Some(sample));
            }
            prop_assert_eq!(samples.get(samples.len()), None);
            prop_assert_eq!(samples.iter().count() as u64, samples.len());
            let bytes: u64 = samples.iter().map(|sample| u64::from(sample.size)).sum();
            prop_assert_eq!(bytes, samples.bytes());
        }
    }
}
