//! The whole tree against the whole database.

use super::RescanError;
use super::chain::{chain, unchained};
use super::foreign::{link_all, patterns};
use super::open::{Listed, is_growing};
use super::read::rows_of;
use crate::compute::Compute;
use crate::site::{Site, SiteError, now};
use hitless_media::storage::walk;
use hitless_model::{CameraId, OverlapStatus, Segment, SegmentName, SegmentState, Utc};
use hitless_schema::Stamper;
use hitless_schema::read::ChangeSeq;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rows read or written at a time.
const BATCH: usize = 1000;

/// What a rescan found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rescanned {
    /// Segment files.
    pub files: usize,
    /// Of these, read: new ones, and those that changed.
    pub read: usize,
    /// Rows added or changed.
    pub rows: u64,
    /// Rows whose file is gone.
    pub missing: u64,
    /// Files of other recorders brought in now.
    pub linked: usize,
    /// Files that cannot be played, and why.
    pub corrupt: Vec<(SegmentName, String)>,
    /// What could not be read.
    pub problems: Vec<String>,
}

/// Rescans. `emptied`: the storage is empty because the footage is gone.
pub async fn rescan(
    site: &Site,
    compute: &Compute,
    emptied: bool,
) -> Result<Rescanned, RescanError> {
    site.check_storage()?;
    let patterns = patterns(&site.config.stitcher.foreign)?;
    let mut done = Rescanned::default();
    let root = site.root().to_owned();
    let (linked, files, problems) = compute
        .run(move || {
            let linked = link_all(&root, &patterns);
            let (files, problems) = list(&root, &patterns);
            (linked, files, problems)
        })
        .await;
    done.linked = linked.new.len();
    done.problems = linked.problems;
    done.problems.extend(problems);
    done.files = files.len();
    let mut known = known(site).await?;
    if files.is_empty() && known.values().any(is_expected) && !emptied {
        let root = site.root().to_owned();
        return Err(SiteError::Empty { root }.into());
    }
    let open = Listed::read(site.root());
    let mut read = Vec::new();
    for (name, size) in files {
        let row = known.remove(&name);
        let written = row.as_ref().is_some_and(|row| row.state == SegmentState::Recording)
            || open.contains(&name);
        if written && is_growing(site.root(), &name, now()) {
            continue;
        }
        if row.as_ref().is_none_or(|row| has_changed(row, size)) {
            read.push((name, row.map(|row| row.overlap)));
        }
    }
    done.read = read.len();
    let mut apart: BTreeMap<CameraId, Utc> = BTreeMap::new();
    for part in read.chunks(BATCH) {
        for (camera, first) in put(site, compute, part.iter().cloned().collect(), &mut done).await?
        {
            let known = apart.entry(camera).or_insert(first);
            *known = first.min(*known);
        }
    }
    chain(site, apart).await?;
    let gone: Vec<SegmentName> =
        known.into_values().filter(is_expected).map(|row| row.name).collect();
    for part in gone.chunks(BATCH) {
        done.missing += site.store.mark_missing(part, Stamper::new().next(now())).await?;
    }
    Ok(done)
}

/// Should there be a file?
fn is_expected(row: &Segment) -> bool {
    !matches!(row.state, SegmentState::Expired | SegmentState::Missing | SegmentState::Recording)
}

fn has_changed(row: &Segment, size: u64) -> bool {
    let settled = matches!(row.state, SegmentState::Complete | SegmentState::Recovered);
    !settled || row.size_bytes != size
}

/// Every segment file with its size, by name.
fn list(root: &Path, patterns: &[super::Pattern]) -> (BTreeMap<SegmentName, u64>, Vec<String>) {
    let (mut files, mut problems) = (BTreeMap::new(), Vec::new());
    for found in walk(root) {
        match found {
            Ok(found) if relative(root, &found.path) != Path::new(&found.name.relative_path()) => {
                let path = found.path.display();
                problems.push(format!("{path} does not lie in {}", found.name.folder()));
            }
            Ok(found) => match std::fs::metadata(&found.path) {
                Ok(file) => {
                    files.insert(found.name, file.len());
                }
                Err(e) => problems.push(format!("{}: {e}", found.path.display())),
            },
            Err(hitless_media::storage::WalkError::Name { path, .. })
                if relative(root, &path)
                    .to_str()
                    .is_some_and(|path| patterns.iter().any(|p| p.matches(path).is_some())) => {}
            Err(problem) => problems.push(problem.to_string()),
        }
    }
    (files, problems)
}

fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}

/// Is there a row whose file should be there?
pub async fn expects_footage(site: &Site) -> Result<bool, RescanError> {
    let mut seen = ChangeSeq::START;
    loop {
        let most = u32::try_from(BATCH).unwrap_or(u32::MAX);
        let rows = site.store.segments_changed_since(seen, most).await?;
        let Some(last) = rows.last() else { return Ok(false) };
        seen = last.seq;
        if rows.iter().any(|changed| is_expected(&changed.row)) {
            return Ok(true);
        }
    }
}

/// Every row by name.
async fn known(site: &Site) -> Result<BTreeMap<SegmentName, Segment>, RescanError> {
    let mut known = BTreeMap::new();
    let mut seen = ChangeSeq::START;
    loop {
        let most = u32::try_from(BATCH).unwrap_or(u32::MAX);
        let rows = site.store.segments_changed_since(seen, most).await?;
        let Some(last) = rows.last() else { return Ok(known) };
        seen = last.seq;
        known.extend(rows.into_iter().map(|changed| (changed.row.name.clone(), changed.row)));
    }
}

/// Says which of them may continue each other.
async fn put(
    site: &Site,
    compute: &Compute,
    part: BTreeMap<SegmentName, Option<OverlapStatus>>,
    done: &mut Rescanned,
) -> Result<BTreeMap<CameraId, Utc>, RescanError> {
    let (mut rows, problems) = rows_of(site, compute, part.keys().cloned().collect()).await;
    done.problems.extend(problems);
    for row in &mut rows {
        row.overlap = part.get(&row.name).copied().flatten().unwrap_or(row.overlap);
    }
    for row in rows.iter().filter(|row| row.state == SegmentState::Corrupt) {
        done.corrupt.push((row.name.clone(), row.note.clone().unwrap_or_default()));
    }
    done.rows += site.store.put_found(&rows, Stamper::new().next(now())).await?;
    Ok(unchained(&rows))
}
