//! One camera: its task, which opens sessions and receives them for ever.
//!
//! Runs on an ingest thread and never blocks it. Whatever goes wrong with the
//! camera, the network or the storage ends in a state with a cause and a
//! sentence, a wait, and another attempt. Told to leave, it finishes the
//! segment in flight first.

mod backoff;
mod counted;
mod jump;
mod leave;
mod receiver;
mod settings;
pub mod state;
pub mod stats;
mod telling;
mod tracks;

pub use counted::counted;
pub use leave::Leave;
pub use settings::CameraSettings;

use crate::http;
use crate::index::Index;
use crate::ingest::Place;
use crate::keeper::{KeeperState, ToKeeper};
use crate::source::{Maker, Session, SourceError, SourceEvent};
use crate::strand::CameraParts;
use backoff::Backoff;
use futures::FutureExt;
use hitless_model::Cause;
use receiver::Receiver;
use state::{Event, Standing};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use tracing::info;

/// How often silence and the storage are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Events of one camera that are taken before others have their turn.
const READY_AT_ONCE: usize = 256;

/// Whether cameras may record; a reason if not.
pub type Hold = Option<(Cause, String)>;

/// What a camera's task is made of.
pub struct CameraTask {
    /// Shared with its strands and keeper.
    pub parts: Arc<CameraParts>,
    /// The configuration.
    pub settings: CameraSettings,
    /// The way to the database.
    pub index: Index,
    /// The thread it runs on.
    pub place: Place,
    /// Whether it is to leave.
    pub leave: watch::Receiver<Leave>,
    /// Set while nothing may be recorded.
    pub hold: watch::Receiver<Hold>,
    /// For clients that follow along.
    pub events: broadcast::Sender<http::Event>,
    /// How its keeper stands.
    pub keeper: watch::Receiver<KeeperState>,
}

/// Why a session was left.
enum SessionEnd {
    Leave,
    Failed(Cause, String),
}

impl CameraTask {
    /// Runs until told to leave.
    pub async fn run(mut self) {
        let mut running = Running {
            standing: Standing::new(),
            strands: self.parts.stats.next_strand(),
            backoff: Backoff::new(self.settings.backoff_initial, self.settings.backoff_max),
        };
        while !self.leave.borrow().is_leaving() {
            match self.attempt(&mut running).await {
                // Unless it is to stay after all.
                SessionEnd::Leave => {}
                SessionEnd::Failed(cause, why) => {
                    self.on(&mut running.standing, Event::Failed(cause, why));
                    self.pause(&mut running.backoff).await;
                }
            }
        }
        self.on(&mut running.standing, Event::Drain);
        // Without a keeper there is nothing left to keep.
        let _ = self.parts.keeper.send(ToKeeper::LeaveWhenDone);
    }

    /// Waits before the next attempt: as long as nothing may be recorded, and
    /// then a moment, longer with each failure.
    async fn pause(&mut self, backoff: &mut Backoff) {
        let mut hold = self.hold.clone();
        let held = hold.borrow().is_some();
        if held {
            backoff.reset();
        }
        let wait = backoff.next(jitter());
        let pause = async move {
            // An error: nobody is left who could release it.
            if held && hold.wait_for(Option::is_none).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(wait).await;
        };
        tokio::select! {
            () = pause => {}
            () = self.parts.try_again.notified() => backoff.reset(),
            () = leave::leaving(&mut self.leave) => {}
        }
    }

    async fn attempt(&mut self, running: &mut Running) -> SessionEnd {
        if let Some((cause, why)) = self.hold.borrow().clone() {
            return SessionEnd::Failed(cause, why);
        }
        self.on(&mut running.standing, Event::Opening);
        let opened = {
            let _hurry = self.place.hurry();
            tokio::select! {
                opened = Session::open(&self.settings.source) => opened,
                () = leave::leaving(&mut self.leave) => return SessionEnd::Leave,
            }
        };
        let session = match opened {
            Ok(session) => session,
            Err(error) => return SessionEnd::Failed(Cause::CameraAway, error.to_string()),
        };
        self.parts.stats.session_opened(session.maker());
        match Receiver::new(&self.parts, &self.settings, &session) {
            Ok(receiver) => self.receive(session, receiver, running).await,
            Err(why) => {
                session.close().await;
                SessionEnd::Failed(Cause::CameraAway, why)
            }
        }
    }

