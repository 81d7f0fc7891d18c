//! One life of one recorder process.

use crate::id::{InstanceId, RunId};
use crate::time::Utc;
use serde::{Deserialize, Serialize};

/// A row of `recorder_runs`. Instants are on the host's clock; `None` means
/// not reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub run: RunId,
    /// The recorder's tag.
    pub instance: InstanceId,
    /// Host name.
    pub host: String,
    /// Process id on that host.
    pub pid: u32,
    /// Version of the program.
    pub version: String,
    /// Process start.
    pub started: Utc,
    /// Told the service manager that it is ready.
    pub ready: Option<Utc>,
    /// Began to leave.
    pub draining: Option<Utc>,
    /// Left in order.
    pub stopped: Option<Utc>,
    /// Last sign of life.
    pub heartbeat: Utc,
}
