//! `stitcher timeline`: spans and gaps of one camera, as they are stored.

mod json;
mod text;

pub use json::json;
pub use text::text;

use crate::site::{Site, now};
use crate::verdict::Verdict;
use hitless_model::{CameraId, Cause, TimeRange, Utc};
use hitless_schema::StoreError;
use hitless_schema::stitch::CameraWork;
use hitless_schema::timeline::{Entry, What};

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum TimelineError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody knows the camera.
    #[error("no camera {0} is known to the database; known are: {1}")]
    NoCamera(CameraId, String),
    /// The range is empty or runs backwards.
    #[error("--from {} is not before --to {}", range.from, range.to)]
    NoRange {
        /// What was asked for.
        range: TimeRange,
    },
}

/// A part of a camera's timeline: whole entries, each of which touches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// Whose.
    pub camera: CameraId,
    /// What was asked for.
    pub range: TimeRange,
    /// In order; each starts where the one before ends.
    pub entries: Vec<Entry>,
}

/// Reads a part of a timeline.
pub async fn read(
    site: &Site,
    camera: &CameraId,
    range: TimeRange,
) -> Result<Timeline, TimelineError> {
    if range.from >= range.to {
        return Err(TimelineError::NoRange { range });
    }
    let known = site.store.stitch_work().await?;
    let Some(work) = known.iter().find(|work| work.camera == *camera) else {
        let known = cameras_known(known.iter().map(|work| &work.camera));
        return Err(TimelineError::NoCamera(camera.clone(), known));
    };
    let mut entries = site.store.timeline(camera, range.from, range.to).await?;
    if let Some(open) = open_gap(site, work).await? {
        entries.retain(|entry| entry.start != open.start);
        let touches = open.start < range.to && open.end > range.from;
        entries.extend(touches.then_some(open));
    }
    Ok(Timeline { camera: camera.clone(), range, entries })
}

impl Timeline {
    /// Findings where footage is missing.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self.gaps().next().is_some())
    }

    /// Time without footage that nobody wished.
    pub fn gaps(&self) -> impl Iterator<Item = &Entry> {
        let is_gap = |e: &&Entry| matches!(e.what, What::Gap(cause) if cause != Cause::Disabled);
        self.entries.iter().filter(is_gap)
    }
}

/// Names of cameras, for who asked for another one.
pub fn cameras_known<'a>(cameras: impl Iterator<Item = &'a CameraId>) -> String {
    let names: Vec<&str> = cameras.map(CameraId::as_str).collect();
    match names.is_empty() {
        true => "none yet (nothing is recorded, or `stitcher rescan` has to find it)".to_owned(),
        false => names.join(", "),
    }
}

/// The gap in which the timeline ends, as long as it is by now, where no
/// recorder has run since it was written.
pub async fn open_gap(site: &Site, work: &CameraWork) -> Result<Option<Entry>, StoreError> {
    let written = work.state.generation > 0 && work.state.planned_until.is_none();
    if !written || work.has_news() {
        return Ok(None);
    }
    let (first, last) = (Utc::from_ns(i64::MIN), Utc::from_ns(i64::MAX));
    let gaps = site.store.gaps(Some(&work.camera), first, last).await?;
    let gap = gaps.into_iter().rfind(|gap| gap.repaired.is_none());
    Ok(gap.map(|gap| Entry {
        start: gap.range.from,
        end: gap.range.to.max(now()),
        what: What::Gap(gap.cause),
    }))
}
