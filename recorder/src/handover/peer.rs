//! Without a successor of its own: another recorder on the same storage, on
//! this machine or another one, that has every camera.
//!
//! Nobody tells anything here. What the other one has is read from its files,
//! and only key frames recorded since the wait began count: so it records now,
//! whatever it may have recorded before.

use super::durable::DurableKeys;
use super::message::CameraReport;
use super::proof::{Own, Patience, Proof};
use crate::storage::Storage;
use hitless_model::{CameraId, InstanceId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tracing::debug;

/// How often the disk is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// Cameras whose overlap is not required are not waited for.
const PATIENCE: Patience = Patience { exact: Duration::MAX, best_effort: Duration::ZERO };

/// Returns once `peers` have all that `own` shows. May be cancelled.
pub async fn covered(
    storage: &Arc<Storage>,
    peers: BTreeSet<InstanceId>,
    own: impl Fn() -> Vec<Own>,
) {
    let cameras: Vec<CameraId> = own().into_iter().map(|own| own.camera).collect();
    let mut proof = Proof::new(cameras, Vec::new());
    let mut keys = DurableKeys::of_others(Arc::clone(storage), peers);
    loop {
        let looked = spawn_blocking(move || (keys.look(), keys)).await;
        let Ok((found, back)) = looked else { return std::future::pending().await };
        keys = back;
        for (camera, keys) in found {
            let standing = String::new();
            let report = CameraReport { camera, recording: true, standing, keys };
            proof.on(report, Duration::ZERO);
        }
        let missing = proof.missing(&own(), Duration::ZERO, PATIENCE);
        if missing.is_empty() {
            return;
        }
        debug!("still missing: {}", missing.join("; "));
        tokio::time::sleep(LOOK).await;
    }
}
