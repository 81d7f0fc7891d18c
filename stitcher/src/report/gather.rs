//! Reads what a report is made of.

use super::days::spells;
use super::measure::Measuring;
use super::model::{CameraDay, Report, Stored};
use crate::site::{Site, now};
use crate::timeline::open_gap;
use futures::{StreamExt, stream};
use hitless_model::{CameraId, Run, TimeRange};
use hitless_schema::StoreError;
use hitless_schema::stitch::CameraWork;
use std::sync::Arc;

/// Cameras that are read and measured at once: unpacking entries takes longer
/// than reading them.
const AT_ONCE: usize = 4;
/// Days of a camera whose entries are in memory at once. A month of one has
/// 40,000 of them, 500 bytes each.
const DAYS: usize = 5;

/// Reads and measures a range, of all cameras or of some.
pub async fn gather(
    site: &Site,
    cameras: &[CameraId],
    range: TimeRange,
) -> Result<Report, StoreError> {
    let runs: Arc<[Run]> = site.store.runs_between(range.from, range.to).await?.into();
    let mut work = site.store.stitch_work().await?;
    work.retain(|one| cameras.is_empty() || cameras.contains(&one.camera));
    work.sort_by(|a, b| a.camera.cmp(&b.camera));
    let tasks = work.into_iter().map(|one| {
        let (site, runs) = (site.clone(), Arc::clone(&runs));
        async move { tokio::spawn(camera_days(site, one, range, runs)).await }
    });
    let mut measured = stream::iter(tasks).buffered(AT_ONCE);
    let mut days = Vec::new();
    while let Some(done) = measured.next().await {
        match done {
            Ok(of_camera) => days.extend(of_camera?),
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
    Ok(Report { range, made: now(), days, runs: runs.to_vec() })
}

async fn camera_days(
    site: Site,
    work: CameraWork,
    range: TimeRange,
    runs: Arc<[Run]>,
) -> Result<Vec<CameraDay>, StoreError> {
    let (store, camera) = (&site.store, &work.camera);
    let open = open_gap(&site, &work).await?;
    let mut measuring = Measuring::new(camera);
    for days in spells(range, DAYS) {
        let mut entries = store.timeline(camera, days.from, days.to).await?;
        if let Some(open) = &open {
            entries.retain(|entry| entry.start != open.start);
            // The last one of all: it says how far the timeline is known.
            if days.to == range.to || (open.start < days.to && open.end > days.from) {
                entries.push(open.clone());
            }
        }
        measuring.take(days, &entries);
    }
    let stored = Stored {
        gaps: store.gaps(Some(camera), range.from, range.to).await?,
        alignments: store.alignments(camera, range.from, range.to).await?,
        findings: store.findings(camera, range.from, range.to).await?,
        unplayable: store.unplayable(camera, range.from, range.to).await?,
    };
    Ok(measuring.finish(&stored, &runs))
}
