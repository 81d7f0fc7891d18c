//! `stitcher timeline`: spans and gaps of one camera, as they are stored.

mod json;
mod text;

pub use json::json;
pub use text::text;

use crate::site::Site;
use crate::verdict::Verdict;
use hitless_model::{CameraId, TimeRange};
use hitless_schema::StoreError;
use hitless_schema::timeline::{Entry, What};

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum TimelineError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody knows the camera.
    #[error("no camera {0} is known to the database")]
    NoCamera(CameraId),
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
    if !known.iter().any(|work| work.camera == *camera) {
        return Err(TimelineError::NoCamera(camera.clone()));
    }
    let entries = site.store.timeline(camera, range.from, range.to).await?;
    Ok(Timeline { camera: camera.clone(), range, entries })
}

impl Timeline {
    /// Findings where footage is missing.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self.entries.iter().any(|entry| matches!(entry.what, What::Gap(_))))
    }
}
