//! Makes views of the running recorder.

use super::alarms::Alarms;
use super::cameras::Cameras;
use super::disk::DiskState;
use super::running::lock;
use super::server::ShowView;
use super::view::{HandoverView, ProcessView, StorageView, View};
use crate::camera::Hold;
use hitless_model::Run;
use hitless_schema::writer::WriterStatus;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::sync::watch;

/// All that there is to see.
pub(super) struct Viewer {
    pub(super) started: Instant,
    pub(super) root: PathBuf,
    pub(super) cameras: Arc<Cameras>,
    pub(super) database: watch::Receiver<WriterStatus>,
    pub(super) run: Arc<Mutex<Run>>,
    pub(super) held: watch::Receiver<Hold>,
    pub(super) disk: watch::Receiver<DiskState>,
    pub(super) handovers: Arc<Mutex<HandoverView>>,
    pub(super) alarms: Alarms,
}

impl Viewer {
    /// For whoever wants to see it.
    pub(super) fn shown(self) -> ShowView {
        Arc::new(move || self.view())
    }

    fn view(&self) -> View {
        let run = lock(&self.run).clone();
        let disk = *self.disk.borrow();
        View {
            instance: run.instance,
            run: run.run,
            at: crate::clock::now(),
            uptime: self.started.elapsed(),
            ready_since: run.ready,
            draining: run.draining.is_some(),
            cameras: self.cameras.view(),
            database: self.database.borrow().clone(),
            storage: StorageView {
                path: self.root.clone(),
                space: disk.space,
                min_free_bytes: disk.min_free_bytes,
                held: self.held.borrow().as_ref().map(|(_, why)| why.clone()),
            },
            process: ProcessView::now(),
            handovers: lock(&self.handovers).clone(),
            alarms: self.alarms.list(),
        }
    }
}
