//! Where a camera's plan has to begin again.
//!
//! At the latest joint before everything that changed since the last plan,
//! however old that is; from nothing where there is none.

use crate::site::Site;
use hitless_model::{CameraId, Nanos, Utc};
use hitless_schema::StoreError;
use hitless_schema::read::ChangeSeq;
use hitless_schema::stitch::News;
use hitless_stitcher_core::{Carry, SegmentFacts, Settings};

/// The latest stored joint at or before an instant; [`Carry::default`] where
/// there is none, or where it was written by another version.
pub async fn carry_at_or_before(
    site: &Site,
    camera: &CameraId,
    at: Utc,
) -> Result<Carry, StoreError> {
    let found = site.store.carry_before(camera, at).await?;
    Ok(found.and_then(|row| serde_json::from_slice(&row.carry).ok()).unwrap_or_default())
}

/// Where to begin, given what changed after `seen`.
pub async fn begin(site: &Site, camera: &CameraId, seen: ChangeSeq) -> Result<Carry, StoreError> {
    let touched = site.store.touched_since(camera, seen).await?;
    let Some(first) = touched.iter().map(|range| range.from).min() else {
        return carry_at_or_before(site, camera, Utc::from_ns(i64::MAX)).await;
    };
    let news = site.store.segments_with_news(camera, seen).await?;
    let settings = &site.settings;
    let margin = settings.gate.plus(settings.gate);
    let mut carry = carry_at_or_before(site, camera, first.plus(Nanos::ZERO.minus(margin))).await?;
    while let Some(end) = carry.end {
        if news.iter().all(|one| is_before(&carry, one, settings)) {
            break;
        }
        carry = carry_at_or_before(site, camera, end.plus(Nanos::new(-1))).await?;
    }
    Ok(carry)
}

/// Would what is planned before the joint be the same without this row, as it
/// is and as it was?
fn is_before(carry: &Carry, news: &News, settings: &Settings) -> bool {
    let row = &news.segment;
    let Some(facts) = SegmentFacts::of_row(row, 0, settings.drift_bound_ppm) else {
        return false;
    };
    let was = news.placed.map_or(facts.start, |placed| placed.from.min(facts.start));
    let earliest = SegmentFacts { start: was, ..facts };
    carry.is_before(&row.name.instance, &earliest, settings)
}
