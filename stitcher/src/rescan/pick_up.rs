//! Files that appeared without a word to the database, and segments that a
//! recorder left open when it died for good.
//!
//! Looks only into folders of the last days whose time of change is not the
//! one noted at the last look, so that a run with nothing new costs one look
//! at each of these folders. What lies further back is for `rescan`.

use super::RescanError;
use super::foreign::{link_all, patterns};
use super::open::{Listed, is_growing};
use crate::compute::Compute;
use crate::index::row_of_file;
use crate::run::patience;
use crate::site::{Site, now};
use hitless_model::{Nanos, Segment, SegmentName, SegmentState, Utc};
use hitless_schema::{Stamper, StoreError};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How many days back a run looks, today included.
const DAYS: i64 = 3;
/// A folder that changed this lately may change again within the grain of its
/// time, so it is looked into once more.
const GRAIN: Nanos = Nanos::from_secs(2);

/// What was picked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PickedUp {
    /// Rows written.
    pub rows: u64,
    /// What could not be, for people.
    pub problems: Vec<String>,
}

/// Writes rows for files that have none, and closes the rows of segments that
/// a dead recorder left open.
pub async fn pick_up(site: &Site, compute: &Compute) -> Result<PickedUp, RescanError> {
    let patterns = patterns(&site.config.stitcher.foreign)?;
    let mut done = PickedUp::default();
    let (root, at) = (site.root().to_owned(), now());
    let seen = Seen::read(&root);
    let (fresh, linked) = compute
        .run(move || {
            let linked = link_all(&root, &patterns);
            (fresh(&root, &seen, at), linked)
        })
        .await;
    done.problems.extend(linked.problems);
    let mut names: BTreeSet<SegmentName> = BTreeSet::new();
    for name in &fresh.names {
        if site.store.segment(name).await?.is_none() {
            names.insert(name.clone());
        }
    }
    names.extend(left_open(site, at).await?);
    if !names.is_empty() {
        put(site, compute, names, &mut done).await?;
    }
    fresh.seen.write(site.root());
    Ok(done)
}

async fn put(
    site: &Site,
    compute: &Compute,
    names: BTreeSet<SegmentName>,
    done: &mut PickedUp,
) -> Result<(), RescanError> {
    let root = site.root().to_owned();
    let names: Vec<SegmentName> = names.into_iter().collect();
    let read: Vec<Result<Segment, String>> = compute
        .run(move || {
            let row = |name| row_of_file(&root, name).map_err(|e| e.to_string());
            names.par_iter().map(row).collect()
        })
        .await;
    let mut rows = Vec::new();
    for one in read {
        match one {
            Ok(row) => rows.push(row),
            Err(problem) => done.problems.push(problem),
        }
    }
    for row in rows.iter().filter(|row| row.state == SegmentState::Corrupt) {
        let reason = row.note.as_deref().unwrap_or_default();
        done.problems.push(format!("{} cannot be played: {reason}", row.name));
    }
    for row in &mut rows {
        if let Some(known) = site.store.segment(&row.name).await? {
            row.overlap = known.overlap;
        }
    }
    done.rows += site.store.put_found(&rows, Stamper::new().next(now())).await?;
    Ok(())
}

/// Segments marked as being recorded by a run that is gone, and that do not
/// grow any more.
async fn left_open(site: &Site, at: Utc) -> Result<Vec<SegmentName>, StoreError> {
    let recording = site.store.segments_recording(None).await?;
    if recording.is_empty() {
        return Ok(Vec::new());
    }
    let since = at.plus(Nanos::ZERO.minus(patience(site)));
    let live: BTreeSet<_> =
        site.store.live_runs(since).await?.into_iter().map(|run| run.run).collect();
    let root = site.root();
    Ok(recording
        .into_iter()
        .map(|changed| changed.row)
        .filter(|row| row.run.as_ref().is_none_or(|run| !live.contains(run)))
        .filter(|row| row.state == SegmentState::Recording && !is_growing(root, &row.name, at))
        .filter(|row| root.join(row.name.relative_path()).exists())
        .map(|row| row.name)
        .collect())
}

struct Fresh {
    names: Vec<SegmentName>,
    seen: Seen,
}

/// When each folder had changed at the last look; a cache, and no more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Seen(BTreeMap<String, i64>);

impl Seen {
    fn path(root: &Path) -> PathBuf {
        root.join(".hitless").join("stitcher-folders.json")
    }

    fn read(root: &Path) -> Self {
        let text = std::fs::read(Self::path(root)).unwrap_or_default();
        Self(serde_json::from_slice(&text).unwrap_or_default())
    }

    /// Whole or not at all; that it cannot be written costs time, not truth.
    fn write(&self, root: &Path) {
        if Self::read(root) == *self {
            return;
        }
        let path = Self::path(root);
        let part = path.with_extension(format!("{}.part", std::process::id()));
        let text = serde_json::to_vec(&self.0).unwrap_or_default();
        let written = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&part, text))
            .and_then(|()| std::fs::rename(&part, &path));
        if let Err(e) = written {
            tracing::warn!("{} could not be written: {e}", path.display());
        }
    }
}

fn inside(folder: &Path) -> impl Iterator<Item = SegmentName> + use<> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| SegmentName::parse(entry.file_name().to_str()?).ok())
}

/// Names in folders of the last days that changed since they were seen.
fn fresh(root: &Path, seen: &Seen, at: Utc) -> Fresh {
    let days: Vec<String> =
        (0..DAYS).map(|n| at.plus(Nanos::from_secs(-86_400 * n)).day()).collect();
    let open = Listed::read(root);
    let cameras = std::fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
    let (mut names, mut now_seen) = (Vec::new(), BTreeMap::new());
    for camera in cameras {
        let camera = camera.file_name().to_string_lossy().into_owned();
        if camera.starts_with('.') {
            continue;
        }
        for day in &days {
            let key = format!("{camera}/{day}");
            let folder = root.join(&key);
            let Ok(found) = std::fs::metadata(&folder) else { continue };
            let changed =
                found.mtime().saturating_mul(1_000_000_000).saturating_add(found.mtime_nsec());
            let mut settled = at.since(Utc::from_ns(changed)) > GRAIN;
            if seen.0.get(&key) != Some(&changed) {
                for name in inside(&folder).filter(|name| name.folder() == key) {
                    // its recorder tells of it, unless it dies
                    let growing = open.contains(&name) && is_growing(root, &name, at);
                    settled &= !growing;
                    names.extend((!growing).then_some(name));
                }
            }
            if settled {
                now_seen.insert(key, changed);
            }
        }
    }
    names.sort();
    Fresh { names, seen: Seen(now_seen) }
}
