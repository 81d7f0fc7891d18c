//! The hours that a timeline is kept in.

use super::entry::Entry;
use super::pack::{pack, unpack};
use crate::database::Row;
use crate::read::{bytes, int};
use hitless_model::{CameraId, Nanos, Utc};
use std::collections::BTreeMap;

const HOUR: Nanos = Nanos::from_secs(3600);

/// A row of `timeline_hours`.
pub(crate) struct HourRow {
    pub hour: Utc,
    pub end: Utc,
    pub packed: Vec<u8>,
}

impl HourRow {
    /// Of `hour_ns, end_ns, entries`.
    pub fn read(row: &Row) -> Result<Self, String> {
        Ok(Self {
            hour: Utc::from_ns(int(row, 0)?),
            end: Utc::from_ns(int(row, 1)?),
            packed: bytes(row, 2)?.to_vec(),
        })
    }

    pub fn entries(&self, camera: &CameraId) -> Result<Vec<Entry>, String> {
        unpack(camera, self.hour, &self.packed)
    }
}

/// The full hour at or before an instant.
pub(crate) fn hour_of(at: Utc) -> Utc {
    Utc::from_ns(at.as_ns().div_euclid(HOUR.get()).saturating_mul(HOUR.get()))
}

/// Entries by the hour in which they start, packed.
pub(crate) fn cut_into_hours(entries: &[Entry]) -> Result<BTreeMap<Utc, HourRow>, String> {
    let same = |a: &Entry, b: &Entry| hour_of(a.start) == hour_of(b.start);
    let mut hours = BTreeMap::new();
    for entries in entries.chunk_by(same) {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { continue };
        let hour = hour_of(first.start);
        let row = HourRow { hour, end: last.end, packed: pack(hour, entries)? };
        if hours.insert(hour, row).is_some() {
            return Err(format!("entries are out of order in the hour {hour}"));
        }
    }
    Ok(hours)
}
