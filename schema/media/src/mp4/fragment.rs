//! Puts the samples of a `moof` behind those of the tables
//! (ISO/IEC 14496-12, 8.8).

use super::boxes::BoxRef;
use super::error::Fault;
use super::limits;
use super::moov::{Moov, first};
use super::samples::{Run, Samples};
use super::stbl::{composition, entry_index, whole_samples};
use super::trun;
use mp4_atom::{Tfdt, Tfhd, Trex, Trun, TrunEntry, TrunSamples};
use std::collections::HashSet;

/// `sample_is_non_sync_sample` (8.8.3.1).
const NON_SYNC: u32 = 0x0001_0000;

/// The fragments of a file as they are met.
#[derive(Default)]
pub(super) struct Fragments {
    /// Per track: where the samples of its tables begin. A file killed while
    /// it was finished has them in its fragments too.
    in_tables: Option<Vec<HashSet<u64>>>,
    /// Fragments that brought samples.
    pub(super) count: u32,
}

/// Where data of a `traf` is counted from.
struct Base {
    moof: u64,
    /// End of the data of the `traf` before, in this `moof`.
    previous_end: Option<u64>,
}

impl Fragments {
    /// Adds the samples of a `moof` that is whole in memory.
    pub(super) fn add(
        &mut self,
        moov: &mut Moov,
        moof: &BoxRef<'_>,
        file_size: u64,
    ) -> Result<(), Fault> {
        let before = moov.samples();
        self.in_tables.get_or_insert_with(|| starts(moov));
        let mut base = Base { moof: moof.at, previous_end: None };
        for child in moof.children() {
            let child = child?;
            if &child.kind.0 == b"traf" {
                self.add_track(moov, &child, &mut base, file_size)?;
            }
        }
        self.count += u32::from(moov.samples() > before);
        Ok(())
    }

    fn add_track(
        &mut self,
        moov: &mut Moov,
        traf: &BoxRef<'_>,
        base: &mut Base,
        file_size: u64,
    ) -> Result<(), Fault> {
        let head = traf.needed(b"tfhd")?.leaf::<Tfhd>()?;
        let Some(index) = moov.tracks.iter().position(|track| track.id == head.track_id) else {
            // Of a track that was set aside, or was never announced.
            return Ok(());
        };
        let defaults = moov.defaults.iter().find(|trex| trex.track_id == head.track_id);
        let inherited = Inherited::new(&head, defaults);
        let used: usize = moov.tracks.iter().map(|track| track.samples.runs().len()).sum();
        let in_tables = self.in_tables.as_ref().and_then(|tables| tables.get(index));
        let samples = &mut moov.tracks[index].samples;
        let decode = match traf.child(b"tfdt") {
            Some(tfdt) => tfdt.leaf::<Tfdt>()?.base_media_decode_time,
            None => u64::try_from(samples.end()).unwrap_or(0),
        };
        let start = match head.base_data_offset {
            Some(offset) => offset,
            None if head.default_base_is_moof => base.moof,
            None => base.previous_end.unwrap_or(base.moof),
        };
        let mut append = Append {
            samples,
            in_tables,
            inherited,
            decode: i64::try_from(decode).map_err(|_| traf.fault("its time is out of range"))?,
            start,
            next: start,
            file_size,
            runs_left: limits::RUNS.saturating_sub(used),
            first: None,
            cut: None,
        };
        for child in traf.children() {
            let child = child?;
            if &child.kind.0 == b"trun" {
                let run = trun::read(&child)?;
                append.run(&run).map_err(|reason| child.fault(reason))?;
            }
        }
        base.previous_end = Some(append.next);
        moov.cut = first(moov.cut, append.cut);
        Ok(())
    }
}

/// Where the samples of each track begin.
fn starts(moov: &Moov) -> Vec<HashSet<u64>> {
    let of = |samples: &Samples| samples.runs().iter().map(|run| run.offset).collect();
    moov.tracks.iter().map(|track| of(&track.samples)).collect()
}

/// What a sample has where its `trun` does not say.
struct Inherited {
    entry: u16,
    duration: u32,
    size: u32,
    flags: u32,
}

