//! What the stitcher made of segments, by the hour of their names, packed.
//!
//! Where a plan put a segment has to be known once its row changes, and its
//! status is compared at every run: an hour of sixty segments is one row here.
//! The instant in a name never changes, so a segment never changes its hour.

use super::apply::DOING;
use crate::database::{Row, Transaction};
use crate::error::{ErrorKind, StoreError};
use crate::read::{bytes, int};
use crate::store::Store;
use crate::timeline::hours::hour_of;
use hitless_model::{
    CameraId, InstanceId, Nanos, OverlapStatus, SegmentName, SegmentNumber, TimeRange, Utc,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The first byte; another one is another format.
const FORMAT: u8 = 1;
/// Places in this list are part of the format.
const STATUSES: [OverlapStatus; 5] = [
    OverlapStatus::Pending,
    OverlapStatus::Unique,
    OverlapStatus::Kept,
    OverlapStatus::Trimmed,
    OverlapStatus::Duplicate,
];
/// A plan puts a segment where its name says, give or take this much; others
/// are displaced, and listed.
const FAR: Nanos = Nanos::from_secs(60);
const WITHIN: &str = "SELECT hour_ns, judged FROM judged_hours
     WHERE camera_id = $1 AND hour_ns >= $2 AND hour_ns <= $3";

const FORGET: &str = "DELETE FROM judged_hours WHERE camera_id = $1 AND hour_ns = $2";
const REPLACE: &str = "UPDATE judged_hours SET judged = $3 WHERE camera_id = $1 AND hour_ns = $2";
const ADVANCE: &str = "UPDATE stitch_cameras SET generation = generation + 1
     WHERE camera_id = $1 AND generation > 0";

/// What a plan made of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub status: OverlapStatus,
    pub placed: TimeRange,
}

impl Verdict {
    /// Is it far from where its name says?
    pub fn is_displaced(&self, name: &SegmentName) -> bool {
        self.placed.from.since(name.start).abs() > FAR
    }
}

/// The verdicts of one hour.
pub(crate) type Verdicts = BTreeMap<SegmentName, Verdict>;

/// The hour in which a segment's verdict is kept.
pub(crate) fn hour_of_name(name: &SegmentName) -> Utc {
    hour_of(name.start)
}

#[derive(Serialize, Deserialize, Default)]
struct Hour {
    instances: Vec<InstanceId>,
    segments: Vec<Packed>,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    /// Place in the list.
    instance: u32,
    /// After the hour.
    named: i64,
    number: u64,
    status: u8,
    /// After the instant in the name.
    placed: i64,
    length: i64,
}

/// Verdicts as bytes; the same ones always give the same bytes.
pub(super) fn pack(hour: Utc, verdicts: &Verdicts) -> Result<Vec<u8>, String> {
    let mut packed = Hour::default();
    for (name, verdict) in verdicts {
        let known = packed.instances.iter().position(|i| *i == name.instance);
        let instance = known.unwrap_or_else(|| {
            packed.instances.push(name.instance.clone());
            packed.instances.len() - 1
        });
        let status = STATUSES.iter().position(|s| *s == verdict.status).unwrap_or_default();
        let TimeRange { from, to } = verdict.placed;
        packed.segments.push(Packed {
            instance: u32::try_from(instance).map_err(|e| e.to_string())?,
            named: name.start.as_ns().wrapping_sub(hour.as_ns()),
            number: name.number.get(),
            status: u8::try_from(status).map_err(|e| e.to_string())?,
            placed: from.as_ns().wrapping_sub(name.start.as_ns()),
            length: to.as_ns().wrapping_sub(from.as_ns()),
        });
    }
    postcard::to_extend(&packed, vec![FORMAT]).map_err(|e| e.to_string())
}

