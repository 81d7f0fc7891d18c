//! Handing over, as the service sees it: from the successor's start to the
//! moment when nothing of this process is needed any more.
//!
//! | step | until | if it fails |
//! |---|---|---|
//! | prove | the successor has every camera on disk | it is stopped; nothing had changed |
//! | take over | it answers requests | it is stopped; nothing had changed |
//! | finish | clients let go, cameras ended at a key frame, the database told | the cameras and the server go on |
//!
//! Past this the service names the successor, if that still is there, to the
//! service manager: the last thing that it does.

use super::phases::Phases;
use super::running::{Running, lock};
use super::waiter::Waiter;
use crate::camera::Leave;
use crate::handover::control::Control;
use crate::handover::message::{Handed, LastSample};
use crate::handover::predecessor::Predecessor;
use crate::handover::proven::Proven;
use crate::handover::{Evidence, Program};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::Instant as Deadline;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// A camera ends in front of this many-th key frame after it was proven. So
/// both have at least two key frames in common, with all that lies between:
/// one equal picture alone would prove nothing to the stitcher.
const KEY_FRAMES_TO_END: u32 = 2;
/// Cameras are always given so long to end at a key frame.
const SHORTEST_FINISH: Duration = Duration::from_secs(5);

/// One handover.
pub(super) struct HandingOver {
    pub(super) running: Arc<Running>,
    pub(super) program: Program,
    /// Gets a sentence for each step.
    pub(super) progress: mpsc::UnboundedSender<String>,
    /// Ends it, and the successor.
    pub(super) cancel: CancellationToken,
}

/// A successor that has everything, and how it came to that.
pub(super) struct Handing {
    pub(super) successor: Proven,
    pub(super) handed: Handed,
    phases: Phases,
    _departed: tokio::sync::OwnedMutexGuard<()>,
}

/// Nothing of this process is needed any more.
pub(super) struct Replaced {
    pub(super) successor: Proven,
    pub(super) handed: Handed,
    /// What was done at last.
    pub(super) phases: Phases,
    pub(super) asker: Waiter,
    pub(super) control: Control,
}

impl Handing {
    /// With who is to be told, and the socket on which nobody need ask any more.
    pub(super) fn replaced(self, asker: Waiter, control: Control) -> Replaced {
        let Self { successor, handed, phases, _departed } = self;
        Replaced { successor, handed, phases, asker, control }
    }
}

impl HandingOver {
    /// Hands over; an error is the reason why not, and all is as before.
    pub(super) async fn run(self) -> Result<Handing, String> {
        // The successor takes the lock of an instance that is gone.
        let departed = Arc::clone(&self.running.departed).lock_owned().await;
        let mut proven = self.prove().await?;
        if let Err(reason) = proven.take_over().await {
            proven.stop(&reason).await;
            return Err(reason);
        }
        let (number, pid) = (proven.evidence.len(), proven.pid());
        self.tell(format!(
            "recorder {} (process {pid}) has every camera ({number}) and answers requests; finishing",
            proven.instance
        ));
        let (begun, deadline) = (Instant::now(), proven.deadline);
        self.running.tell_draining();
        let mut phases = Phases::new(&self.running.config.shutdown);
        let mut ended = self.while_there(&mut proven, self.finish(&mut phases, deadline)).await;
        if ended.is_ok() {
            proven.left(self.running.cameras.last_samples()).await;
            ended = self.while_there(&mut proven, self.tell_database(&mut phases)).await;
        }
        match ended {
            Ok(()) => {
                let handed = self.handed(&proven, begun.elapsed());
                Ok(Handing { successor: proven, handed, phases, _departed: departed })
            }
            Err(reason) => {
                self.running.stay().await;
                proven.stop(reason).await;
                Err(reason.to_owned())
            }
        }
    }

