//! Being in charge: answering requests, handing over when asked to, until told
//! to stop or replaced.
//!
//! One handover at a time; who asks during one is told so. Who asks while the
//! predecessor is still leaving waits until it is gone.

use super::handing_over::{Handing, HandingOver, Replaced};
use super::running::{Running, lock};
use super::signals::{Signals, Told};
use super::waiter::Waiter;
use super::{departed, notify};
use crate::handover::Program;
use crate::handover::control::{Answer, Control};
use crate::handover::successor::{Gone, Successor};
use anyhow::Context;
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

const LOST_AT_LAST: &str = "the successor ended when it had taken over everything";

/// Why it is in charge no more.
pub(super) enum End {
    /// Told to stop.
    Stop,
    /// Told to stop once more while a successor was being stopped.
    AtOnce,
    /// Somebody else goes on recording all that this one did.
    StepBack,
    /// A successor has everything.
    Replaced(Box<Replaced>),
}

/// The recorder that is in charge.
pub(super) struct InCharge {
    running: Arc<Running>,
    program: Program,
    control: Control,
    /// Until the predecessor is gone.
    leaving: Option<BoxFuture<'static, Gone>>,
    /// Who waits until it is.
    waiting: Vec<Waiter>,
    handover: Option<Handover>,
}

/// A handover that runs.
struct Handover {
    done: BoxFuture<'static, Result<Handing, String>>,
    progress: mpsc::UnboundedReceiver<String>,
    cancel: CancellationToken,
    asker: Waiter,
}

impl Handover {
    /// Its successor is stopped, and who asked is told.
    async fn break_off(self) {
        self.cancel.cancel();
        if let Ok(handing) = self.done.await {
            handing.successor.stop("told to stop").await;
        }
        let (reason, mut asker) = ("the recorder was told to stop".to_owned(), self.asker);
        asker.answer(Answer::Failed { reason }).await;
    }
}

impl InCharge {
    /// Answers requests from now on; a predecessor is told so.
    pub(super) async fn begin(
        running: Arc<Running>,
        program: Program,
        successor: Option<Successor>,
    ) -> anyhow::Result<Self> {
        running.server.lock().await.start()?;
        let control = Control::open(&running.config.storage, running.storage.instance())
            .context("cannot open the control socket under the storage")?;
        running.mark_ready();
        let (waiting, handover) = (Vec::new(), None);
        let leaving: Option<BoxFuture<'static, Gone>> = match successor {
            Some(mut successor) => {
                successor.serving().await;
                let cameras = Arc::clone(&running.cameras);
                Some(Box::pin(async move {
                    successor.predecessor_gone(|last| cameras.go_on_from(last)).await
                }))
            }
            None => None,
        };
        Ok(Self { running, program, control, leaving, waiting, handover })
    }

    /// Until told to stop or replaced.
    pub(super) async fn run(mut self, signals: &mut Signals, background: &mut JoinSet<()>) -> End {
        if self.leaving.is_none() {
            self.alone(background);
        }
        loop {
            tokio::select! {
                told = signals.next() => match told {
                    Told::Stop => return self.stop(signals).await,
                    Told::HandOver => self.asked(Waiter::default()).await,
                },
                asker = self.control.asked() => self.asked(Waiter::at(asker)).await,
                gone = until(&mut self.leaving) => match gone {
                    Gone::Left(history) => {
                        if let Some(history) = history {
                            lock(&self.running.handovers).history = history;
                        }
                        self.leaving = None;
                        self.alone(background);
                    }
                    Gone::WantsItBack(reason) => {
                        warn!("the predecessor goes on: {reason}");
                        return End::StepBack;
                    }
                },
                news = news(&mut self.handover) => match news {
                    News::Progress(text) => self.progress(text).await,
                    News::Done(Ok(handing)) if handing.successor.is_gone() => {
                        self.running.stay().await;
                        self.failed(LOST_AT_LAST.to_owned(), background).await;
                    }
                    News::Done(Ok(handing)) => {
                        let asker = self.handover.take().map(|h| h.asker).unwrap_or_default();
                        let control = self.control;
                        return End::Replaced(Box::new(handing.replaced(asker, control)));
                    }
                    News::Done(Err(reason)) => self.failed(reason, background).await,
                },
                Some(ended) = background.join_next() => if let Err(panic) = ended {
                    error!("a background task failed: {panic}");
                },
            }
        }
    }

    /// No predecessor is left: the service manager's process is this one, and
    /// what others left behind is this one's business.
    fn alone(&mut self, background: &mut JoinSet<()>) {
        notify::ready(&(self.running.view)());
        background
            .spawn(notify::run(Arc::clone(&self.running.view), self.running.events.subscribe()));
        background.spawn(departed::run(Arc::clone(&self.running)));
        for asker in std::mem::take(&mut self.waiting).into_iter().take(1) {
            self.begin_handover(asker);
        }
    }

    async fn asked(&mut self, mut asker: Waiter) {
        if self.handover.is_some() || !self.waiting.is_empty() {
            let reason = "a handover is running already".to_owned();
            warn!("not handing over: {reason}");
            asker.answer(Answer::Failed { reason }).await;
        } else if self.leaving.is_some() {
            let text = "waiting until the last handover is complete".to_owned();
            asker.answer(Answer::Progress { text }).await;
            self.waiting.push(asker);
        } else {
            self.begin_handover(asker);
        }
    }

    fn begin_handover(&mut self, asker: Waiter) {
        info!("handover: starting {}", self.program.path.display());
        lock(&self.running.handovers).running = true;
        let (tell, progress) = mpsc::unbounded_channel();
        let cancel = CancellationToken::new();
        let handing_over = HandingOver {
            running: Arc::clone(&self.running),
            program: self.program.clone(),
            progress: tell,
            cancel: cancel.clone(),
        };
        let done = Box::pin(handing_over.run());
        self.handover = Some(Handover { done, progress, cancel, asker });
    }

    async fn progress(&mut self, text: String) {
        if let Some(handover) = &mut self.handover {
            handover.asker.answer(Answer::Progress { text }).await;
        }
    }

    async fn failed(&mut self, reason: String, background: &mut JoinSet<()>) {
        error!("handover failed, recording goes on as before: {reason}");
        {
            let mut handovers = lock(&self.running.handovers);
            handovers.running = false;
            handovers.history.failed += 1;
            handovers.history.last_failure = Some(reason.clone());
        }
        if let Some(mut handover) = self.handover.take() {
            handover.asker.answer(Answer::Failed { reason }).await;
        }
        // The successor may have been killed in the middle of a segment.
        background.spawn(departed::run(Arc::clone(&self.running)));
    }

    /// Told to stop: a successor that is being made is stopped first.
    async fn stop(mut self, signals: &mut Signals) -> End {
        let Some(handover) = self.handover.take() else { return End::Stop };
        info!("stopping: first the successor that was being made");
        tokio::select! {
            () = handover.break_off() => End::Stop,
            () = signals.stop() => End::AtOnce,
        }
    }
}

/// Something that a handover tells.
enum News {
    Progress(String),
    Done(Result<Box<Handing>, String>),
}

async fn news(handover: &mut Option<Handover>) -> News {
    let Some(handover) = handover else { return std::future::pending().await };
    tokio::select! {
        biased;
        Some(text) = handover.progress.recv() => News::Progress(text),
        done = &mut handover.done => News::Done(done.map(Box::new)),
    }
}

async fn until(leaving: &mut Option<BoxFuture<'static, Gone>>) -> Gone {
    match leaving {
        Some(leaving) => leaving.await,
        None => std::future::pending().await,
    }
}
