//! Joins the tables of a track (ISO/IEC 14496-12, 8.5 to 8.7) into runs.
//!
//! Each step of the loop takes as many samples as agree in everything, so that
//! the work and the runs are bounded by the bytes of the tables and never by a
//! count that somebody wrote into them.

use super::boxes::BoxRef;
use super::error::Fault;
use super::limits;
use super::numbers::{number, numbers, pairs};
use super::samples::{Run, Samples};
use mp4_atom::{Co64, Stsc, StscEntry, Stss};

/// What the tables gave.
pub(super) struct Joined {
    pub(super) samples: Samples,
    /// Where the first sample begins that is not whole.
    pub(super) cut: Option<u64>,
}

/// Reads and joins the tables in a `stbl`; samples from the first one on that
/// is not whole within `file_size` are left out.
pub(super) fn join(stbl: &BoxRef<'_>, file_size: u64) -> Result<Joined, Fault> {
    let tables = Tables::read(stbl)?;
    let mut join = Join::new(&tables, file_size);
    for (chunk, offset) in tables.chunks.iter().enumerate() {
        let (count, entry) = join.chunk_layout(chunk);
        if !join.chunk(*offset, count, entry).map_err(|reason| stbl.fault(reason))? {
            break;
        }
    }
    Ok(Joined { samples: join.samples, cut: join.cut })
}

/// Bytes of each sample.
enum Sizes {
    Alike { count: u32, size: u32 },
    Each(Vec<u32>),
}

struct Tables {
    sizes: Sizes,
    chunks: Vec<u64>,
    layout: Vec<StscEntry>,
    /// Count and ticks.
    durations: Vec<(u32, u32)>,
    /// Count and ticks.
    compositions: Vec<(u32, i32)>,
    /// Sorted, from 0; `None`: every sample is a key frame.
    keys: Option<Vec<u64>>,
}

impl Tables {
    fn read(stbl: &BoxRef<'_>) -> Result<Self, Fault> {
        if let Some(stz2) = stbl.child(b"stz2") {
            return Err(stz2.fault("compact sample sizes are not read"));
        }
        let mut layout = match stbl.child(b"stsc") {
            Some(stsc) => stsc.leaf::<Stsc>()?.entries,
            None => Vec::new(),
        };
        layout.sort_by_key(|entry| entry.first_chunk);
        Ok(Self {
            sizes: match stbl.child(b"stsz") {
                Some(stsz) => sizes(&stsz)?,
                None => Sizes::Each(Vec::new()),
            },
            chunks: match (stbl.child(b"co64"), stbl.child(b"stco")) {
                (Some(co64), _) => co64.leaf::<Co64>()?.entries,
                (None, Some(stco)) => numbers(&stco, 0)?.map(u64::from).collect(),
                (None, None) => Vec::new(),
            },
            layout,
            durations: match stbl.child(b"stts") {
                Some(stts) => pairs(&stts, 0)?.collect(),
                None => Vec::new(),
            },
            compositions: match stbl.child(b"ctts") {
                Some(ctts) => {
                    let signed =
                        |(count, ticks): (u32, u32)| (count, composition(i64::from(ticks)));
                    pairs(&ctts, 1)?.map(signed).collect()
                }
                None => Vec::new(),
            },
            keys: stbl.child(b"stss").map(|stss| keys(&stss)).transpose()?,
        })
    }
}

/// Offsets above 2^31 in version 0 are negative ones of writers that did not
/// know version 1.
pub(super) fn composition(offset: i64) -> i32 {
    offset as i32
}

/// A size for all of them, and where it is 0 one for each (8.7.3.2).
fn sizes(stsz: &BoxRef<'_>) -> Result<Sizes, Fault> {
    Ok(match number(stsz, 0)? {
        0 => Sizes::Each(numbers(stsz, 4)?.collect()),
        size => Sizes::Alike { count: number(stsz, 4)?, size },
    })
}

fn keys(stss: &BoxRef<'_>) -> Result<Vec<u64>, Fault> {
    let numbers = stss.leaf::<Stss>()?.entries;
    let mut keys: Vec<u64> = numbers.iter().filter_map(|n| u64::from(*n).checked_sub(1)).collect();
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

struct Join<'a> {
    tables: &'a Tables,
    file_size: u64,
    total: u64,
    number: u64,
    decode: i64,
    durations: Stretches<'a, u32>,
    compositions: Stretches<'a, i32>,
    layout_index: usize,
    key_index: usize,
    samples: Samples,
    cut: Option<u64>,
}

