//! The side that takes over: records, tells what it has on disk, and waits for
//! its moment.

use super::durable::DurableKeys;
use super::link::Link;
use super::message::{CameraReport, History, LastSample, PROTOCOL, ToPredecessor, ToSuccessor};
use super::role::Inherited;
use crate::service::view::CameraView;
use crate::storage::Storage;
use hitless_model::{CameraId, CameraState, InstanceId, SegmentName};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tracing::{debug, error, warn};

/// How often the disk is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How the wait ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Moment {
    /// Every camera is proven.
    TakeOver,
    /// The predecessor is gone without a word: it was killed.
    Alone,
    /// The predecessor goes on; this process is not needed.
    Stop(String),
}

/// Shows the cameras as they stand.
pub type ShowCameras = Arc<dyn Fn() -> Vec<CameraView> + Send + Sync>;

/// A successor that was started and is not in charge yet.
pub struct Successor {
    link: Link,
    cameras: ShowCameras,
    keys: Option<DurableKeys>,
    told: HashMap<CameraId, CameraReport>,
}

impl Successor {
    /// Tells the predecessor that everything is up. `left` is what earlier runs
    /// left open.
    pub async fn begin(
        inherited: Inherited,
        storage: Arc<Storage>,
        left: &[SegmentName],
        cameras: ShowCameras,
        best_effort: Vec<CameraId>,
    ) -> io::Result<Self> {
        let instance: InstanceId = storage.instance().clone();
        let keys = Some(DurableKeys::own(storage, left));
        let mut link = inherited.into_link()?;
        let to_record = cameras().into_iter().filter(|c| c.enabled).map(|c| c.id).collect();
        let ready = ToPredecessor::Ready {
            protocol: PROTOCOL,
            instance,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            cameras: to_record,
            best_effort,
        };
        // An error means that it is gone, which `wait` finds out.
        let _ = link.say(&ready).await;
        Ok(Self { link, cameras, keys, told: HashMap::new() })
    }

    /// Tells what is on disk until the predecessor has decided. May be
    /// cancelled.
    pub async fn wait(&mut self) -> Moment {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                heard = self.link.hear::<ToSuccessor>() => match heard {
                    Ok(Some(ToSuccessor::TakeOver)) => return Moment::TakeOver,
                    Ok(Some(ToSuccessor::Stop { reason })) => return Moment::Stop(reason),
                    Ok(Some(_)) => {}
                    Ok(None) => return Moment::Alone,
                    Err(problem) => {
                        warn!("the predecessor cannot be understood: {problem}");
                        return Moment::Alone;
                    }
                },
                _ = look.tick() => self.tell().await,
            }
        }
    }

    /// Tells that requests are answered here now.
    pub async fn serving(&mut self) {
        let _ = self.link.say(&ToPredecessor::Serving).await;
    }

    /// Waits until the predecessor is gone; what it told at last. `left` gets
    /// when it had each camera last.
    pub async fn predecessor_gone(&mut self, left: impl Fn(&[LastSample])) -> Gone {
        let mut history = None;
        loop {
            match self.link.hear::<ToSuccessor>().await {
                Ok(Some(ToSuccessor::Left { last })) => left(&last),
                Ok(Some(ToSuccessor::Farewell { history: told })) => history = Some(told),
                Ok(Some(ToSuccessor::Stop { reason })) => return Gone::WantsItBack(reason),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return Gone::Left(history),
            }
        }
    }

    async fn tell(&mut self) {
        for report in self.news().await {
            // An error means that it is gone, which the next `hear` says.
            let _ = self.link.say(&ToPredecessor::Camera(report)).await;
        }
    }

    async fn news(&mut self) -> Vec<CameraReport> {
        let mut keys = self.look().await;
        let mut news = Vec::new();
        for view in (self.cameras)() {
            let mut report = report_of(&view, keys.remove(&view.id).unwrap_or_default());
            if self.told.get(&view.id) != Some(&report) {
                news.push(report.clone());
                report.keys.clear();
                self.told.insert(view.id, report);
            }
        }
        news
    }

    async fn look(&mut self) -> BTreeMap<CameraId, Vec<u64>> {
        let Some(mut keys) = self.keys.take() else { return BTreeMap::new() };
        match spawn_blocking(move || (keys.look(), keys)).await {
            Ok((found, keys)) => {
                self.keys = Some(keys);
                debug!(cameras = found.len(), "looked at what is on disk");
                found
            }
            Err(panic) => {
                error!("looking at the segments failed: {panic}");
                BTreeMap::new()
            }
        }
    }
}

/// How the predecessor went.
#[derive(Debug, PartialEq)]
pub enum Gone {
    /// As it should, or killed if it said nothing.
    Left(Option<History>),
    /// It could not leave and goes on.
    WantsItBack(String),
}

fn report_of(view: &CameraView, keys: Vec<u64>) -> CameraReport {
    let standing = view.snapshot.as_ref().map(|snapshot| &snapshot.standing);
    let state = standing.map_or(CameraState::Stopped, |standing| standing.state);
    let failed = view.keeper.failure.as_ref().map(|failure| failure.detail.clone());
    let detail = failed.or_else(|| Some(standing?.detail.clone())).unwrap_or_default();
    CameraReport {
        camera: view.id.clone(),
        recording: state == CameraState::Recording && view.keeper.failure.is_none(),
        standing: if detail.is_empty() { state.to_string() } else { format!("{state}: {detail}") },
        keys,
    }
}
