//! What became of segments. It is no change: a run that finds nothing new to
//! plan must not give the next one work.
//!
//! Verdicts are kept by the hour; of the rows only the status is written, and
//! only where it is another one, or where the row is newer than the verdict
//! that is stored.

use super::apply::DOING;
use super::judged_hours::{JudgedHour, Verdict, Verdicts, hour_of_name, pack};
use super::window::Window;
use crate::database::{Row, Statement, Transaction, Value, lots};
use crate::error::StoreError;
use crate::read::{ChangeSeq, text, word};
use crate::store::Store;
use hitless_model::{CameraId, OverlapStatus, SegmentName, Utc};
use std::collections::{BTreeMap, HashMap};

/// Names in one statement.
const LOT: usize = 256;
/// Hours in one statement.
const HOURS: usize = 64;
const NEW_ROWS: &str = "SELECT name, overlap_status FROM video_segments
     WHERE camera_id = $1 AND change_seq > $2";
const FORGET: &str = "DELETE FROM displaced_segments WHERE camera_id = $1 AND name = $2";
const DISPLACE: &str = "INSERT INTO displaced_segments
       (camera_id, name, placed_from_ns, placed_to_ns) VALUES ($1, $2, $3, $4)
     ON CONFLICT (camera_id, name) DO UPDATE SET
       placed_from_ns = excluded.placed_from_ns, placed_to_ns = excluded.placed_to_ns";

/// Names that a statement may leave out.
const EXCEPTIONS: usize = 256;

#[derive(Default)]
pub(super) struct Judgements {
    hours: Vec<(Utc, Vec<u8>)>,
    /// A status that all segments have but these, as of this change.
    most: Option<Most>,
    mark: BTreeMap<OverlapStatus, Vec<SegmentName>>,
    displace: Vec<(SegmentName, Verdict)>,
    forget: Vec<SegmentName>,
}

/// The status that nearly all segments of a camera have.
struct Most {
    status: OverlapStatus,
    but: Vec<SegmentName>,
    seen: ChangeSeq,
}

impl Judgements {
    /// `seen`: the changes that were planned before.
    pub async fn of(store: &Store, window: &Window, seen: ChangeSeq) -> Result<Self, StoreError> {
        let mut planned: BTreeMap<Utc, Verdicts> = BTreeMap::new();
        for judged in &window.judged {
            let name = &judged.segment;
            if name.camera != window.camera {
                return Err(store.torn(format!("{name} is not a segment of {}", window.camera)));
            }
            let verdict = Verdict { status: judged.status, placed: judged.placed };
            planned.entry(hour_of_name(name)).or_default().insert(name.clone(), verdict);
        }
        let (Some(first), Some(last)) = (planned.keys().next(), planned.keys().next_back()) else {
            return Ok(Self::default());
        };
        let mut stored = BTreeMap::new();
        let mut new_rows = HashMap::new();
        if window.generation > 0 {
            stored = store.judged_hours(&window.camera, *first, *last).await?;
            let values = vec![window.camera.as_str().into(), seen.get().into()];
            let read = |row: &Row| {
                let name = SegmentName::parse(text(row, 0)?).map_err(|e| e.to_string())?;
                Ok((name, word(row, 1, OverlapStatus::parse)?))
            };
            new_rows = store.select(DOING, NEW_ROWS, values, read).await?.into_iter().collect();
        }
        let mut judgements = Self::default();
        for (hour, verdicts) in planned {
            let stored = stored.remove(&hour);
            judgements.add(hour, stored, verdicts, &new_rows).map_err(|e| store.unfit(e))?;
        }
        judgements.find_most(window);
        Ok(judgements)
    }

    /// Where every segment was judged for the first time, one statement marks
    /// most of them: naming them takes longer than all the rest.
    fn find_most(&mut self, window: &Window) {
        let (Some(unjudged), Some(seen)) = (&window.unjudged, window.planned_seq) else { return };
        if window.generation > 0 {
            return;
        }
        let Some((status, names)) = self.mark.iter().max_by_key(|(_, names)| names.len()) else {
            return;
        };
        let (status, count) = (*status, names.len());
        let others = self.mark.iter().filter(|(other, _)| **other != status);
        let but: Vec<SegmentName> =
            others.flat_map(|(_, names)| names).chain(unjudged).cloned().collect();
        if but.len() <= EXCEPTIONS && but.len() < count {
            self.mark.remove(&status);
            self.most = Some(Most { status, but, seen });
        }
    }