impl<'a> Join<'a> {
    fn new(tables: &'a Tables, file_size: u64) -> Self {
        Self {
            tables,
            file_size,
            total: match &tables.sizes {
                Sizes::Alike { count, .. } => u64::from(*count),
                Sizes::Each(sizes) => sizes.len() as u64,
            },
            number: 0,
            decode: 0,
            durations: Stretches::new(&tables.durations),
            compositions: Stretches::new(&tables.compositions),
            layout_index: 0,
            key_index: 0,
            samples: match &tables.sizes {
                Sizes::Alike { .. } => Samples::default(),
                Sizes::Each(sizes) => Samples::with_room(sizes.len()),
            },
            cut: None,
        }
    }

    /// Samples in a chunk and their sample entry, from 0.
    fn chunk_layout(&mut self, chunk: usize) -> (u32, u16) {
        let layout = &self.tables.layout;
        let begins = |entry: &StscEntry| u64::from(entry.first_chunk) <= chunk as u64 + 1;
        while layout.get(self.layout_index + 1).is_some_and(begins) {
            self.layout_index += 1;
        }
        layout.get(self.layout_index).filter(|entry| begins(entry)).map_or((0, 0), |entry| {
            (entry.samples_per_chunk, entry_index(entry.sample_description_index))
        })
    }

    /// Takes the samples of a chunk; false where there is nothing more to take.
    fn chunk(&mut self, mut offset: u64, count: u32, entry: u16) -> Result<bool, String> {
        let mut left = u64::from(count).min(self.total - self.number);
        while left > 0 {
            let (agree, size) = self.same_size();
            let (agree, key) = self.same_key(agree.min(left));
            let (agree, duration) = self.durations.next(agree);
            let (agree, composition) = self.compositions.next(agree);
            let whole = whole_samples(offset, size, agree, self.file_size);
            let count = u32::try_from(whole).map_err(|_| "a count is too large")?;
            if count > 0 {
                if self.samples.runs().len() >= limits::RUNS {
                    return Err(format!("more than {} runs of samples", limits::RUNS));
                }
                let decode = self.decode;
                let run = Run {
                    first: 0,
                    count,
                    offset,
                    size,
                    decode,
                    duration,
                    composition,
                    entry,
                    key,
                };
                self.samples.push(run, self.file_size)?;
                offset += run.bytes();
                self.decode = run.end();
            }
            if whole < agree {
                self.cut = Some(offset);
                return Ok(false);
            }
            self.number += agree;
            self.durations.advance(agree);
            self.compositions.advance(agree);
            left -= agree;
        }
        Ok(self.number < self.total)
    }

    fn same_size(&self) -> (u64, u32) {
        match &self.tables.sizes {
            Sizes::Alike { size, .. } => (self.total - self.number, *size),
            Sizes::Each(sizes) => {
                let index = usize::try_from(self.number).unwrap_or(usize::MAX);
                (1, sizes.get(index).copied().unwrap_or_default())
            }
        }
    }

    fn same_key(&mut self, agree: u64) -> (u64, bool) {
        let Some(keys) = &self.tables.keys else { return (agree, true) };
        while keys.get(self.key_index).is_some_and(|key| *key < self.number) {
            self.key_index += 1;
        }
        match keys.get(self.key_index) {
            Some(key) if *key == self.number => (1, true),
            Some(key) => (agree.min(key - self.number), false),
            None => (agree, false),
        }
    }
}

/// Sample descriptions are counted from 1; 0 is wrong and taken as the first.
pub(super) fn entry_index(index: u32) -> u16 {
    u16::try_from(index.saturating_sub(1)).unwrap_or(u16::MAX)
}

/// How many of `count` samples lie whole within the file.
pub(super) fn whole_samples(offset: u64, size: u32, count: u64, file_size: u64) -> u64 {
    match file_size.checked_sub(offset) {
        None => 0,
        // nearly always: spares the division, which costs as much as the rest
        Some(room) if count == 1 => u64::from(u64::from(size) <= room),
        Some(_) if size == 0 => count,
        Some(room) => count.min(room / u64::from(size)),
    }
}

/// A table of (count, value); the last value holds on where it ends early.
struct Stretches<'a, T> {
    entries: &'a [(u32, T)],
    taken: u32,
    last: T,
}

impl<'a, T: Copy + Default> Stretches<'a, T> {
    fn new(entries: &'a [(u32, T)]) -> Self {
        Self { entries, taken: 0, last: T::default() }
    }

    /// The value of the next sample, and of how many (at most `agree`).
    fn next(&mut self, agree: u64) -> (u64, T) {
        while let [(count, value), rest @ ..] = self.entries {
            if *count > self.taken {
                return (agree.min(u64::from(count - self.taken)), *value);
            }
            self.last = *value;
            self.entries = rest;
            self.taken = 0;
        }
        (agree, self.last)
    }

    /// `count` samples of what [`Self::next`] gave were taken.
    fn advance(&mut self, count: u64) {
        // Beyond the end of the table nothing is counted.
        if !self.entries.is_empty() {
            self.taken += u32::try_from(count).expect("next gave no more than is left");
        }
    }
}
