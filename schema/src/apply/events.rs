//! Events: rows that are added and never changed.

use super::batch::Batch;
use super::counter::Numbers;
use crate::database::Transaction;
use crate::error::StoreError;

pub(super) async fn write(
    transaction: &mut Transaction,
    batch: &Batch<'_>,
    numbers: &mut Numbers,
) -> Result<(), StoreError> {
    for (stamp, event) in &batch.camera_events {
        let values = vec![
            event.camera.as_str().into(),
            event.run.as_str().into(),
            event.instance.as_str().into(),
            event.at.as_ns().into(),
            event.state.as_str().into(),
            event.cause.map(|c| c.as_str()).into(),
            event.detail.as_str().into(),
            stamp.as_ns().into(),
            numbers.next().into(),
        ];
        transaction.execute(CAMERA_EVENT, values).await?;
    }
    for (stamp, step) in &batch.clock_steps {
        let values = vec![
            step.run.as_str().into(),
            stamp.as_ns().into(),
            step.instance.as_str().into(),
            step.camera.as_ref().map(|c| c.as_str()).into(),
            step.at.as_ns().into(),
            step.step.get().into(),
        ];
        transaction.execute(CLOCK_EVENT, values).await?;
    }
    Ok(())
}

const CAMERA_EVENT: &str = "INSERT INTO camera_events
       (camera_id, run_id, instance_id, at_ns, state, cause, detail, stamp, change_seq)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (camera_id, run_id, stamp) DO NOTHING";

const CLOCK_EVENT: &str = "INSERT INTO clock_events
       (run_id, stamp, instance_id, camera_id, at_ns, step_ns)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (run_id, stamp) DO NOTHING";
