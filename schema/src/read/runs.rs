//! Lives of recorders.

use super::{id, int, maybe_int, text};
use crate::database::Row;
use crate::error::StoreError;
use crate::store::Store;
use hitless_model::{Run, RunId, Utc};

const SELECT_ONE: &str = "SELECT run_id, instance_id, host, pid, version, started_ns, ready_ns,
       draining_ns, stopped_ns, heartbeat_ns
     FROM recorder_runs WHERE run_id = $1";
const SELECT_LIVE: &str = "SELECT run_id, instance_id, host, pid, version, started_ns, ready_ns,
       draining_ns, stopped_ns, heartbeat_ns
     FROM recorder_runs WHERE stopped_ns IS NULL AND heartbeat_ns >= $1
     ORDER BY started_ns, run_id";
const SELECT_BETWEEN: &str = "SELECT run_id, instance_id, host, pid, version, started_ns, ready_ns,
       draining_ns, stopped_ns, heartbeat_ns
     FROM recorder_runs WHERE started_ns < $2 AND COALESCE(stopped_ns, heartbeat_ns) >= $1
     ORDER BY started_ns, run_id";

impl Store {
    /// One run.
    pub async fn run(&self, run: &RunId) -> Result<Option<Run>, StoreError> {
        let values = vec![run.as_str().into()];
        Ok(self.select("read a run", SELECT_ONE, values, read).await?.pop())
    }

    /// Runs that have not stopped and gave a sign of life at `since` or later.
    pub async fn live_runs(&self, since: Utc) -> Result<Vec<Run>, StoreError> {
        self.select("read the live runs", SELECT_LIVE, vec![since.as_ns().into()], read).await
    }

    /// Runs that were alive at some time in a range, as far as is known.
    pub async fn runs_between(&self, from: Utc, to: Utc) -> Result<Vec<Run>, StoreError> {
        let values = vec![from.as_ns().into(), to.as_ns().into()];
        self.select("read the runs", SELECT_BETWEEN, values, read).await
    }
}

fn read(row: &Row) -> Result<Run, String> {
    let instant = |column| Ok::<_, String>(maybe_int(row, column)?.map(Utc::from_ns));
    Ok(Run {
        run: id(row, 0)?,
        instance: id(row, 1)?,
        host: text(row, 2)?.to_owned(),
        pid: u32::try_from(int(row, 3)?).map_err(|e| format!("pid: {e}"))?,
        version: text(row, 4)?.to_owned(),
        started: Utc::from_ns(int(row, 5)?),
        ready: instant(6)?,
        draining: instant(7)?,
        stopped: instant(8)?,
        heartbeat: Utc::from_ns(int(row, 9)?),
    })
}
