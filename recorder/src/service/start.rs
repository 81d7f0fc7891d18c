//! Start: takes the lock, opens what is needed, starts every camera.
//!
//! What is wrong with the configuration of this machine is an error; what is
//! wrong with cameras or the database is not.

use super::alarms::Alarms;
use super::cameras::Cameras;
use super::disk::{DiskState, DiskWatch};
use super::running::{Running, lock};
use super::server::{Server, listen};
use super::shared::Shared;
use super::viewer::Viewer;
use super::writing::writer_options;
use super::{clock_watch, mirror, rows_left};
use crate::crew::Crews;
use crate::http::Timings;
use crate::index::Index;
use crate::ingest::Ingest;
use crate::storage::Storage;
use anyhow::Context;
use hitless_config::Config;
use hitless_model::{Run, RunId};
use hitless_schema::Change;
use hitless_schema::writer::Writer;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

/// Events that a slow client may be behind.
const EVENTS: usize = 1024;

/// Starts everything but what only who is in charge does: answering requests
/// and talking to the service manager.
pub(super) async fn start(
    config: Config,
    inherited: Option<(TcpListener, SocketAddr)>,
) -> anyhow::Result<(Arc<Running>, JoinSet<()>)> {
    let started = Instant::now();
    gstreamer::init().context("GStreamer cannot start; is it installed?")?;
    // First the lock: whoever is second is told by whom the instance is run,
    // not that a port is taken.
    let storage = Arc::new(Storage::open(&config.storage, &config.recorder.instance)?);
    let listener = listen(&config, inherited)?;
    let (writer, _) = Writer::start(writer_options(&config)?)
        .await
        .context("cannot open the spool under the storage")?;
    let index = Index::new(writer.clone());
    let run = new_run(&config)?;
    index.tell(Change::Run(run.clone()));
    let (events, _) = broadcast::channel(EVENTS);
    let alarms = Alarms::telling(events.clone());
    let (hold, held) = watch::channel(None);
    let (disk_state, disk) = watch::channel(DiskState::default());
    let disk_watch = DiskWatch {
        storage: Arc::clone(&storage),
        disk: config.recorder.disk.clone(),
        index: index.clone(),
        hold,
        state: disk_state,
        alarms: alarms.clone(),
    };
    disk_watch.look().await;
    let timings = Timings::new();
    let ingest = Ingest::start(config.cameras.len(), config.recorder.ingest_batch)
        .context("cannot start a thread")?;
    let shared = Shared {
        run: run.run.clone(),
        storage: Arc::clone(&storage),
        index: index.clone(),
        ingest: Arc::new(ingest),
        crews: Crews::new(),
        hold: held.clone(),
        events: events.clone(),
        alarms: alarms.clone(),
        timings: timings.clone(),
    };
    // Before any camera: what is open after this is this run's own.
    let left = storage.left_open()?;
    let cameras = Arc::new(Cameras::start(shared, &config)?);
    let run = Arc::new(Mutex::new(run));
    let handovers = Arc::<Mutex<_>>::default();
    let view = Viewer {
        started,
        root: config.storage.clone(),
        cameras: Arc::clone(&cameras),
        database: writer.status(),
        run: Arc::clone(&run),
        held,
        disk,
        handovers: Arc::clone(&handovers),
        alarms,
    }
    .shown();
    let registry = timings.registry().clone();
    let server = Server::new(listener, &config, Arc::clone(&view), events.clone(), registry);
    let server = tokio::sync::Mutex::new(server);
    let running = Arc::new(Running {
        config,
        storage,
        cameras,
        writer,
        index,
        run,
        server,
        view,
        events,
        handovers,
        departed: Arc::default(),
        left,
        started,
        timings,
    });
    let background = background(&running, disk_watch)?;
    Ok((running, background))
}

fn background(running: &Arc<Running>, disk_watch: DiskWatch) -> anyhow::Result<JoinSet<()>> {
    let Running { config, index, left, .. } = &**running;
    let id = running.run_id();
    let mut background = JoinSet::new();
    background.spawn(running.recovery().of(left.clone()));
    background.spawn(rows_left::run(Arc::clone(running)));
    background.spawn(mirror::run(Arc::clone(running), writer_options(config)?.url));
    background.spawn(disk_watch.run());
    let instance = lock(&running.run).instance.clone();
    background.spawn(clock_watch::run(index.clone(), instance, id.clone()));
    background.spawn(heartbeat(index.clone(), id, config.recorder.heartbeat));
    Ok(background)
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

async fn heartbeat(index: Index, run: RunId, every: Duration) {
    let mut beat = tokio::time::interval(every);
    loop {
        beat.tick().await;
        index.tell(Change::Heartbeat { run: run.clone(), at: crate::clock::now() });
    }
}
