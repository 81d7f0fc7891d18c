//! Removes footage that is no longer wanted, when somebody asks for it.
//!
//! Chooses first and removes after, so that a dry run shows exactly what would
//! go. Protected ranges never go, nor segments that are being written, nor any
//! that are not stitched yet. The row is marked before its file is removed: a
//! kill in between leaves a file that the next rescan takes up again, never a
//! timeline that plays what is gone.

use super::protect::{ProtectError, list};
use crate::rescan::Listed;
use crate::site::{Site, now};
use hitless_media::sidecar;
use hitless_model::{CameraId, Nanos, OverlapStatus, Segment, SegmentName, SegmentState, Utc};
use hitless_schema::{Change, Protection, Stamped, Stamper, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

/// Rows looked at.
const MOST: u32 = 1_000_000;
/// Rows marked and files removed at a time.
const BATCH: usize = 200;
/// A mapping to wall time may be this much worse than it says.
const MARGIN: Nanos = Nanos::from_secs(10);

/// What is to go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// All that ended before.
    pub before: Option<Utc>,
    /// Copies of which nothing is played, that ended before.
    pub duplicates_before: Option<Utc>,
    /// Only these cameras; empty: all.
    pub cameras: Vec<CameraId>,
}

/// Why nothing, or not all, was removed.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is protected is not known.
    #[error("nothing is removed, because what is protected is not known: {0}")]
    Protect(#[from] ProtectError),
}

/// A segment that may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Which.
    pub name: SegmentName,
    /// Its bytes on disk.
    pub bytes: u64,
    /// Nothing of it is played.
    pub duplicate: bool,
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Segments.
    pub removed: usize,
    /// Bytes of their files.
    pub bytes: u64,
    /// What could not be removed, and why.
    pub problems: Vec<String>,
}

/// What a rule means now, oldest first.
pub async fn choose(site: &Site, rule: &Rule) -> Result<Vec<Chosen>, PruneError> {
    let protections = list(site).await?;
    let open = Listed::read(site.root());
    let Some(latest) = rule.before.max(rule.duplicates_before) else { return Ok(Vec::new()) };
    let rows = site.store.oldest_unprotected(None, latest, MOST).await?;
    let spare = spare(&rows);
    let wanted = |row: &Segment| {
        let end = row.start.plus(row.duration);
        rule.before.is_some_and(|before| end <= before)
            || (spare.contains(&row.name)
                && rule.duplicates_before.is_some_and(|before| end <= before))
    };
    Ok(rows
        .into_iter()
        .filter(|row| rule.cameras.is_empty() || rule.cameras.contains(&row.name.camera))
        .filter(|row| row.state == SegmentState::Corrupt || row.overlap != OverlapStatus::Pending)
        .filter(|row| !open.contains(&row.name) && wanted(row))
        .filter(|row| !protections.iter().any(|p| covers(p, row)))
        .map(|row| Chosen {
            bytes: row.size_bytes,
            duplicate: row.overlap == OverlapStatus::Duplicate,
            name: row.name,
        })
        .collect())
}

/// Duplicates that nothing needs. One beside a segment that is played shows
/// how its recorder's footage fits to that of the others: it stays, so that a
/// seam remains exact when its time is planned again.
fn spare(rows: &[Segment]) -> BTreeSet<SegmentName> {
    let is_duplicate = |row: &Segment| row.overlap == OverlapStatus::Duplicate;
    let at = |row: &Segment, number| (row.name.camera.clone(), row.name.instance.clone(), number);
    let known: BTreeMap<_, bool> =
        rows.iter().map(|row| (at(row, row.name.number.get()), is_duplicate(row))).collect();
    let beside = |row: &Segment| {
        let number = row.name.number.get();
        let before = number.checked_sub(1).and_then(|n| known.get(&at(row, n)));
        let after = known.get(&at(row, number.saturating_add(1)));
        // what was before may be removed already; what comes after is not known yet
        before.copied().unwrap_or(true) && after.copied().unwrap_or(false)
    };
    let spare = rows.iter().filter(|row| is_duplicate(row) && beside(row));
    spare.map(|row| row.name.clone()).collect()
}

fn covers(protection: &Protection, row: &Segment) -> bool {
    let error = row.clock.map_or(Nanos::ZERO, |clock| clock.point.error).plus(MARGIN);
    let from = row.start.plus(Nanos::ZERO.minus(error));
    let to = row.start.plus(row.duration).plus(error);
    protection.camera == row.name.camera && from < protection.to && to > protection.from
}

/// Removes segments: rows are marked, then both files go.
pub async fn remove(site: &Site, chosen: &[Chosen]) -> Result<Pruned, PruneError> {
    let stamper = Stamper::new();
    let mut done = Pruned::default();
    for part in chosen.chunks(BATCH) {
        let expired = |one: &Chosen| Stamped {
            stamp: stamper.next(now()),
            change: Change::SegmentExpired { name: one.name.clone() },
        };
        site.store.apply(&part.iter().map(expired).collect::<Vec<_>>()).await?;
        for one in part {
            match remove_files(&site.root().join(one.name.relative_path())) {
                Ok(bytes) => {
                    done.removed += 1;
                    done.bytes += bytes;
                }
                Err(problem) => done.problems.push(problem),
            }
        }
    }
    Ok(done)
}

/// The `.meta` file goes last: without its segment it is no harm, without it a
/// segment would be a stranger. A link to another recorder's file is removed,
/// the file is not.
fn remove_files(path: &Path) -> Result<u64, String> {
    let mut bytes = 0;
    for file in [path.to_owned(), sidecar::path_of(path)] {
        let removed = std::fs::symlink_metadata(&file)
            .and_then(|found| std::fs::remove_file(&file).map(|()| found.len()));
        match removed {
            Ok(length) => bytes += length,
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(format!("{} could not be removed: {e}", file.display())),
        }
    }
    // an empty folder of a day goes too; others refuse
    if let Some(folder) = path.parent() {
        let _ = std::fs::remove_dir(folder);
    }
    Ok(bytes)
}
