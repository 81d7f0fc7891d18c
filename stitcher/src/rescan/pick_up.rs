//! Files that appeared without a word to the database, and segments that a
//! recorder left open when it died for good.
//!
//! Looks only where something changed in the last days, or since when the run
//! was asked to look, so that a run with nothing new costs one look at each of
//! their folders. What lies further back is for `rescan`.

use super::RescanError;
use super::chain::{chain, unchained};
use super::folders::{Fresh, Seen};
use super::foreign::{link_all, patterns};
use super::open::is_growing;
use super::read::rows_of;
use crate::compute::Compute;
use crate::run::patience;
use crate::site::{Site, now};
use futures::StreamExt;
use hitless_model::{Nanos, Segment, SegmentName, SegmentState, Utc};
use hitless_schema::{Stamper, StoreError};
use std::collections::BTreeSet;

/// So many names are looked up one by one; of more, all rows between the first
/// and the last are read.
const FEW: usize = 64;

/// Folders looked up at once.
const AT_ONCE: usize = 4;

/// What was picked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PickedUp {
    /// Rows written.
    pub rows: u64,
    /// What could not be, for people.
    pub problems: Vec<String>,
}

/// Writes rows for files that have none, and closes the rows of segments that
/// a dead recorder left open. `since`: look into folders from then on, too.
pub async fn pick_up(
    site: &Site,
    compute: &Compute,
    since: Option<Utc>,
) -> Result<PickedUp, RescanError> {
    let patterns = patterns(&site.config.stitcher.foreign)?;
    let mut done = PickedUp::default();
    let (root, at) = (site.root().to_owned(), now());
    let seen = Seen::read(&root);
    let (fresh, linked) = compute
        .run(move || {
            let linked = link_all(&root, &patterns);
            (seen.fresh(&root, at, since), linked)
        })
        .await;
    done.problems.extend(linked.problems);
    let mut names = unknown(site, &fresh).await?;
    names.extend(left_open(site, at).await?);
    if !names.is_empty() {
        put(site, compute, names, &mut done).await?;
    }
    fresh.seen.write(site.root());
    Ok(done)
}

/// Names without a row, or whose row says that the file is gone.
async fn unknown(site: &Site, fresh: &Fresh) -> Result<BTreeSet<SegmentName>, StoreError> {
    let is_known = |row: &Segment| row.state != SegmentState::Missing;
    let mut names = BTreeSet::new();
    for name in &fresh.few {
        if !site.store.segment(name).await?.is_some_and(|row| is_known(&row)) {
            names.insert(name.clone());
        }
    }
    let folders = fresh.whole.iter().map(|folder| async move {
        let mut unknown = Vec::new();
        let known = known_of(site, folder).await?;
        for name in folder.iter().filter(|name| !known.contains(*name)) {
            if !site.store.segment(name).await?.is_some_and(|row| is_known(&row)) {
                unknown.push(name.clone());
            }
        }
        Ok::<_, StoreError>(unknown)
    });
    let mut folders = futures::stream::iter(folders).buffer_unordered(AT_ONCE);
    while let Some(unknown) = folders.next().await {
        names.extend(unknown?);
    }
    Ok(names)
}

/// The names of a folder that have rows; some may be left out.
async fn known_of(
    site: &Site,
    folder: &[SegmentName],
) -> Result<BTreeSet<SegmentName>, StoreError> {
    let ends = |name: &&SegmentName| name.to_string();
    let (first, last) = (folder.iter().min_by_key(ends), folder.iter().max_by_key(ends));
    let (Some(first), Some(last)) = (first, last) else { return Ok(BTreeSet::new()) };
    let known = match folder.len() <= FEW {
        true => site.store.names_known(&first.camera, folder).await?,
        false => site.store.names_between(&first.camera, first, last).await?,
    };
    Ok(known.into_iter().collect())
}

async fn put(
    site: &Site,
    compute: &Compute,
    names: BTreeSet<SegmentName>,
    done: &mut PickedUp,
) -> Result<(), RescanError> {
    let (mut rows, problems) = rows_of(site, compute, names.into_iter().collect()).await;
    done.problems.extend(problems);
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
    chain(site, unchained(&rows)).await?;
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
