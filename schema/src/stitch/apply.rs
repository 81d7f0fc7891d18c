//! Putting plans into effect.
//!
//! What differs is found first, without any lock; then one transaction writes
//! it, camera by camera, each only if its generation is the one that was read.
//! The counter of changes is locked first, as by everybody who writes segments,
//! so that writers wait for each other and never deadlock.

use super::difference::Difference;
use super::window::{Applied, Window};
use super::work::read_state;
use crate::database::Transaction;
use crate::error::{ErrorKind, StoreError};
use crate::store::Store;
use std::collections::BTreeSet;

pub(super) const DOING: &str = "write a timeline";
const LOCK: &str = "UPDATE change_counter SET value = value WHERE id = 1";
const STATE: &str = "SELECT camera_id, generation, planned_seq, planned_until_ns, holder,
       leased_until_ns, indexed_seq FROM stitch_cameras WHERE camera_id = $1";
const ADVANCE: &str = "UPDATE stitch_cameras
     SET generation = generation + 1, planned_seq = $3, planned_until_ns = $4
     WHERE camera_id = $1 AND generation = $2";

impl Store {
    /// Makes windows of different cameras the timeline, in one transaction, and
    /// says of each what became of it, in their order. Only what differs is
    /// written. A window whose state is not the one that was read is left out;
    /// a window that would tear the timeline apart is an error, and nothing is
    /// written at all.
    pub async fn apply_windows(&self, windows: &[Window]) -> Result<Vec<Applied>, StoreError> {
        let cameras: BTreeSet<_> = windows.iter().map(|w| &w.camera).collect();
        if cameras.len() < windows.len() {
            return Err(self.torn("two windows of one camera in one transaction".to_owned()));
        }
        let mut applied = Vec::with_capacity(windows.len());
        let mut different = Vec::new();
        for (place, window) in windows.iter().enumerate() {
            let answer = self.compare(window).await?;
            applied.push(match answer {
                Ok(difference) => {
                    different.push((place, difference));
                    Applied::Unchanged { generation: window.generation }
                }
                Err(answer) => answer,
            });
        }
        if different.is_empty() {
            return Ok(applied);
        }
        different.sort_by(|(a, _), (b, _)| windows[*a].camera.cmp(&windows[*b].camera));
        let mut transaction = self.database().begin_unhurried(DOING).await?;
        transaction.execute(LOCK, vec![]).await?;
        for (place, difference) in &different {
            applied[*place] = write(&mut transaction, &windows[*place], difference).await?;
        }
        transaction.commit().await?;
        Ok(applied)
    }

    /// What has to be written; the answer, if nothing has to be.
    async fn compare<'w>(
        &self,
        window: &'w Window,
    ) -> Result<Result<Difference<'w>, Applied>, StoreError> {
        let values = vec![window.camera.as_str().into()];
        let found = self.select(DOING, STATE, values, read_state).await?;
        let Some(state) = found.into_iter().next() else {
            return Ok(Err(Applied::Conflict { generation: None }));
        };
        let generation = state.generation;
        if generation != window.generation {
            return Ok(Err(Applied::Conflict { generation: Some(generation) }));
        }
        let difference = Difference::of(self, window, state).await?;
        Ok(if difference.is_empty() {
            Err(Applied::Unchanged { generation })
        } else {
            Ok(difference)
        })
    }

    /// A plan that does not fit what is stored.
    pub(super) fn torn(&self, detail: String) -> StoreError {
        self.database().error(ErrorKind::Bug, DOING, detail)
    }
}

async fn write(
    transaction: &mut Transaction,
    window: &Window,
    difference: &Difference<'_>,
) -> Result<Applied, StoreError> {
    let camera = window.camera.as_str();
    let values = vec![
        camera.into(),
        window.generation.into(),
        difference.planned_seq.get().into(),
        difference.planned_until.map(|t| t.as_ns()).into(),
    ];
    if transaction.execute(ADVANCE, values).await? == 0 {
        let found = transaction.select(STATE, vec![camera.into()], read_state).await?;
        return Ok(Applied::Conflict { generation: found.first().map(|s| s.generation) });
    }
    difference.entries.write(transaction, &window.camera).await?;
    difference.gaps.write(transaction, window).await?;
    difference.alignments.write(transaction, &window.camera).await?;
    difference.findings.write(transaction, window).await?;
    difference.carries.write(transaction, &window.camera).await?;
    let marked = difference.judged.write(transaction, &window.camera).await?;
    Ok(Applied::Written {
        generation: window.generation + 1,
        entries_added: difference.entries.added,
        entries_removed: difference.entries.removed,
        gaps_opened: difference.gaps.opened(),
        gaps_repaired: difference.gaps.repaired(),
        marked,
    })
}
