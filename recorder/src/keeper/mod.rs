//! Looks after a camera's segments once they are begun.
//!
//! Follows each file from its creation to its row: notes what becomes known
//! in the `.meta` file, syncs what is being written, and, when GStreamer has
//! closed it, makes it durable, takes it off the list of open segments and
//! tells the database. A pipeline that failed leaves its files as a crash
//! would; they are recovered at once.
//!
//! Invariants: messages of one camera are dealt with in order; the file comes
//! first and the row after it; nothing here runs on a thread that reads from a
//! camera, so a disk that hangs holds up this camera's files and nothing else.

mod begun;
mod close;
mod left;
mod messages;
mod notes;
mod state;

pub use begun::Begun;
pub use messages::{Note, SegmentHeader, ToKeeper};
pub(crate) use notes::recovered as note_recovered;
pub use state::{Failure, KeeperState};

use crate::crew::Panicked;
use crate::http::Timings;
use crate::index::Index;
use crate::pipeline::PipelineEvent;
use crate::service::alarms::Alarms;
use crate::strand::CameraParts;
use close::Closing;
use hitless_model::{Cause, ClockStep, SegmentName};
use hitless_schema::Change;
use state::{Known, Open, Retiring};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tracing::{debug, error, info, warn};

/// How long a pipeline may take to finish its file; it takes milliseconds.
const FINISH_LIMIT: Duration = Duration::from_secs(10);

/// How often segments are looked after that a failing storage left behind.
const RETRY: Duration = Duration::from_secs(2);

/// Failed pipelines of which late messages may still come.
const REMEMBERED: usize = 64;

/// The keeper of one camera's segments.
pub struct Keeper {
    parts: Arc<CameraParts>,
    index: Index,
    alarms: Alarms,
    timings: Timings,
    open: BTreeMap<SegmentName, Open>,
    known: BTreeMap<SegmentName, Known>,
    retiring: HashMap<u64, Retiring>,
    /// Segments that could not be looked after while the storage failed.
    left: BTreeSet<SegmentName>,
    /// Pipelines that failed: what follows from it is no news.
    failed: BTreeSet<u64>,
    state: watch::Sender<KeeperState>,
}

impl Keeper {
    /// A keeper with nothing to keep yet, and where it tells how it stands.
    pub fn new(
        parts: Arc<CameraParts>,
        index: Index,
        alarms: Alarms,
        timings: Timings,
    ) -> (Self, watch::Receiver<KeeperState>) {
        let (state, seen) = watch::channel(KeeperState::default());
        let (open, known, retiring, left, failed) = Default::default();
        let keeper =
            Self { parts, index, alarms, timings, open, known, retiring, left, failed, state };
        (keeper, seen)
    }

    /// Runs until the camera is gone and all its files are closed.
    pub async fn run(mut self, mut messages: mpsc::UnboundedReceiver<ToKeeper>) {
        let every = self.parts.sync_interval;
        let mut sync = tokio::time::interval(every.max(Duration::from_millis(100)));
        sync.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut retry = tokio::time::interval(RETRY);
        retry.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut leaving = false;
        while !(leaving && self.open.is_empty() && self.retiring.is_empty()) {
            tokio::select! {
                message = messages.recv() => match message {
                    Some(ToKeeper::LeaveWhenDone) => leaving = true,
                    Some(message) => self.on(message).await,
                    None => return,
                },
                _ = sync.tick(), if !every.is_zero() => self.sync_open().await,
                _ = retry.tick(), if !(self.left.is_empty() && self.retiring.is_empty()) => {
                    self.cut_stuck().await;
                    self.recover_left().await;
                }
            }
            self.tell_open();
        }
        self.recover_left().await;
    }

    async fn on(&mut self, message: ToKeeper) {
        match message {
            ToKeeper::Created { header, pipeline, path } => {
                let name = header.name.clone();
                let known = self.known.remove(&name).unwrap_or_default();
                let opened = close::opened_row(&header);
                info!(camera = %name.camera, segment = %name, "segment opened");
                self.index.tell_segment(opened);
                let Known { notes, ended, ended_at } = known;
                for note in notes {
                    self.write_note(&path, note).await;
                }
                let open = Open { header: *header, pipeline, path, ended, ended_at };
                self.open.insert(name, open);
                if self.failed.contains(&pipeline) {
                    // Made by a pipeline that failed meanwhile: nobody closes it.
                    self.recover(pipeline).await;
                }
            }
            ToKeeper::Refused { name, pipeline, error, full } => {
                error!(camera = %name.camera, segment = %name, "segment refused: {error}");
                self.failed.insert(pipeline);
                self.known.remove(&name);
                self.fail(error, full);
            }
            ToKeeper::Note { name, note } => match self.open.get(&name) {
                Some(open) => self.write_note(&open.path, note).await,
                None => self.known.entry(name).or_default().notes.push(note),
            },
            ToKeeper::Ended { name, tally, clock } => {
                let (ended, at) = (Some((*tally, clock)), Some(Instant::now()));
                if let Some(open) = self.open.get_mut(&name) {
                    (open.ended, open.ended_at) = (ended, at);
                } else {
                    let known = self.known.entry(name).or_default();
                    (known.ended, known.ended_at) = (ended, at);
                }
            }
            ToKeeper::CameraClockStep { at, step } => {
                self.index.tell(Change::ClockStep(ClockStep {
                    instance: self.parts.storage.instance().clone(),
                    run: self.parts.run.clone(),
                    camera: Some(self.parts.id.clone()),
                    at,
                    step,
                }));
            }
            ToKeeper::Retire(mut pipeline) => {
                pipeline.finish();
                let failed = pipeline.has_failed();
                let id = pipeline.id();
                self.retiring.insert(id, Retiring { pipeline: *pipeline, since: Instant::now() });
                if failed {
                    self.stop(id).await;
                    self.known.clear();
                }
            }
            ToKeeper::Pipeline { id, event } => self.on_pipeline(id, event).await,
            ToKeeper::LeaveWhenDone => {}
        }
    }