    async fn prove(&self) -> Result<Proven, String> {
        let running = Arc::clone(&self.running);
        let listener = running.server.lock().await.socket().map_err(|e| format!("{e:#}"))?;
        let limits = &running.config.handover;
        let predecessor = Predecessor {
            program: self.program.clone(),
            instance: lock(&running.run).instance.clone(),
            listener,
            max: limits.max,
            best_effort: limits.best_effort,
            own: {
                let running = Arc::clone(&running);
                Arc::new(move || running.cameras.own())
            },
            progress: self.progress.clone(),
            cancel: self.cancel.clone(),
        };
        predecessor.prove().await
    }

    /// Lets go of all clients, then of the cameras: nobody is to be answered that
    /// cameras leave, where the successor has them all.
    async fn finish(&self, phases: &mut Phases, deadline: Deadline) {
        let clients = async { self.running.server.lock().await.stop().await };
        phases.limited("requests", clients).await;
        self.running.mark_draining();
        phases.limited("segments", self.finish_cameras(deadline)).await;
    }

    async fn tell_database(&self, phases: &mut Phases) {
        self.running.mark_stopped();
        let limit = self.running.config.shutdown.database;
        phases.run("database", limit, self.running.flush()).await;
    }

    /// Does something for as long as the successor is there and nobody says to stop.
    async fn while_there(
        &self,
        successor: &mut Proven,
        work: impl Future<Output = ()>,
    ) -> Result<(), &'static str> {
        tokio::select! {
            () = work => Ok(()),
            () = successor.lost() => Err("the successor ended just after it had taken over"),
            () = self.cancel.cancelled() => Err("this recorder was told to stop"),
        }
    }

    async fn finish_cameras(&self, deadline: Deadline) {
        let cameras = &self.running.cameras;
        let deadline = deadline.max(Deadline::now() + SHORTEST_FINISH);
        cameras.tell(Leave::AtKeyFrame(KEY_FRAMES_TO_END));
        if tokio::time::timeout_at(deadline, cameras.gone()).await.is_err() {
            warn!("not every camera came to a key frame in time; they end where they are");
            let limit = self.running.config.shutdown.segments;
            if tokio::time::timeout(limit, cameras.stop()).await.is_err() {
                warn!("segments not done within {:.1} s; going on without", limit.as_secs_f64());
            }
        }
    }

    fn handed(&self, proven: &Proven, finish: Duration) -> Handed {
        let of = |wanted| proven.evidence.iter().filter(move |(_, e)| **e == wanted);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let cameras = proven.evidence.len();
        Handed {
            from: lock(&self.running.run).instance.to_string(),
            to: proven.instance.to_string(),
            at_ns: crate::clock::now().as_ns(),
            start_seconds: proven.started_in.as_secs_f64(),
            prove_seconds: proven.proven_in.as_secs_f64(),
            finish_seconds: finish.as_secs_f64(),
            overlap_seconds: self.overlap(proven).as_secs_f64(),
            exact: count(of(Evidence::Exact).count()),
            cameras: count(cameras),
            overlapped: count(cameras - of(Evidence::Waived).count()),
            unproven: of(Evidence::Clock)
                .chain(of(Evidence::Waived))
                .map(|(camera, _)| camera.clone())
                .collect(),
        }
    }

    /// For how long both recorded a camera; the least of those that were proven.
    fn overlap(&self, proven: &Proven) -> Duration {
        let now = Deadline::now();
        let last = self.running.cameras.last_samples();
        let of = |last: &LastSample| {
            let since = *proven.recorded_since.get(&last.camera)?;
            proven.evidence.get(&last.camera).filter(|e| **e != Evidence::Waived)?;
            let age = Duration::try_from_secs_f64(last.age_seconds).ok()?;
            Some(now.checked_sub(age)?.saturating_duration_since(since))
        };
        last.iter().filter_map(of).min().unwrap_or_default()
    }

    fn tell(&self, text: String) {
        info!("handover: {text}");
        // Nobody may be listening.
        let _ = self.progress.send(text);
    }
}
