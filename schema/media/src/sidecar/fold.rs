//! Reads a `.meta` file into what it says altogether.

use super::{Clock, ClockStep, Closed, Lost, Opened, Record, Recovered, SampleRange, path_of};
use hitless_model::{ClockMap, MediaTime};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Why a `.meta` file could not be read or written. Spoiled lines are no
/// error.
#[derive(Debug, thiserror::Error)]
pub enum SidecarError {
    /// The system would not let us.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Far larger than any segment needs.
    #[error("{path} is larger than {limit} bytes", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
}

/// Beyond this it is not ours: a line for each sample of a day at 30 frames a
/// second would fit.
pub const SIDECAR_BYTES: u64 = 256 << 20;

/// Room made for a file before it is read; nearly all are smaller.
const ROOM: usize = 64 << 10;

/// All that a `.meta` file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sidecar {
    /// The first line, unless it was torn.
    pub opened: Option<Opened>,
    /// Every comparison of clocks, in the order of the file.
    pub clocks: Vec<Clock>,
    /// Damaged samples, sorted and joined.
    pub damaged: Vec<SampleRange>,
    /// Losses, in the order of the file.
    pub lost: Vec<Lost>,
    /// Steps of the host's clock.
    pub steps: Vec<ClockStep>,
    /// How it was finished, if it was.
    pub closed: Option<Closed>,
    /// What recovery found, the last time.
    pub recovered: Option<Recovered>,
    /// Lines that could not be read.
    pub spoiled: u32,
    /// The last line has no end.
    pub torn: bool,
}

impl Sidecar {
    /// Reads the file beside a segment; `None` if there is none.
    pub fn read(segment: &Path) -> Result<Option<Self>, SidecarError> {
        let path = path_of(segment);
        let bytes = match load(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(SidecarError::Io { path, source }),
        };
        if bytes.len() as u64 > SIDECAR_BYTES {
            return Err(SidecarError::TooLarge { path, limit: SIDECAR_BYTES });
        }
        Ok(Some(Self::parse(&bytes)))
    }

    /// What some bytes of such a file say.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut out = Self::default();
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        out.torn = end < bytes.len();
        for line in bytes[..end].split(|byte| *byte == b'\n') {
            if line.is_empty() {
                continue;
            }
            match serde_json::from_slice(line) {
                Ok(record) => out.take(record),
                Err(_) => out.spoiled = out.spoiled.saturating_add(1),
            }
        }
        out.damaged = joined(std::mem::take(&mut out.damaged));
        out
    }

    fn take(&mut self, record: Record) {
        match record {
            // A second one could only be another segment's.
            Record::Opened(opened) => {
                self.opened.get_or_insert(opened);
            }
            Record::Clock(clock) => self.clocks.push(clock),
            Record::Damaged(range) => self.damaged.push(range),
            Record::Lost(lost) => self.lost.push(lost),
            Record::ClockStep(step) => self.steps.push(step),
            Record::Closed(closed) => self.closed = Some(closed),
            Record::Recovered(recovered) => self.recovered = Some(recovered),
            Record::Unknown => {}
        }
    }

    /// The best way from media time to UTC: of the best source the smallest
    /// error, and of equals the last, which knows most about the drift. `None`
    /// without any comparison or without the first line.
    pub fn clock_map(&self) -> Option<ClockMap> {
        let timescale = self.opened.as_ref()?.timescale;
        // `min_by_key` gives the first of equals.
        let best = self.clocks.iter().rev().min_by_key(|c| (c.point.source, c.point.error))?;
        Some(ClockMap { point: best.point, timescale, drift_ppb: best.drift_ppb })
    }

    /// How many of the first `samples` are damaged.
    pub fn damaged_of(&self, samples: u64) -> u64 {
        let within = |range: &SampleRange| range.end().min(samples).saturating_sub(range.first);
        self.damaged.iter().map(within).sum()
    }

    /// Whether a sample is damaged.
    pub fn is_damaged(&self, sample: u64) -> bool {
        let after = self.damaged.partition_point(|range| range.first <= sample);
        after.checked_sub(1).is_some_and(|at| sample < self.damaged[at].end())
    }

    /// Where the segment begins on its strand's clock.
    pub fn rtp_start(&self) -> Option<MediaTime> {
        self.opened.as_ref().map(|opened| opened.rtp_start)
    }
}

fn load(path: &Path) -> io::Result<Vec<u8>> {
    let found = path.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no file"));
    }
    // a byte more, so that its end is seen without another buffer
    let room = usize::try_from(found.len()).unwrap_or(usize::MAX).saturating_add(1);
    let mut bytes = Vec::with_capacity(room.min(ROOM));
    File::open(path)?.take(SIDECAR_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn joined(mut ranges: Vec<SampleRange>) -> Vec<SampleRange> {
    ranges.retain(|range| range.count > 0);
    ranges.sort_unstable();
    let mut out: Vec<SampleRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.first <= last.end() => {
                last.count = last.end().max(range.end()) - last.first;
            }
            _ => out.push(range),
        }
    }
    out
}