/// Reads what [`pack`] wrote. The error is a sentence.
pub(super) fn unpack(camera: &CameraId, hour: Utc, bytes: &[u8]) -> Result<Verdicts, String> {
    let told = |problem: &str| format!("statuses of {camera}, hour {hour}: {problem}");
    let Some((&FORMAT, bytes)) = bytes.split_first() else {
        return Err(told("written by another version of the program"));
    };
    let packed: Hour = postcard::from_bytes(bytes).map_err(|e| told(&e.to_string()))?;
    let one = |segment: &Packed| {
        let name = SegmentName {
            camera: camera.clone(),
            start: Utc::from_ns(hour.as_ns().wrapping_add(segment.named)),
            instance: packed.instances.get(segment.instance as usize)?.clone(),
            number: SegmentNumber::new(segment.number),
        };
        let from = Utc::from_ns(name.start.as_ns().wrapping_add(segment.placed));
        let to = Utc::from_ns(from.as_ns().wrapping_add(segment.length));
        let status = *STATUSES.get(usize::from(segment.status))?;
        Some((name, Verdict { status, placed: TimeRange { from, to } }))
    };
    let verdicts: Option<_> = packed.segments.iter().map(one).collect();
    verdicts.ok_or_else(|| told("a status that points nowhere"))
}

/// One stored hour.
pub(crate) struct JudgedHour {
    pub packed: Vec<u8>,
    pub verdicts: Verdicts,
}

impl Store {
    /// The verdicts of segments whose names lie between two hours, both
    /// included.
    pub(crate) async fn judged_hours(
        &self,
        camera: &CameraId,
        first: Utc,
        last: Utc,
    ) -> Result<BTreeMap<Utc, JudgedHour>, StoreError> {
        let values = vec![camera.as_str().into(), first.as_ns().into(), last.as_ns().into()];
        let read = |row: &Row| {
            let (hour, packed) = (Utc::from_ns(int(row, 0)?), bytes(row, 1)?.to_vec());
            let verdicts = unpack(camera, hour, &packed)?;
            Ok((hour, JudgedHour { packed, verdicts }))
        };
        Ok(self.select(DOING, WITHIN, values, read).await?.into_iter().collect())
    }

    /// Verdicts that cannot be packed.
    pub(super) fn unfit(&self, detail: String) -> StoreError {
        self.database().error(ErrorKind::Bug, DOING, detail)
    }
}

/// Forgets segments whose rows are folded away. Whoever has read the verdicts
/// before must read them again.
pub(crate) async fn forget(
    transaction: &mut Transaction,
    camera: &CameraId,
    names: &[SegmentName],
) -> Result<(), StoreError> {
    let mut hours: BTreeMap<Utc, Vec<&SegmentName>> = BTreeMap::new();
    for name in names {
        hours.entry(hour_of_name(name)).or_default().push(name);
    }
    for (hour, names) in hours {
        let key = || vec![camera.as_str().into(), hour.as_ns().into(), hour.as_ns().into()];
        let read = |row: &Row| unpack(camera, hour, bytes(row, 1)?);
        let Some(mut verdicts) = transaction.select(WITHIN, key(), read).await?.pop() else {
            continue;
        };
        verdicts.retain(|name, _| !names.contains(&name));
        let packed = pack(hour, &verdicts).map_err(|e| transaction.corrupt(&e))?;
        let (sql, values) = if verdicts.is_empty() {
            (FORGET, vec![camera.as_str().into(), hour.as_ns().into()])
        } else {
            (REPLACE, vec![camera.as_str().into(), hour.as_ns().into(), packed.into()])
        };
        transaction.execute(sql, values).await?;
    }
    transaction.execute(ADVANCE, vec![camera.as_str().into()]).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever goes in comes out; bytes that rotted are no panic.
        #[test]
        fn verdicts_come_back(
            rows in proptest::collection::vec(
                ("[ab]", any::<[i64; 3]>(), any::<u64>(), 0..STATUSES.len()), 0..20),
            at in any::<proptest::sample::Index>(), rot in any::<u8>(),
        ) {
            let camera = CameraId::new("CAMERA_1").expect("valid");
            let verdicts: Verdicts = rows.into_iter().map(|(instance, times, number, status)| {
                let [start, from, to] = times.map(Utc::from_ns);
                let instance = InstanceId::new(instance).expect("valid");
                let number = SegmentNumber::new(number);
                let name = SegmentName { camera: camera.clone(), start, instance, number };
                let placed = TimeRange { from, to };
                (name, Verdict { status: STATUSES[status], placed })
            }).collect();
            let hour = Utc::from_ns(7);
            let mut packed = pack(hour, &verdicts).expect("packs");
            prop_assert_eq!(unpack(&camera, hour, &packed).expect("unpacks"), verdicts);
            let at = at.index(packed.len());
            packed[at] = rot;
            let _ = unpack(&camera, hour, &packed);
            packed.truncate(at);
            let _ = unpack(&camera, hour, &packed);
        }
    }
}
