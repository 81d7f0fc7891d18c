//! The side that leaves: starts the successor and waits until it is proven.
//!
//! Nothing here touches what is being recorded. Every error is a sentence for
//! who asked, and by the time it is returned the successor is gone.

use super::launch::{SuccessorProcess, launch};
use super::link::Link;
use super::message::{PROTOCOL, ToPredecessor, ToSuccessor};
use super::program::Program;
use super::proof::{Own, Patience, Proof};
use super::proven::{Proven, refused, understood};
use hitless_model::{CameraId, InstanceId};
use std::net::TcpListener;
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

/// How often is looked whether all is proven.
const LOOK: Duration = Duration::from_millis(100);
/// How long a launcher may take to end.
const LAUNCHER_LIMIT: Duration = Duration::from_secs(5);

/// What a handover is made of.
pub struct Predecessor {
    /// What is started.
    pub program: Program,
    /// As whom this process records.
    pub instance: InstanceId,
    /// Goes along.
    pub listener: TcpListener,
    /// Shows the cameras of this process.
    pub own: Arc<dyn Fn() -> Vec<Own> + Send + Sync>,
    /// All of it may take so long.
    pub max: Duration,
    /// Cameras whose overlap is not required are waited for so long.
    pub best_effort: Duration,
    /// Gets a sentence for each step.
    pub progress: mpsc::UnboundedSender<String>,
    /// Ends it.
    pub cancel: CancellationToken,
}

/// A successor's process that runs.
struct Started {
    link: Link,
    process: SuccessorProcess,
}

impl Predecessor {
    /// Starts a successor and proves it.
    pub async fn prove(self) -> Result<Proven, String> {
        if std::process::id() == 1 {
            return Err("this process is the first of its container, which would end with it; \
                        start a second container instead"
                .to_owned());
        }
        let begun = Instant::now();
        let deadline = begun + self.max;
        let mut started = self.start(deadline).await?;
        let proven = tokio::select! {
            proven = self.prove_started(&mut started, begun) => proven,
            () = tokio::time::sleep_until(deadline) => unreachable_in_time(self.max),
            () = self.cancel.cancelled() => Err("this recorder was told to stop".to_owned()),
        };
        match proven {
            Ok((ready, proof, started_in)) => Ok(Proven {
                link: started.link,
                process: started.process,
                instance: ready.instance,
                version: ready.version,
                evidence: proof.judged().clone(),
                recorded_since: proof
                    .recorded_since()
                    .into_iter()
                    .map(|(camera, after)| (camera, begun + started_in + after))
                    .collect(),
                started_in,
                proven_in: begun.elapsed().saturating_sub(started_in),
                deadline,
            }),
            Err(reason) => {
                started.stop(&reason).await;
                Err(reason)
            }
        }
    }

    /// Starts the successor's process through its launcher.
    async fn start(&self, deadline: Instant) -> Result<Started, String> {
        let path = self.program.path.display().to_string();
        let begin = ToSuccessor::Begin {
            protocol: PROTOCOL,
            instance: self.instance.clone(),
            pid: std::process::id(),
            listens: self.listener.local_addr().ok(),
        };
        let listener = self.listener.try_clone().map_err(|e| e.to_string())?;
        let program = self.program.clone();
        let launched = spawn_blocking(move || launch(&program, Some(&listener), &begin)).await;
        let (stream, launcher) = launched
            .map_err(|panic| panic.to_string())?
            .map_err(|problem| format!("{path} cannot be started: {problem}"))?;
        let mut link = Link::new(stream).map_err(|e| e.to_string())?;
        let pid = match timeout_at(deadline, first_word(&mut link)).await {
            Ok(Ok(pid)) => pid,
            Ok(Err(why)) => return Err(format!("{path} {}", launcher_ended(launcher, &why).await)),
            Err(_) => {
                let why = launcher_ended(launcher, "did not start a successor in time").await;
                return Err(format!("{path} {why}"));
            }
        };
        self.tell(format!("started {path} as process {pid}"));
        launcher_ended(launcher, "").await;
        let process = SuccessorProcess::of(pid)
            .map_err(|problem| format!("the successor ended at once ({problem})"))?;
        Ok(Started { link, process })
    }

