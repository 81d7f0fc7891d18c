//! Where a camera's plan has to begin again.
//!
//! At the latest joint before everything that changed since the last plan,
//! however old that is; from nothing where there is none.

use crate::site::Site;
use hitless_model::{CameraId, Nanos, TimeRange, Utc};
use hitless_schema::StoreError;
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

/// Where to begin, given what was `touched` since the last plan.
pub async fn begin(
    site: &Site,
    camera: &CameraId,
    touched: &[TimeRange],
    settings: &Settings,
) -> Result<Carry, StoreError> {
    let Some(first) = touched.iter().map(|range| range.from).min() else {
        return carry_at_or_before(site, camera, Utc::from_ns(i64::MAX)).await;
    };
    let mut rows = Vec::new();
    for range in touched {
        rows.extend(site.store.segments_for_planning(camera, range.from, range.to).await?);
    }
    let margin = settings.gate.plus(settings.gate);
    let mut carry = carry_at_or_before(site, camera, first.plus(Nanos::ZERO.minus(margin))).await?;
    while let Some(end) = carry.end {
        let before_all = rows.iter().all(|row| {
            SegmentFacts::of_row(row, 0, settings.drift_bound_ppm)
                .is_none_or(|facts| carry.is_before(&row.name.instance, &facts, settings))
        });
        if before_all {
            break;
        }
        carry = carry_at_or_before(site, camera, end.plus(Nanos::new(-1))).await?;
    }
    Ok(carry)
}
