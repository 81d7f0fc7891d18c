//! Reads the segments of a camera that the index does not know as they are.
//!
//! Every one is held against its files: a row that says something else is
//! corrected, a file that cannot be read is quarantined with its reason and
//! the others go on, one that the system would not let us read is tried again
//! by the next run.

use crate::compute::Compute;
use crate::index::{Examined, Files, examine_files, mark, pack_pauses, packed};
use crate::site::{Site, now};
use hitless_model::{CameraId, Segment, SegmentName, SegmentState};
use hitless_schema::index::{NewIndex, ToIndex, Unreadable};
use hitless_schema::read::ChangeSeq;
use hitless_schema::{Stamper, StoreError};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

/// Segments read before anything is written: enough to keep every thread at
/// work, few enough to lose little when killed.
const BATCH: u32 = 512;

/// Files that a thread announces before it reads them.
const SOON: usize = 16;

/// What indexing did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Segments whose table was read.
    pub read: usize,
    /// Rows that said something else than their files.
    pub corrected: usize,
    /// Files that are gone.
    pub missing: Vec<SegmentName>,
    /// Files that cannot be read, and why.
    pub quarantined: Vec<(SegmentName, String)>,
    /// Files that the system would not let us read now.
    pub put_off: Vec<(SegmentName, String)>,
}

/// What looking at one segment gave.
enum Looked {
    Index(NewIndex),
    Correct(Box<Segment>),
    Missing(SegmentName),
    Later(Unreadable),
    Nothing,
}

/// Indexes a camera.
pub async fn index_camera(
    site: &Site,
    compute: &Compute,
    camera: &CameraId,
) -> Result<Indexed, StoreError> {
    let mut done = Indexed::default();
    let mut seen: BTreeSet<(SegmentName, ChangeSeq)> = BTreeSet::new();
    loop {
        let mut listed = site.store.segments_to_index(camera, BATCH).await?;
        // what was put off is listed again; once is enough for one run
        listed.retain(|one| seen.insert((one.segment.name.clone(), one.seq)));
        if listed.is_empty() {
            return Ok(done);
        }
        let root = site.root().to_owned();
        let looked: Vec<Looked> = compute.run(move || look_at_all(&root, &listed)).await;
        store(site, looked, &mut done).await?;
    }
}

async fn store(site: &Site, looked: Vec<Looked>, done: &mut Indexed) -> Result<(), StoreError> {
    let (mut indexes, mut found, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    let mut later = Vec::new();
    for one in looked {
        match one {
            Looked::Index(index) => indexes.push(index),
            Looked::Correct(row) => found.push(*row),
            Looked::Missing(name) => gone.push(name),
            Looked::Later(one) => later.push(one),
            Looked::Nothing => {}
        }
    }
    let stamp = || Stamper::new().next(now());
    done.read += indexes.len();
    done.corrected += found.len();
    for row in found.iter().filter(|row| row.state == SegmentState::Corrupt) {
        let reason = row.note.clone().unwrap_or_default();
        done.quarantined.push((row.name.clone(), reason));
    }
    if !indexes.is_empty() {
        site.store.put_indexes(&indexes).await?;
    }
    if !found.is_empty() {
        site.store.put_found(&found, stamp()).await?;
    }
    if !gone.is_empty() {
        site.store.mark_missing(&gone, stamp()).await?;
        done.missing.extend(gone);
    }
    if !later.is_empty() {
        site.store.put_off(&later).await?;
        done.put_off.extend(later.into_iter().map(|one| (one.segment, one.reason)));
    }
    Ok(())
}

fn look_at_all(root: &Path, listed: &[ToIndex]) -> Vec<Looked> {
    let some = |some: &[ToIndex]| -> Vec<Looked> {
        let files: Vec<Files> = some
            .iter()
            .map(|one| Files::open(root.join(one.segment.name.relative_path())))
            .inspect(Files::announce)
            .collect();
        some.iter().zip(&files).map(|(one, files)| look(root, one, files)).collect()
    };
    listed.par_chunks(SOON).flat_map_iter(some).collect()
}

fn look(root: &Path, one: &ToIndex, files: &Files) -> Looked {
    let row = &one.segment;
    let mark = mark(files.path());
    let unreadable = |reason: String| Unreadable {
        segment: row.name.clone(),
        seq: one.seq,
        mark,
        path: None,
        reason,
    };
    let contents = match examine_files(root, row, files) {
        Examined::Differs(found) => return Looked::Correct(found),
        Examined::Gone => return Looked::Missing(row.name.clone()),
        Examined::Unreadable(reason) => return Looked::Later(unreadable(reason)),
        Examined::Growing(_) => return Looked::Nothing,
        Examined::Agrees(contents) => contents,
    };
    let playable = matches!(row.state, SegmentState::Complete | SegmentState::Recovered);
    match (contents.filter(|_| playable), mark) {
        (None, _) => Looked::Nothing,
        (Some(contents), Some(mark)) => Looked::Index(NewIndex {
            segment: row.name.clone(),
            seq: one.seq,
            mark,
            version: packed::VERSION,
            path: None,
            contents: packed::pack_all(
                contents.outline.as_ref(),
                &contents.table(),
                row.media_start,
            ),
            pauses: pack_pauses(&contents.pauses, row.media_start),
        }),
        (Some(_), None) => Looked::Later(unreadable("its size cannot be read".to_owned())),
    }
}