    async fn on_pipeline(&mut self, id: u64, event: PipelineEvent) {
        match event {
            PipelineEvent::Opened(_) => {}
            PipelineEvent::Closed(path) => self.close(&path).await,
            PipelineEvent::Finished => self.stop(id).await,
            PipelineEvent::Failed { detail, no_space } => {
                if self.failed.insert(id) {
                    error!(camera = %self.parts.id, "writing failed: {detail}");
                    self.fail(detail, no_space);
                } else {
                    debug!(camera = %self.parts.id, "follows from the failure before: {detail}");
                }
                self.stop(id).await;
                self.recover(id).await;
            }
        }
    }

    async fn close(&mut self, path: &Path) {
        let name = path
            .file_name()
            .and_then(|n| SegmentName::parse(n.to_str()?).ok())
            .and_then(|name| self.open.remove_entry(&name));
        let Some((name, open)) = name else {
            warn!(camera = %self.parts.id, ?path, "a file was closed that nobody had opened");
            return;
        };
        let ended_at = open.ended_at;
        let closing = Closing { storage: Arc::clone(&self.parts.storage), open };
        match self.blocking(move || closing.run()).await {
            Ok(Ok(segment)) => {
                self.parts.stats.segment_closed(&segment);
                if let Some(at) = ended_at {
                    self.timings.closed(&self.parts.id, at.elapsed());
                }
                info!(
                    camera = %name.camera,
                    segment = %name,
                    seconds = segment.duration.as_secs_f64(),
                    bytes = segment.size_bytes,
                    "segment closed"
                );
                self.index.tell_segment(segment);
                self.state.send_if_modified(|s| s.failure.take().is_some());
            }
            Ok(Err(problem)) => {
                error!(
                    camera = %name.camera,
                    segment = %name,
                    "segment not closed properly: {problem}; tried again"
                );
                self.fail(problem.to_string(), problem.is_full());
                self.left.insert(name);
            }
            Err(panic) => error!(camera = %name.camera, segment = %name, "closing failed: {panic}"),
        }
    }

    /// Ends a pipeline's threads.
    async fn stop(&mut self, id: u64) {
        // Numbers rise: what older ones may still say is of no interest.
        while self.failed.len() > REMEMBERED {
            self.failed.pop_first();
        }
        if let Some(Retiring { pipeline, .. }) = self.retiring.remove(&id) {
            // Its threads may wait for the disk: not on this one.
            if let Err(panic) = self.blocking(move || pipeline.stop()).await {
                error!(camera = %self.parts.id, "stopping a pipeline failed: {panic}");
            }
        }
    }

    /// Cuts off pipelines that do not come to their end (splitmuxsink has been
    /// seen to hang there); their files are recovered as after a crash.
    async fn cut_stuck(&mut self) {
        let stuck = |r: &Retiring| r.since.elapsed() > FINISH_LIMIT;
        let ids: Vec<u64> =
            self.retiring.iter().filter(|(_, r)| stuck(r)).map(|(id, _)| *id).collect();
        for id in ids {
            let seconds = FINISH_LIMIT.as_secs();
            warn!(camera = %self.parts.id, "a file was not finished within {seconds} s; it is cut off");
            self.stop(id).await;
            self.recover(id).await;
        }
    }

    async fn sync_open(&mut self) {
        let paths: Vec<_> = self.open.values().map(|open| open.path.clone()).collect();
        if paths.is_empty() {
            return;
        }
        let synced = self.blocking(move || close::sync_data(&paths)).await;
        if let Ok(Err(problem)) = synced {
            warn!(camera = %self.parts.id, "{problem}");
            self.fail(problem.to_string(), problem.is_full());
        }
    }

    fn fail(&self, detail: String, full: bool) {
        let cause = if full { Cause::DiskFull } else { Cause::StorageFailed };
        self.alarms.raise(format!("camera {}: {detail}", self.parts.id));
        self.state.send_modify(|s| s.failure = Some(Failure { detail, cause }));
    }

    fn tell_open(&self) {
        self.state.send_if_modified(|s| {
            std::mem::replace(&mut s.open, self.open.len()) != self.open.len()
        });
    }

    async fn write_note(&self, path: &Path, note: Note) {
        let (path, shown) = (path.to_owned(), path.display().to_string());
        if let Ok(Err(problem)) = self.blocking(move || notes::append(&path, &note)).await {
            warn!(segment = shown, "cannot note in the .meta file: {problem}");
        }
    }

    /// Waits for work that waits for the disk.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        self.parts.crews.keepers.run(work).await
    }
}
