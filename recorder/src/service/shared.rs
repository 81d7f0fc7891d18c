//! What the tasks of all cameras share.

use super::alarms::Alarms;
use crate::camera::Hold;
use crate::crew::Crews;
use crate::http::{self, Timings};
use crate::index::Index;
use crate::ingest::Ingest;
use crate::storage::Storage;
use hitless_model::RunId;
use std::sync::Arc;
use tokio::sync::{broadcast, watch};

/// Handed to each camera, and again to one that is started again.
#[derive(Clone)]
pub struct Shared {
    /// Which life of the recorder.
    pub run: RunId,
    /// Where files go.
    pub storage: Arc<Storage>,
    /// The way to the database.
    pub index: Index,
    /// The reading threads.
    pub ingest: Arc<Ingest>,
    /// Threads for what may block.
    pub crews: Crews,
    /// Set while nothing may be recorded.
    pub hold: watch::Receiver<Hold>,
    /// For what a person must look at.
    pub alarms: Alarms,
    /// How long things took.
    pub timings: Timings,
    /// For clients that follow along.
    pub events: broadcast::Sender<http::Event>,
}