impl Inherited {
    fn new(head: &Tfhd, defaults: Option<&Trex>) -> Self {
        let of =
            |own: Option<u32>, get: fn(&Trex) -> u32| own.or(defaults.map(get)).unwrap_or_default();
        Self {
            entry: entry_index(of(head.sample_description_index, |t| {
                t.default_sample_description_index
            })),
            duration: of(head.default_sample_duration, |t| t.default_sample_duration),
            size: of(head.default_sample_size, |t| t.default_sample_size),
            flags: of(head.default_sample_flags, |t| t.default_sample_flags),
        }
    }
}

struct Append<'a> {
    samples: &'a mut Samples,
    in_tables: Option<&'a HashSet<u64>>,
    inherited: Inherited,
    decode: i64,
    /// What data offsets are counted from.
    start: u64,
    /// Where data goes on that has no offset of its own.
    next: u64,
    file_size: u64,
    runs_left: usize,
    /// The first samples of this fragment.
    first: Option<Run>,
    cut: Option<u64>,
}

impl Append<'_> {
    fn run(&mut self, run: &Trun) -> Result<(), String> {
        if let Some(offset) = run.data_offset {
            let start = self.start.checked_add_signed(i64::from(offset));
            self.next = start.ok_or("its data begins before the file")?;
        }
        match &run.samples {
            TrunSamples::Explicit(entries) => entries.iter().try_for_each(|e| self.take(e, 1)),
            // All alike but for the first one's flags, and not a byte each in
            // the box: kept as runs, or a count of 2^32 would fill memory.
            TrunSamples::Inherited { count: 0, .. } => Ok(()),
            TrunSamples::Inherited { count: 1, .. } if self.inherited.size == 0 => {
                self.take(&self.like_the_first(), 1)
            }
            TrunSamples::Inherited { count, first_flags: None } => {
                self.take(&TrunEntry::default(), *count)
            }
            TrunSamples::Inherited { count, first_flags } => {
                self.take(&TrunEntry { flags: *first_flags, ..TrunEntry::default() }, 1)?;
                self.take(&TrunEntry::default(), count - 1)
            }
        }
    }

    /// GStreamer 1.22 leaves everything out of a `trun` whose only sample is
    /// like the first of the fragment, also where `tfhd` no longer has the
    /// defaults for it: every fragment of Opus at a constant rate has one.
    fn like_the_first(&self) -> TrunEntry {
        let Some(first) = &self.first else {
            return TrunEntry::default();
        };
        TrunEntry { size: Some(first.size), duration: Some(first.duration), ..TrunEntry::default() }
    }

    fn take(&mut self, entry: &TrunEntry, count: u32) -> Result<(), String> {
        if count == 0 || self.cut.is_some() {
            return Ok(());
        }
        let size = entry.size.unwrap_or(self.inherited.size);
        if size == 0 && count > 1 {
            return Err(format!("has {count} samples without a byte"));
        }
        let whole = whole_samples(self.next, size, u64::from(count), self.file_size);
        let run = Run {
            first: 0,
            count: u32::try_from(whole).map_err(|_| "a count is too large")?,
            offset: self.next,
            size,
            decode: self.decode,
            duration: entry.duration.unwrap_or(self.inherited.duration),
            composition: composition(entry.cts.unwrap_or_default()),
            entry: self.inherited.entry,
            key: entry.flags.unwrap_or(self.inherited.flags) & NON_SYNC == 0,
        };
        self.first.get_or_insert(run);
        if whole < u64::from(count) {
            self.cut = Some(self.next + run.bytes());
        }
        let known = self.in_tables.is_some_and(|tables| tables.contains(&run.offset));
        if run.count > 0 && !known {
            self.runs_left = self
                .runs_left
                .checked_sub(1)
                .ok_or_else(|| format!("more than {} runs of samples", limits::RUNS))?;
            self.samples.push(run, self.file_size)?;
        }
        self.next += run.bytes();
        self.decode = run.end();
        Ok(())
    }
}
