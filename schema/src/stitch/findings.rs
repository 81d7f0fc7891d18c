//! What did not fit together: few, and replaced all together.

use super::apply::DOING;
use super::window::Window;
use crate::database::{Transaction, Value};
use crate::error::StoreError;
use crate::store::Store;
use crate::timeline::{FindingRow, read_finding};

const STORED: &str = "SELECT at_ns, kind, detail FROM stitch_findings
     WHERE camera_id = $1 AND at_ns >= $2 AND at_ns < $3 ORDER BY at_ns, part";
const FORGET: &str = "DELETE FROM stitch_findings
     WHERE camera_id = $1 AND at_ns >= $2 AND at_ns < $3";
const INSERT: &str = "INSERT INTO stitch_findings (camera_id, at_ns, part, kind, detail)
     VALUES ($1, $2, $3, $4, $5)";

/// `None`: as they are stored.
pub(super) struct Findings<'w>(Option<Vec<&'w FindingRow>>);

impl<'w> Findings<'w> {
    pub async fn of(store: &Store, window: &'w Window) -> Result<Self, StoreError> {
        if let Some(other) = window.findings.iter().find(|f| !window.holds(f.at)) {
            return Err(store.torn(format!("a finding at {}, outside the window", other.at)));
        }
        let mut planned: Vec<&FindingRow> = window.findings.iter().collect();
        planned.sort_by(|a, b| (a.at, &a.kind, &a.detail).cmp(&(b.at, &b.kind, &b.detail)));
        let stored = if window.generation == 0 {
            Vec::new()
        } else {
            store.select(DOING, STORED, bounds(window), read_finding).await?
        };
        Ok(Self((!stored.iter().eq(planned.iter().copied())).then_some(planned)))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub async fn write(
        &self,
        transaction: &mut Transaction,
        window: &Window,
    ) -> Result<(), StoreError> {
        let Some(planned) = &self.0 else { return Ok(()) };
        transaction.execute(FORGET, bounds(window)).await?;
        for at_once in planned.chunk_by(|a, b| a.at == b.at) {
            for (part, finding) in (0_i64..).zip(at_once) {
                let values = vec![
                    window.camera.as_str().into(),
                    finding.at.as_ns().into(),
                    part.into(),
                    finding.kind.as_str().into(),
                    finding.detail.as_str().into(),
                ];
                transaction.execute(INSERT, values).await?;
            }
        }
        Ok(())
    }
}

fn bounds(window: &Window) -> Vec<Value> {
    let (from, to) = window.bounds();
    vec![window.camera.as_str().into(), from.as_ns().into(), to.as_ns().into()]
}
