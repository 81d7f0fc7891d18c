//! The outlines of the files of a clip, as far as they are known.

use super::mark::mark;
use super::packed::{OUTLINE, VERSION, outline};
use crate::export::Clip;
use crate::site::Site;
use crate::virtual_mp4::Outline;
use hitless_model::CameraId;
use hitless_schema::StoreError;
use hitless_schema::index::{FileMark, IndexHead};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Clips of fewer spans are read sooner than their outlines.
const FEW: usize = 16;

/// One for each span of a clip whose file is as it was when it was read. The
/// file system is asked about every file while the database is asked.
pub async fn outlines(
    site: &Site,
    camera: &CameraId,
    clip: &Clip,
) -> Result<Vec<Option<Outline>>, StoreError> {
    let names = || clip.spans.iter().map(|span| &span.segment);
    let (first, last) = (names().min_by_key(|n| n.start), names().max_by_key(|n| n.start));
    let Some(between) = first.zip(last).filter(|_| clip.spans.len() > FEW) else {
        return Ok(vec![None; clip.spans.len()]);
    };
    let files: Vec<PathBuf> = clip.spans.iter().map(|span| span.piece.path.clone()).collect();
    let marks = tokio::task::spawn_blocking(move || {
        files.into_iter().map(|file| (mark(&file), file)).collect::<Vec<_>>()
    });
    let heads = site.store.index_heads(camera, between, VERSION, OUTLINE).await?;
    let known: HashMap<&str, &IndexHead> =
        heads.iter().map(|head| (head.segment.as_str(), head)).collect();
    // Whoever fails there knows nothing of any file.
    let marks = marks.await.unwrap_or_default();
    let mut found: Vec<_> =
        marks.iter().map(|(now, file)| one(&known, now.as_ref(), file)).collect();
    found.resize(clip.spans.len(), None);
    Ok(found)
}

fn one(known: &HashMap<&str, &IndexHead>, now: Option<&FileMark>, file: &Path) -> Option<Outline> {
    let head = known.get(file.file_name()?.to_str()?)?;
    if *now? == head.mark { outline(&head.head) } else { None }
}