    async fn receive(
        &mut self,
        mut session: Session,
        mut receiver: Receiver,
        running: &mut Running,
    ) -> SessionEnd {
        self.on(&mut running.standing, Event::Opened);
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut leave = self.leave.clone();
        let end = loop {
            tokio::select! {
                event = session.next() => {
                    if let Err(error) = self.receive_ready(event, &mut session, &mut receiver, running) {
                        self.give_up_retina(&error);
                        break ended(error);
                    }
                    if receiver.has_finished() {
                        break SessionEnd::Leave;
                    }
                }
                _ = look.tick() => if let Some(end) = self.look(&receiver, running) { break end },
                Ok(()) = leave.changed() => match *leave.borrow_and_update() {
                    Leave::Stay => receiver.stay(),
                    Leave::AtKeyFrame(number) if receiver.finish_at(number) => {}
                    Leave::AtKeyFrame(_) | Leave::Now => break SessionEnd::Leave,
                },
            }
        };
        receiver.end();
        let _hurry = self.place.hurry();
        session.close().await;
        end
    }

    /// A session that retina opens and refuses to read is GStreamer's from then on.
    fn give_up_retina(&mut self, error: &SourceError) {
        let maker = &mut self.settings.source.maker;
        if matches!(error, SourceError::Refused(_)) && *maker == Maker::Auto {
            info!(camera = %self.parts.id, "retina cannot read what the camera sends, trying GStreamer: {error}");
            *maker = Maker::GStreamer;
        }
    }

    /// Takes an event and all that are ready behind it: most of a nap's packets
    /// cost one round of waiting.
    fn receive_ready(
        &self,
        first: Result<SourceEvent, SourceError>,
        session: &mut Session,
        receiver: &mut Receiver,
        running: &mut Running,
    ) -> Result<(), SourceError> {
        let (mut event, mut taken) = (Some(first), 0);
        while let Some(ready) = event.take() {
            let mut told = Vec::new();
            receiver.on(ready?, &mut running.strands, &mut |e| told.push(e));
            self.parts.stats.strands_begun(running.strands);
            for event in told {
                running.note(&event);
                self.on(&mut running.standing, self.with_reason(event));
            }
            taken += 1;
            if taken < READY_AT_ONCE {
                event = session.next().now_or_never();
            }
        }
        Ok(())
    }

    fn look(&self, receiver: &Receiver, running: &mut Running) -> Option<SessionEnd> {
        if let Some(missing) = self.parts.stats.take_gap() {
            self.tell_gap(missing);
        }
        if let Some((cause, why)) = self.hold.borrow().clone() {
            return Some(SessionEnd::Failed(cause, why));
        }
        let silent = receiver.silent_for();
        if silent < self.settings.stall {
            return None;
        }
        let why = format!("nothing came for {:.1} s", silent.as_secs_f64());
        self.on(&mut running.standing, Event::Silent(why.clone()));
        Some(SessionEnd::Failed(Cause::CameraAway, why))
    }
}

/// What outlives sessions.
struct Running {
    standing: Standing,
    strands: u32,
    backoff: Backoff,
}

impl Running {
    fn note(&mut self, event: &Event) {
        if *event == Event::StrandBegun {
            self.backoff.reset();
        }
    }
}

fn ended(error: SourceError) -> SessionEnd {
    SessionEnd::Failed(Cause::CameraAway, error.to_string())
}

/// Different in each process and at each call, from 0 to 1.
fn jitter() -> f64 {
    let random = RandomState::new().hash_one(std::process::id());
    f64::from(u32::try_from(random >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}
