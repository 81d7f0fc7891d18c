//! A successor that is proven, until the predecessor has left.

use super::launch::SuccessorProcess;
use super::link::Link;
use super::message::{History, LastSample, ToPredecessor, ToSuccessor};
use super::proof::Evidence;
use hitless_model::{CameraId, InstanceId};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long a successor that is proven may take to serve.
const SERVE_LIMIT: Duration = Duration::from_secs(5);

/// A successor that has every camera on disk.
pub struct Proven {
    pub(super) link: Link,
    pub(super) process: SuccessorProcess,
    /// As whom it records.
    pub instance: InstanceId,
    /// Its version.
    pub version: String,
    /// How each camera was proven.
    pub evidence: BTreeMap<CameraId, Evidence>,
    /// Since when it has recorded each camera.
    pub recorded_since: BTreeMap<CameraId, Instant>,
    /// How long it took to be ready.
    pub started_in: Duration,
    /// How long every camera took from there.
    pub proven_in: Duration,
    /// When all of it must be over.
    pub deadline: Instant,
}

impl Proven {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.process.pid
    }

    /// Whether it is gone, whatever the link says.
    pub fn is_gone(&self) -> bool {
        self.process.has_gone()
    }

    /// Lets it answer requests; returns once it does.
    pub async fn take_over(&mut self) -> Result<(), String> {
        let serving = async {
            self.link.say(&ToSuccessor::TakeOver).await.map_err(|e| e.to_string())?;
            loop {
                match understood(self.link.hear().await)? {
                    ToPredecessor::Serving => return Ok(()),
                    ToPredecessor::Refused { reason } => return Err(refused(&reason)),
                    _ => {}
                }
            }
        };
        match timeout(SERVE_LIMIT, serving).await {
            Ok(served) => served,
            Err(_) => Err("the successor did not answer requests in time".to_owned()),
        }
    }

    /// Returns once it is gone. May be cancelled.
    pub async fn lost(&mut self) {
        loop {
            tokio::select! {
                heard = self.link.hear::<ToPredecessor>() => {
                    if !matches!(heard, Ok(Some(_))) {
                        return;
                    }
                }
                () = self.process.gone() => return,
            }
        }
    }

    /// Nothing is recorded here any more.
    pub async fn left(&mut self, last: Vec<LastSample>) {
        // An error means that it is gone; nothing more can be done for it here.
        let _ = self.link.say(&ToSuccessor::Left { last }).await;
    }

    /// The last word.
    pub async fn farewell(&mut self, history: History) {
        // An error means that it is gone; nothing more can be done for it here.
        let _ = self.link.say(&ToSuccessor::Farewell { history }).await;
    }

    /// Tells it to leave, and makes it.
    pub async fn stop(mut self, reason: &str) {
        let _ = self.link.say(&ToSuccessor::Stop { reason: reason.to_owned() }).await;
        self.process.stop().await;
    }
}

pub(super) fn understood(
    heard: std::io::Result<Option<ToPredecessor>>,
) -> Result<ToPredecessor, String> {
    match heard {
        Ok(Some(message)) => Ok(message),
        Ok(None) => Err("the successor ended; its log says why".to_owned()),
        Err(problem) => Err(format!("the successor cannot be understood: {problem}")),
    }
}

pub(super) fn refused(reason: &str) -> String {
    format!("the successor refuses: {reason}")
}
