//! The life of the recorder, in one place: start, ready, hand over or drain,
//! stop.
//!
//! | from | on | to |
//! |---|---|---|
//! | started alone | at once | in charge |
//! | started as successor | every camera proven, or the predecessor died | in charge |
//! | started as successor | the predecessor says stop, SIGTERM | stopping |
//! | in charge | asked to hand over, SIGHUP | in charge, handing over |
//! | in charge, handing over | it failed | in charge |
//! | in charge, handing over | the successor has everything | leaving |
//! | in charge, handing over or not | SIGTERM, SIGINT | stopping (a successor too) |
//! | leaving, stopping | phases done, or SIGTERM again | gone |
//!
//! It is ready when configuration, storage and listener are up and never waits
//! for a camera or the database. Stopping goes through phases, each with its
//! limit and all under one. Whatever runs out of time is cut and said.

pub mod alarms;
pub mod cameras;
mod clock_watch;
mod departed;
mod disk;
mod handing_over;
mod in_charge;
mod mirror;
mod notify;
mod peers;
mod phases;
mod process;
mod recording;
mod rows_left;
mod running;
mod server;
mod shared;
mod signals;
mod start;
pub mod view;
mod viewer;
mod waiter;
mod writing;

use crate::handover::successor::{Moment, Successor};
use crate::handover::{Inherited, Program};
use anyhow::Context;
use handing_over::Replaced;
use hitless_config::Config;
use in_charge::{End, InCharge};
use phases::Phases;
use running::{Running, lock};
use signals::{Signals, Told};
use std::sync::Arc;
use tokio::task::JoinSet;
use tracing::{info, warn};

const AT_ONCE: &str = "told to stop again: leaving at once";

/// A running recorder.
pub struct Service {
    running: Arc<Running>,
    program: Program,
    background: JoinSet<()>,
    successor: Option<Successor>,
}

impl Service {
    /// Starts everything, as a successor if something was inherited.
    pub async fn start(
        config: Config,
        program: Program,
        inherited: Option<Inherited>,
    ) -> anyhow::Result<Self> {
        let (listener, inherited) = match inherited {
            Some(mut inherited) => (inherited.listener.take(), Some(inherited)),
            None => (None, None),
        };
        let (running, background) = start::start(config, listener).await?;
        let successor = match inherited {
            Some(inherited) => {
                let cameras = Arc::clone(&running.cameras);
                let (storage, left) = (Arc::clone(&running.storage), running.left.clone());
                let show = Arc::new(move || cameras.view());
                let best_effort = running.cameras.best_effort();
                let successor = Successor::begin(inherited, storage, &left, show, best_effort);
                Some(successor.await.context("cannot talk to the predecessor")?)
            }
            None => None,
        };
        Ok(Self { running, program, background, successor })
    }

    /// Runs until a signal says to stop or a successor has taken over.
    pub async fn run(mut self) -> anyhow::Result<()> {
        let mut signals = Signals::new()?;
        if let Some(successor) = &mut self.successor {
            match moment(successor, &mut signals).await {
                Moment::TakeOver => info!("taking over from the predecessor"),
                Moment::Alone => {
                    warn!("the predecessor is gone; going on alone");
                    self.successor = None;
                }
                Moment::Stop(reason) => {
                    info!("not taking over: {reason}");
                    return self.finish(signals, End::StepBack).await;
                }
            }
        }
        let (running, program) = (Arc::clone(&self.running), self.program.clone());
        let charge = InCharge::begin(running, program, self.successor.take()).await?;
        let end = charge.run(&mut signals, &mut self.background).await;
        self.finish(signals, end).await
    }

    async fn finish(self, mut signals: Signals, end: End) -> anyhow::Result<()> {
        // A predecessor that goes on says so over the link and by a signal.
        let told_twice = matches!(end, End::StepBack);
        let again = async {
            if told_twice {
                signals.stop().await;
            }
            signals.stop().await;
        };
        tokio::select! {
            biased;
            ended = self.end(end) => ended,
            () = again => {
                warn!("{AT_ONCE}");
                Ok(())
            }
        }
    }

    async fn end(self, end: End) -> anyhow::Result<()> {
        match end {
            End::AtOnce => {
                warn!("told to stop again: not waiting until the successor is gone");
                self.drain();
                self.stop().await;
            }
            End::Stop => {
                self.drain();
                peers::wait(&self.running).await;
                self.stop().await;
            }
            End::StepBack => {
                self.drain();
                self.stop().await;
            }
            End::Replaced(replaced) => return self.leave(*replaced).await,
        }
        Ok(())
    }

    fn drain(&self) {
        notify::stopping();
        self.running.tell_draining();
        self.running.mark_draining();
    }

    /// Stops without a successor.
    async fn stop(self) {
        let running = &self.running;
        let limits = &running.config.shutdown;
        let mut phases = Phases::new(limits);
        info!("stopping: finishing the segments in flight");
        phases.run("segments", limits.segments, running.cameras.stop()).await;
        let clients = async { running.server.lock().await.close().await };
        phases.run("requests", limits.requests.max(limits.events), clients).await;
        running.mark_stopped();
        phases.run("database", limits.database, running.flush()).await;
        phases.tell();
    }

    /// Leaves everything to the successor, which has it all.
    async fn leave(self, replaced: Replaced) -> anyhow::Result<()> {
        let Replaced { mut successor, handed, phases, mut asker, control } = replaced;
        let history = {
            let history = &mut lock(&self.running.handovers).history;
            history.succeeded += 1;
            history.seconds_total += handed.seconds();
            history.last_failure = None;
            history.last = Some(handed.clone());
            history.clone()
        };
        // The last thing: whoever is the main process must not be this one's child,
        // nor be named before it has everything.
        notify::main_process(successor.pid());
        successor.farewell(history).await;
        drop(control);
        asker.done(&handed).await;
        phases.tell();
        // Too late to go on; but whoever looks after this process starts it again.
        anyhow::ensure!(
            !successor.is_gone(),
            "the successor ended as this recorder left: nobody records, start it again"
        );
        Ok(())
    }
}

/// Waits for the moment to take over. Other signals than to stop mean nothing
/// to who is not in charge.
async fn moment(successor: &mut Successor, signals: &mut Signals) -> Moment {
    let mut wait = std::pin::pin!(successor.wait());
    loop {
        tokio::select! {
            moment = &mut wait => return moment,
            told = signals.next() => match told {
                Told::Stop => return Moment::Stop("told to stop".to_owned()),
                Told::HandOver => warn!("not in charge yet: not handing over"),
            },
        }
    }
}
