//! What a running recorder is made of, shared by all that happens to it.

use super::cameras::Cameras;
use super::server::{Server, ShowView};
use super::view::HandoverView;
use crate::http::{Event, EventKind, Timings};
use crate::index::Index;
use crate::recovery::Recovery;
use crate::storage::Storage;
use hitless_config::Config;
use hitless_model::{Run, RunId, SegmentName};
use hitless_schema::Change;
use hitless_schema::writer::{LinkState, Writer};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::broadcast;
use tracing::{error, info, warn};

/// The parts.
pub(super) struct Running {
    pub(super) config: Config,
    pub(super) storage: Arc<Storage>,
    pub(super) cameras: Arc<Cameras>,
    pub(super) writer: Writer,
    pub(super) index: Index,
    pub(super) run: Arc<Mutex<Run>>,
    pub(super) server: tokio::sync::Mutex<Server>,
    pub(super) view: ShowView,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) handovers: Arc<Mutex<HandoverView>>,
    /// Held while what others left is looked after, and during a handover.
    pub(super) departed: Arc<tokio::sync::Mutex<()>>,
    /// What earlier runs had left open when this one began.
    pub(super) left: Vec<SegmentName>,
    /// When the process began.
    pub(super) started: Instant,
    /// How long things took.
    pub(super) timings: Timings,
}

impl Running {
    /// Ready as far as a service manager is concerned.
    pub(super) fn mark_ready(&self) {
        let run = self.change_run(|run| run.ready = Some(crate::clock::now()));
        self.timings.ready(self.started.elapsed());
        info!(
            instance = %run.instance,
            run = %run.run,
            cameras = self.config.cameras.len(),
            version = env!("CARGO_PKG_VERSION"),
            "recorder {} is ready, http://{}/health tells how it stands",
            run.instance,
            self.config.recorder.access.bind
        );
    }

    /// Tells clients that follow along that it leaves.
    pub(super) fn tell_draining(&self) {
        // Nobody may be following.
        let _ = self.events.send(Event { at: crate::clock::now(), kind: EventKind::Draining {} });
    }

    /// It leaves.
    pub(super) fn mark_draining(&self) {
        self.change_run(|run| run.draining = Some(crate::clock::now()));
    }

    /// Takes everything back: cameras and server go on, or begin again.
    pub(super) async fn stay(&self) {
        self.cameras.stay(&self.config);
        let mut server = self.server.lock().await;
        server.stop().await;
        if let Err(problem) = server.start() {
            error!("requests are not answered any more: {problem:#}; restart the recorder");
        }
        drop(server);
        self.change_run(|run| (run.draining, run.stopped) = (None, None));
    }

    /// Nothing is recorded any more.
    pub(super) fn mark_stopped(&self) {
        self.change_run(|run| run.stopped = Some(crate::clock::now()));
    }

    /// Which life of the recorder this is.
    pub(super) fn run_id(&self) -> RunId {
        lock(&self.run).run.clone()
    }

    /// Looks after what earlier runs, or others, left open.
    pub(super) fn recovery(&self) -> Recovery {
        Recovery {
            storage: Arc::clone(&self.storage),
            run: self.run_id(),
            index: self.index.clone(),
            timings: self.timings.clone(),
        }
    }

    /// Returns once the writer has tried the database. A new SQLite file is made
    /// by one connection alone: several that turn to write-ahead logging at the
    /// same time wait for each other for seconds, and rows with them.
    pub(super) async fn database_tried(&self) {
        let mut status = self.writer.status();
        // An error: the writer is gone, and its database is nobody's concern.
        let _ = status.wait_for(|status| !matches!(status.link, LinkState::Untried)).await;
    }

    /// Everything that the database is still to be told.
    pub(super) async fn flush(&self) {
        if let Err(problem) = self.writer.flush(self.config.shutdown.database).await {
            warn!("not everything reached the database or its spool: {problem}");
        }
    }

    fn change_run(&self, change: impl FnOnce(&mut Run)) -> Run {
        let run = {
            let mut run = lock(&self.run);
            change(&mut run);
            run.clone()
        };
        self.index.tell(Change::Run(run.clone()));
        run
    }
}

/// What was locked when a thread panicked is plain data and still right.
pub(super) fn lock<T>(data: &Mutex<T>) -> MutexGuard<'_, T> {
    data.lock().unwrap_or_else(PoisonError::into_inner)
}