    async fn prove_started(
        &self,
        started: &mut Started,
        begun: Instant,
    ) -> Result<(Ready, Proof, Duration), String> {
        let ready = started.ready().await?;
        let started_in = begun.elapsed();
        self.tell(format!(
            "recorder {} (version {}) is ready after {:.1} s, waiting until it has every camera",
            ready.instance,
            ready.version,
            started_in.as_secs_f64()
        ));
        let mut proof = Proof::new(ready.cameras.clone(), ready.best_effort.clone());
        let since = Instant::now();
        // Half of the time for an equal key frame, the rest for doing without.
        let patience = Patience { exact: self.max / 2, best_effort: self.best_effort };
        let mut look = tokio::time::interval(LOOK);
        let mut told = Vec::new();
        loop {
            let heard = tokio::select! {
                heard = started.link.hear::<ToPredecessor>() => Some(heard),
                _ = look.tick() => None,
            };
            match heard {
                Some(heard) => match understood(heard)? {
                    ToPredecessor::Camera(report) => proof.on(report, since.elapsed()),
                    ToPredecessor::Refused { reason } => return Err(refused(&reason)),
                    _ => {}
                },
                None => {
                    let missing = proof.missing(&(self.own)(), since.elapsed(), patience);
                    if missing.is_empty() {
                        return Ok((ready, proof, started_in));
                    }
                    if missing != told {
                        debug!("still missing: {}", missing.join("; "));
                    }
                    told = missing;
                    if since.elapsed() + 2 * LOOK > self.max.saturating_sub(started_in) {
                        return Err(format!(
                            "not within {:.0} s: {}",
                            self.max.as_secs_f64(),
                            told.join("; ")
                        ));
                    }
                }
            }
        }
    }

    fn tell(&self, text: String) {
        info!("handover: {text}");
        // Nobody may be listening.
        let _ = self.progress.send(text);
    }
}

/// What a successor says of itself once it is up.
struct Ready {
    instance: InstanceId,
    version: String,
    cameras: Vec<CameraId>,
    best_effort: Vec<CameraId>,
}

impl Started {
    async fn ready(&mut self) -> Result<Ready, String> {
        loop {
            match understood(self.link.hear().await)? {
                ToPredecessor::Ready { instance, version, cameras, best_effort, .. } => {
                    return Ok(Ready { instance, version, cameras, best_effort });
                }
                ToPredecessor::Refused { reason } => return Err(refused(&reason)),
                _ => {}
            }
        }
    }

    async fn stop(mut self, reason: &str) {
        let _ = self.link.say(&ToSuccessor::Stop { reason: reason.to_owned() }).await;
        self.process.stop().await;
    }
}

/// What the launcher says. The successor's own words may come first: on a busy
/// machine it is up before its launcher has said that it was started.
async fn first_word(link: &mut Link) -> Result<u32, String> {
    let first = link.hear_first(|message| match message {
        ToPredecessor::Launched { pid } => Some(Ok(pid)),
        ToPredecessor::Refused { reason } => Some(Err(refused(&reason))),
        _ => None,
    });
    match first.await {
        Ok(Some(word)) => word,
        Ok(None) => Err("ended at once".to_owned()),
        Err(problem) => Err(format!("cannot be understood: {problem}")),
    }
}

fn unreachable_in_time<T>(max: Duration) -> Result<T, String> {
    Err(format!("the successor was not ready within {:.0} s", max.as_secs_f64()))
}

/// Waits for the launcher, which ends by itself; one that does not is killed.
async fn launcher_ended(mut launcher: Child, why: &str) -> String {
    let ended = spawn_blocking(move || {
        let begun = std::time::Instant::now();
        while begun.elapsed() < LAUNCHER_LIMIT {
            if let Ok(Some(status)) = launcher.try_wait() {
                return status.to_string();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // Errors: it is gone just now.
        let _ = launcher.kill();
        launcher.wait().map_or("unknown".to_owned(), |status| status.to_string())
    });
    let status = ended.await.unwrap_or_else(|panic| panic.to_string());
    format!("{why} ({status})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[tokio::test]
    async fn a_successor_that_is_ready_before_its_launcher_has_spoken_is_heard() {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let (mut link, mut other) =
            (Link::new(ours).expect("new"), Link::new(theirs).expect("new"));
        let ready = ToPredecessor::Ready {
            protocol: PROTOCOL,
            instance: InstanceId::new("green").expect("valid"),
            version: "1".to_owned(),
            cameras: Vec::new(),
            best_effort: Vec::new(),
        };
        other.say(&ready).await.expect("says");
        other.say(&ToPredecessor::Launched { pid: 7 }).await.expect("says");
        assert_eq!(first_word(&mut link).await, Ok(7));
        assert!(matches!(link.hear().await, Ok(Some(ToPredecessor::Ready { .. }))));
    }
}
