//! Runs and cameras: few rows, changed often.

use super::batch::Batch;
use crate::database::Transaction;
use crate::error::StoreError;

/// An instant that a run has reached stays; its heartbeat is that of the
/// highest stamp, not the latest instant: the host's clock may step back.
const RUN: &str = "INSERT INTO recorder_runs
       (run_id, instance_id, host, pid, version, started_ns, ready_ns, draining_ns, stopped_ns,
        heartbeat_ns, stamp)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (run_id) DO UPDATE SET
       ready_ns = COALESCE(recorder_runs.ready_ns, excluded.ready_ns),
       draining_ns = COALESCE(recorder_runs.draining_ns, excluded.draining_ns),
       stopped_ns = COALESCE(recorder_runs.stopped_ns, excluded.stopped_ns),
       heartbeat_ns = CASE WHEN excluded.stamp > recorder_runs.stamp
                      THEN excluded.heartbeat_ns ELSE recorder_runs.heartbeat_ns END,
       stamp = CASE WHEN excluded.stamp > recorder_runs.stamp
               THEN excluded.stamp ELSE recorder_runs.stamp END";

pub(super) async fn write_runs(
    transaction: &mut Transaction,
    batch: &Batch<'_>,
) -> Result<(), StoreError> {
    for (stamp, run) in &batch.runs {
        let values = vec![
            run.run.as_str().into(),
            run.instance.as_str().into(),
            run.host.as_str().into(),
            i64::from(run.pid).into(),
            run.version.as_str().into(),
            run.started.as_ns().into(),
            run.ready.map(|t| t.as_ns()).into(),
            run.draining.map(|t| t.as_ns()).into(),
            run.stopped.map(|t| t.as_ns()).into(),
            run.heartbeat.as_ns().into(),
            stamp.as_ns().into(),
        ];
        transaction.execute(RUN, values).await?;
    }
    for (run, (stamp, at)) in &batch.heartbeats {
        let values = vec![run.as_str().into(), at.as_ns().into(), stamp.as_ns().into()];
        transaction
            .execute(
                "UPDATE recorder_runs SET heartbeat_ns = $2, stamp = $3
                 WHERE run_id = $1 AND stamp < $3",
                values,
            )
            .await?;
    }
    Ok(())
}

const CAMERA: &str = "INSERT INTO cameras (camera_id, enabled, first_seen_ns, last_seen_ns, stamp)
     VALUES ($1, $2, $3, $3, $4)
     ON CONFLICT (camera_id) DO UPDATE SET
       enabled = CASE WHEN excluded.stamp > cameras.stamp
                 THEN excluded.enabled ELSE cameras.enabled END,
       first_seen_ns = CASE WHEN excluded.first_seen_ns < cameras.first_seen_ns
                       THEN excluded.first_seen_ns ELSE cameras.first_seen_ns END,
       last_seen_ns = CASE WHEN excluded.last_seen_ns > cameras.last_seen_ns
                      THEN excluded.last_seen_ns ELSE cameras.last_seen_ns END,
       stamp = CASE WHEN excluded.stamp > cameras.stamp
               THEN excluded.stamp ELSE cameras.stamp END";

pub(super) async fn write_cameras(
    transaction: &mut Transaction,
    batch: &Batch<'_>,
) -> Result<(), StoreError> {
    for ((camera, stamp), (enabled, at)) in &batch.cameras {
        let values = vec![
            camera.as_str().into(),
            i64::from(*enabled).into(),
            at.as_ns().into(),
            stamp.as_ns().into(),
        ];
        transaction.execute(CAMERA, values).await?;
    }
    Ok(())
}
