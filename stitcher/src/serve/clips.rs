//! Clips that somebody watches: their headers are kept for the next request.

use super::answer::Refusal;
use crate::export::{End, Gaps, MARGIN, select};
use crate::index::outlines;
use crate::site::Site;
use crate::virtual_mp4::{Fragments, VirtualMp4};
use hitless_model::{CameraId, Nanos, TimeRange};
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::Semaphore;

/// Headers that are kept; one of a whole day has 30 MB.
const KEPT: usize = 8;
/// Longest clip; longer ones are exported.
const LONGEST: Nanos = Nanos::from_secs(25 * 3600);
/// Headers made at once.
const AT_ONCE: usize = 2;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) camera: CameraId,
    pub(super) range: TimeRange,
    pub(super) gaps: Gaps,
}

/// A clip and the word that changes whenever its bytes do.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) clip: Arc<VirtualMp4>,
    pub(super) tag: String,
    fragments: Arc<OnceLock<Arc<Fragments>>>,
}

impl Kept {
    /// The same in fragments, cut when they are first asked for.
    pub(super) async fn fragments(&self) -> Result<Arc<Fragments>, Refusal> {
        if let Some(known) = self.fragments.get() {
            return Ok(Arc::clone(known));
        }
        let clip = Arc::clone(&self.clip);
        let cut = tokio::task::spawn_blocking(move || Fragments::of(clip)).await;
        let cut = cut.map_err(|e| Refusal::Failed(e.to_string()))?;
        let cut = cut.map_err(|e| Refusal::Failed(e.to_string()))?;
        Ok(Arc::clone(self.fragments.get_or_init(|| Arc::new(cut))))
    }
}

/// The clips that are kept, the last one first.
#[derive(Debug)]
pub(super) struct Clips {
    kept: Mutex<VecDeque<Kept>>,
    making: Semaphore,
}

impl Default for Clips {
    fn default() -> Self {
        Self { kept: Mutex::default(), making: Semaphore::new(AT_ONCE) }
    }
}

impl Clips {
    /// The clip of a stretch, made if it is not kept or its timeline changed.
    pub(super) async fn get(&self, site: &Site, ask: &Ask) -> Result<Kept, Refusal> {
        if ask.range.to.since(ask.range.from) > LONGEST {
            return Err(Refusal::BadRequest("a clip has at most 25 hours".to_owned()));
        }
        let before = ask.range.from.plus(Nanos::ZERO.minus(MARGIN));
        let entries = site.store.timeline(&ask.camera, before, ask.range.to).await;
        let entries = entries.map_err(|e| Refusal::Failed(e.to_string()))?;
        let (mut clips, _) = select(&entries, ask.range, End::Asked, ask.gaps, site.root());
        let Some(clip) = clips.pop() else {
            let range = ask.range;
            let why = format!("nothing is recorded between {} and {}", range.from, range.to);
            return Err(Refusal::NotFound(why));
        };
        let tag = tag(ask, &clip.pieces());
        if let Some(kept) = self.kept(&tag) {
            return Ok(kept);
        }
        let _place = self.making.acquire().await;
        if let Some(kept) = self.kept(&tag) {
            return Ok(kept);
        }
        let known = outlines(site, &ask.camera, &clip).await;
        let known = known.map_err(|e| Refusal::Failed(e.to_string()))?;
        let task = move || VirtualMp4::build_outlined(&clip.pieces(), &clip.cut, &known);
        let made = tokio::task::spawn_blocking(task).await;
        let made = made.map_err(|e| Refusal::Failed(e.to_string()))?;
        let made = made.map_err(|e| Refusal::Failed(e.to_string()))?;
        Ok(self.keep(Kept { clip: Arc::new(made), tag, fragments: Arc::default() }))
    }

    fn kept(&self, tag: &str) -> Option<Kept> {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|kept| kept.tag == tag)?;
        let kept = all.remove(at)?;
        all.push_front(kept.clone());
        Some(kept)
    }

    fn keep(&self, kept: Kept) -> Kept {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_front(kept.clone());
        all.truncate(KEPT);
        kept
    }
}

fn tag(ask: &Ask, pieces: &[crate::virtual_mp4::Piece]) -> String {
    let mut hash = DefaultHasher::new();
    ask.camera.as_str().hash(&mut hash);
    (ask.range.from.as_ns(), ask.range.to.as_ns(), ask.gaps.as_str()).hash(&mut hash);
    for piece in pieces {
        piece.path.hash(&mut hash);
        (piece.first_sample, piece.samples, piece.start, piece.end).hash(&mut hash);
    }
    format!("\"{:016x}\"", hash.finish())
}
