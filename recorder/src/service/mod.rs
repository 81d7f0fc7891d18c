//! The service: start, ready, drain, stop, in one place.
//!
//! Start takes the lock, opens what is needed and starts every camera; it is
//! ready when all of that is up and never waits for a camera or the database.
//! Stop goes through phases, each with its limit and all under one: finish the
//! segments, flush the database. Whatever runs out of time is cut and said.

pub mod alarms;
pub mod cameras;
mod clock_watch;
mod disk;
mod mirror;
mod notify;
mod phases;
mod process;
pub mod view;

use crate::http::{Event, HttpOptions};
use crate::index::Index;
use crate::ingest::Ingest;
use crate::recovery;
use crate::storage::Storage;
use alarms::Alarms;
use anyhow::Context;
use cameras::{Cameras, Shared};
use disk::{DiskState, DiskWatch};
use hitless_config::{Config, ConfigError};
use hitless_model::{Run, RunId};
use hitless_schema::writer::{Writer, WriterOptions};
use hitless_schema::{Change, DatabaseUrl};
use phases::Phases;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use view::{ProcessView, StorageView, View};

/// Events that a slow client may be behind.
const EVENTS: usize = 1024;

/// Reads the configuration again, as at the start.
pub type Reread = Box<dyn Fn() -> Result<Config, ConfigError> + Send>;

/// A running recorder.
pub struct Service {
    config: Config,
    cameras: Arc<Cameras>,
    writer: Writer,
    index: Index,
    run: Arc<Mutex<Run>>,
    shutdown: CancellationToken,
    view: Arc<dyn Fn() -> View + Send + Sync>,
    background: tokio::task::JoinSet<()>,
}

impl Service {
    /// Starts everything. What is wrong with the configuration of this machine
    /// is an error; what is wrong with cameras or the database is not.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let started = Instant::now();
        gstreamer::init().context("GStreamer cannot start; is it installed?")?;
        // First the lock: whoever is second is told by whom the instance is run,
        // not that a port is taken.
        let storage = Arc::new(Storage::open(&config.storage, &config.recorder.instance)?);
        let listener = listen(&config)?;
        let (writer, _) = Writer::start(writer_options(&config)?)
            .await
            .context("cannot open the spool under the storage")?;
        let index = Index::new(writer.clone());
        let run = new_run(&config)?;
        index.tell(Change::Run(run.clone()));
        let alarms = Alarms::default();
        let (events, _) = broadcast::channel(EVENTS);
        let (hold, held) = watch::channel(None);
        let (disk_state, disk_seen) = watch::channel(DiskState::default());
        let disk_watch = DiskWatch {
            storage: Arc::clone(&storage),
            disk: config.recorder.disk.clone(),
            index: index.clone(),
            hold,
            state: disk_state,
            alarms: alarms.clone(),
        };
        disk_watch.look().await;
        let ingest = Ingest::start(config.cameras.len(), config.recorder.ingest_batch)
            .context("cannot start a thread")?;
        let shared = Shared {
            run: run.run.clone(),
            storage: Arc::clone(&storage),
            index: index.clone(),
            ingest: Arc::new(ingest),
            hold: held.clone(),
            events: events.clone(),
            alarms: alarms.clone(),
        };
        // Before any camera: what is open after this is this run's own.
        let left = storage.left_open()?;
        let cameras = Arc::new(Cameras::start(shared, &config)?);
        let run = Arc::new(Mutex::new(run));
        let shutdown = CancellationToken::new();
        let view =
            viewer(&config, started, &cameras, &writer, &run, held, disk_seen, &shutdown, alarms);
        let mut background = tokio::task::JoinSet::new();
        background.spawn(recovery::run(storage, left, lock(&run).run.clone(), index.clone()));
        background.spawn(mirror::run(writer_options(&config)?.url, config.storage.clone()));
        background.spawn(disk_watch.run());
        let instance = config.recorder.instance.clone();
        let id = lock(&run).run.clone();
        background.spawn(clock_watch::run(index.clone(), instance, id.clone()));
        background.spawn(heartbeat(index.clone(), id, config.recorder.heartbeat));
        background.spawn(notify::run(Arc::clone(&view)));
        background.spawn(serve(listener, &config, Arc::clone(&view), events, shutdown.clone())?);
        Ok(Self { config, cameras, writer, index, run, shutdown, view, background })
    }

    /// Runs until a signal says to stop, and stops.
    pub async fn run(mut self, reread: Reread) -> anyhow::Result<()> {
        let mut signals = Signals::new()?;
        self.ready();
        loop {
            tokio::select! {
                told = signals.next() => match told {
                    Told::Stop => break,
                    Told::Reload => self.reload(&reread).await,
                },
                Some(ended) = self.background.join_next() => if let Err(panic) = ended {
                    error!("a background task failed: {panic}");
                },
            }
        }
        let phases = Phases::new(&self.config.shutdown);
        tokio::select! {
            () = self.stop(phases) => {}
            () = signals.stop() => warn!("told to stop again: leaving at once"),
        }
        Ok(())
    }

    fn ready(&self) {
        let run = {
            let mut run = lock(&self.run);
            run.ready = Some(crate::clock::now());
            run.clone()
        };
        self.index.tell(Change::Run(run.clone()));
        notify::ready(&(self.view)());
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

    async fn reload(&mut self, reread: &Reread) {
        let config = match reread() {
            Ok(config) => config,
            Err(problems) => {
                error!(
                    "the configuration is not taken over, recording goes on as it was:\n{problems}"
                );
                return;
            }
        };
        match self.cameras.reload(&self.config, &config).await {
            Ok(()) => info!("the configuration was read again"),
            Err(problem) => error!("the configuration was not taken over whole: {problem}"),
        }
        self.config = config;
    }

    async fn stop(self, mut phases: Phases) {
        info!("stopping: finishing the segments in flight");
        notify::stopping();
        {
            let mut run = lock(&self.run);
            run.draining = Some(crate::clock::now());
            self.index.tell(Change::Run(run.clone()));
        }
        phases.run("segments", self.config.shutdown.segments, self.cameras.stop()).await;
        self.shutdown.cancel();
        {
            let mut run = lock(&self.run);
            run.stopped = Some(crate::clock::now());
            self.index.tell(Change::Run(run.clone()));
        }
        let limit = self.config.shutdown.database;
        phases
            .run("database", limit, async {
                if let Err(problem) = self.writer.flush(limit).await {
                    warn!("not everything reached the database or its spool: {problem}");
                }
            })
            .await;
        phases.tell();
    }
}