    fn add(
        &mut self,
        hour: Utc,
        stored: Option<JudgedHour>,
        planned: Verdicts,
        new_rows: &HashMap<SegmentName, OverlapStatus>,
    ) -> Result<(), String> {
        let (before, mut verdicts) =
            stored.map_or_else(Default::default, |s| (s.packed, s.verdicts));
        for (name, is) in &planned {
            let was = verdicts.get(name).copied();
            // A row that is new is pending, whatever was said of an older one
            // of its name.
            let marked = match new_rows.get(name) {
                Some(status) => Some(*status),
                None => was.map(|was| was.status),
            };
            if is.is_displaced(name) {
                if was != Some(*is) {
                    self.displace.push((name.clone(), *is));
                }
            } else if was.is_some_and(|was| was.is_displaced(name)) {
                self.forget.push(name.clone());
            }
            if marked != Some(is.status) {
                self.mark.entry(is.status).or_default().push(name.clone());
            }
        }
        if verdicts.is_empty() {
            verdicts = planned;
        } else {
            verdicts.extend(planned);
        }
        let packed = pack(hour, &verdicts)?;
        if packed != before {
            self.hours.push((hour, packed));
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.hours.is_empty() && self.mark.is_empty() && self.most.is_none()
    }

    /// How many rows have another status now.
    pub async fn write(
        &self,
        transaction: &mut Transaction,
        camera: &CameraId,
    ) -> Result<u64, StoreError> {
        self.write_hours(transaction, camera).await?;
        for name in &self.forget {
            let values = vec![camera.as_str().into(), name.to_string().into()];
            transaction.execute(FORGET, values).await?;
        }
        for (name, verdict) in &self.displace {
            let (from, to) = (verdict.placed.from.as_ns(), verdict.placed.to.as_ns());
            let values: Vec<Value> =
                vec![camera.as_str().into(), name.to_string().into(), from.into(), to.into()];
            transaction.execute(DISPLACE, values).await?;
        }
        let mut touched = 0;
        if let Some(most) = &self.most {
            touched += most.write(transaction, camera).await?;
        }
        for (status, names) in &self.mark {
            for lot in lots(names, LOT) {
                let mut statement = Statement::new(transaction.dialect(), "");
                statement.update("video_segments").text(" SET overlap_status = ");
                statement.bind(status.as_str()).text(" WHERE camera_id = ").bind(camera.as_str());
                statement.text(" AND overlap_status <> ").bind(status.as_str());
                statement.text(" AND name IN (");
                statement.list(lot.iter().map(|name| name.to_string().into())).text(")");
                touched += transaction.run(statement).await?;
            }
        }
        Ok(touched)
    }

    async fn write_hours(
        &self,
        transaction: &mut Transaction,
        camera: &CameraId,
    ) -> Result<(), StoreError> {
        for lot in lots(&self.hours, HOURS) {
            let insert = "INSERT INTO judged_hours (camera_id, hour_ns, judged) VALUES ";
            let mut statement = Statement::new(transaction.dialect(), insert);
            let row = |(hour, packed): &(Utc, Vec<u8>)| -> Vec<Value> {
                vec![camera.as_str().into(), hour.as_ns().into(), packed.clone().into()]
            };
            let replace =
                " ON CONFLICT (camera_id, hour_ns) DO UPDATE SET judged = excluded.judged";
            statement.rows(lot.iter().map(row)).text(replace);
            transaction.run(statement).await?;
        }
        Ok(())
    }
}

impl Most {
    async fn write(
        &self,
        transaction: &mut Transaction,
        camera: &CameraId,
    ) -> Result<u64, StoreError> {
        let mut statement = Statement::new(transaction.dialect(), "");
        statement.update("video_segments").text(" SET overlap_status = ");
        statement.bind(self.status.as_str()).text(" WHERE camera_id = ").bind(camera.as_str());
        statement.text(" AND overlap_status <> ").bind(self.status.as_str());
        // the sum keeps SQLite from the index of changes: rows lie by name
        statement.text(" AND change_seq + 0 <= ").bind(self.seen.get());
        if !self.but.is_empty() {
            statement.text(" AND name NOT IN (");
            statement.list(self.but.iter().map(|name| name.to_string().into())).text(")");
        }
        transaction.run(statement).await
    }
}
