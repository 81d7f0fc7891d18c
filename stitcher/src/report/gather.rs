//! Reads what a report is made of.

use super::measure::measure;
use super::model::{Report, Stored};
use crate::site::{Site, now};
use crate::timeline::open_gap;
use hitless_model::{CameraId, TimeRange};
use hitless_schema::StoreError;
use hitless_schema::stitch::CameraWork;

/// Reads and measures a range, of all cameras or of some.
pub async fn gather(
    site: &Site,
    cameras: &[CameraId],
    range: TimeRange,
) -> Result<Report, StoreError> {
    let runs = site.store.runs_between(range.from, range.to).await?;
    let mut work = site.store.stitch_work().await?;
    work.retain(|one| cameras.is_empty() || cameras.contains(&one.camera));
    work.sort_by(|a, b| a.camera.cmp(&b.camera));
    let mut days = Vec::new();
    for one in &work {
        let stored = stored(site, one, range).await?;
        days.extend(measure(&one.camera, range, &stored, &runs));
    }
    Ok(Report { range, made: now(), days, runs })
}

async fn stored(site: &Site, work: &CameraWork, range: TimeRange) -> Result<Stored, StoreError> {
    let (store, camera) = (&site.store, &work.camera);
    let mut entries = store.timeline(camera, range.from, range.to).await?;
    if let Some(open) = open_gap(site, work).await? {
        entries.retain(|entry| entry.start != open.start);
        entries.push(open);
    }
    Ok(Stored {
        entries,
        gaps: store.gaps(Some(camera), range.from, range.to).await?,
        alignments: store.alignments(camera, range.from, range.to).await?,
        findings: store.findings(camera, range.from, range.to).await?,
        unplayable: store.unplayable(camera, range.from, range.to).await?,
    })
}