/// What a signal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Stop,
    Reload,
}

/// The signals that a service gets.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    reload: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let on = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
            reload: on(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop,
            _ = self.interrupt.recv() => Told::Stop,
            _ = self.reload.recv() => Told::Reload,
        }
    }

    async fn stop(&mut self) {
        while self.next().await != Told::Stop {}
    }
}

fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let bind = config.recorder.access.bind;
    let listener = TcpListener::bind(bind).with_context(|| {
        format!("cannot listen on {bind}; another program does, or set recorder.bind or --bind")
    })?;
    listener.set_nonblocking(true).context("cannot set up the listening socket")?;
    Ok(listener)
}

fn serve(
    listener: TcpListener,
    config: &Config,
    view: Arc<dyn Fn() -> View + Send + Sync>,
    events: broadcast::Sender<Event>,
    shutdown: CancellationToken,
) -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let listener = tokio::net::TcpListener::from_std(listener).context("cannot listen")?;
    let token = config.recorder.access.token.clone();
    Ok(async move {
        let options = HttpOptions { token, ..HttpOptions::default() };
        let drained = crate::http::serve(listener, options, view, events, shutdown).await;
        if drained.cut > 0 {
            warn!(clients = drained.cut, "HTTP clients were cut off");
        }
    })
}

fn writer_options(config: &Config) -> anyhow::Result<WriterOptions> {
    let url = DatabaseUrl::parse(config.database.expose_url().expose())?;
    let spool = config.storage.join(".hitless/spool").join(config.recorder.instance.as_str());
    let mut options = WriterOptions::new(url, spool);
    options.spool_limit_bytes = config.recorder.spool_bytes;
    Ok(options)
}

fn new_run(config: &Config) -> anyhow::Result<Run> {
    let now = crate::clock::now();
    Ok(Run {
        run: RunId::new(uuid::Uuid::now_v7().simple().to_string())?,
        instance: config.recorder.instance.clone(),
        host: gethostname::gethostname().to_string_lossy().into_owned(),
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: now,
        ready: None,
        draining: None,
        stopped: None,
        heartbeat: now,
    })
}

async fn heartbeat(index: Index, run: RunId, every: std::time::Duration) {
    let mut beat = tokio::time::interval(every);
    loop {
        beat.tick().await;
        index.tell(Change::Heartbeat { run: run.clone(), at: crate::clock::now() });
    }
}

#[allow(clippy::too_many_arguments, reason = "all that there is to see")]
fn viewer(
    config: &Config,
    started: Instant,
    cameras: &Arc<Cameras>,
    writer: &Writer,
    run: &Arc<Mutex<Run>>,
    held: watch::Receiver<crate::camera::Hold>,
    disk: watch::Receiver<DiskState>,
    shutdown: &CancellationToken,
    alarms: Alarms,
) -> Arc<dyn Fn() -> View + Send + Sync> {
    let (cameras, run, shutdown) = (Arc::clone(cameras), Arc::clone(run), shutdown.clone());
    let database = writer.status();
    let path = config.storage.clone();
    Arc::new(move || {
        let run = lock(&run).clone();
        let disk = *disk.borrow();
        View {
            instance: run.instance,
            run: run.run,
            at: crate::clock::now(),
            uptime: started.elapsed(),
            ready_since: run.ready,
            draining: run.draining.is_some() || shutdown.is_cancelled(),
            cameras: cameras.view(),
            database: database.borrow().clone(),
            storage: StorageView {
                path: path.clone(),
                space: disk.space,
                min_free_bytes: disk.min_free_bytes,
                held: held.borrow().as_ref().map(|(_, why)| why.clone()),
            },
            process: ProcessView::now(),
            alarms: alarms.list(),
        }
    })
}

fn lock(run: &Mutex<Run>) -> std::sync::MutexGuard<'_, Run> {
    run.lock().unwrap_or_else(PoisonError::into_inner)
}
