//! Many cameras, several at once: planned by some tasks, and written a lot at a
//! time while the next ones are planned.
//!
//! A commit and the pages of a table cost the same for one camera as for many
//! that lie side by side. A camera that fails keeps no other from being
//! written.

#[cfg(test)]
mod tests;

use super::camera::{CameraError, Mode, Ready, Stitched, plan};
use super::indexing::{Indexed, index_camera};
use super::known::Known;
use super::report::CameraReport;
use super::window::Planner;
use crate::compute::Compute;
use crate::site::Site;
use hitless_model::CameraId;
use hitless_schema::StoreError;
use hitless_schema::read::ChangeSeq;
use hitless_schema::stitch::{Applied, StitchState, Window};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::mpsc::{self, Receiver};
use tokio::task::JoinSet;

/// Cameras in one transaction at most: recorders wait while it writes.
const LOT: usize = 16;

/// Segments of them after which no more are taken in: what they dirty fits into
/// the writer's cache.
const LOT_SEGMENTS: usize = 24_000;

/// Lots at once: while one is being written, the next is held against what is
/// stored.
const WRITING: usize = 2;

/// A camera and where it stands.
type Held = (CameraId, StitchState);

/// What all tasks share.
#[derive(Clone)]
pub struct Crew {
    pub site: Site,
    pub compute: Compute,
    pub mode: Mode,
    /// Cameras of which there may be files that are not indexed.
    pub unread: Arc<BTreeSet<CameraId>>,
}

impl Crew {
    /// Indexes, plans and writes cameras; tells of each as it is done.
    pub async fn stitch(
        &self,
        cameras: Vec<Held>,
        mut told: impl FnMut(CameraReport),
    ) -> Result<(), StoreError> {
        let indexed = self.index(cameras).await?;
        // after the indexes and before the facts: what comes now is for the
        // next run
        let head = self.site.store.change_head().await?;
        let known = Arc::new(Known::read(&self.site).await?);
        let mut cameras = Vec::new();
        for (held, result) in indexed {
            match result {
                Ok(indexed) => cameras.push((held, indexed)),
                Err(problem) => {
                    let result = Err(problem.into());
                    told(CameraReport { camera: held.0, result });
                }
            }
        }
        // bounded: whoever plans waits for whoever writes
        let (planned, ready) = mpsc::channel(LOT);
        let work = move |crew: Self, one| {
            let (known, planned) = (Arc::clone(&known), planned.clone());
            async move {
                // nobody to take it: the writer has failed, and tells
                let _ = planned.send(crew.plan(one, &known, head).await).await;
            }
        };
        tokio::join!(self.spread(cameras, work, |()| ()), self.write_all(ready, told));
        Ok(())
    }

    /// While some of them compute, others wait for the database.
    fn tasks(&self) -> usize {
        2 * self.compute.threads()
    }

    /// Reads the files that are not indexed, and notes how far that is done.
    async fn index(
        &self,
        cameras: Vec<Held>,
    ) -> Result<Vec<(Held, Result<Indexed, StoreError>)>, StoreError> {
        let (unread, read): (Vec<_>, Vec<_>) = cameras
            .into_iter()
            .partition(|(camera, _)| self.mode == Mode::Apply && self.unread.contains(camera));
        let mut done: Vec<_> =
            read.into_iter().map(|held| (held, Ok(Indexed::default()))).collect();
        if !unread.is_empty() {
            // before any is listed: what comes now is listed the next time
            let head = self.site.store.change_head().await?;
            let mut looked_at = Vec::with_capacity(unread.len());
            let work = |crew: Self, held: Held| async move {
                let result = index_camera(&crew.site, &crew.compute, &held.0).await;
                (held, result)
            };
            let one_done = |(held, result): (Held, Result<Indexed, StoreError>)| {
                looked_at.extend(result.is_ok().then(|| held.0.clone()));
                done.push((held, result));
            };
            self.spread(unread, work, one_done).await;
            self.site.store.note_indexed(&looked_at, head).await?;
        }
        done.sort_by(|a, b| a.0.0.cmp(&b.0.0));
        Ok(done)
    }

    /// Gives work to as many tasks as there is a use for.
    async fn spread<T, R, F>(
        &self,
        work: Vec<T>,
        run: impl Fn(Self, T) -> F,
        mut done: impl FnMut(R),
    ) where
        R: Send + 'static,
        F: Future<Output = R> + Send + 'static,
    {
        let mut left = work.into_iter();
        let mut tasks = JoinSet::new();
        for one in left.by_ref().take(self.tasks()) {
            tasks.spawn(run(self.clone(), one));
        }
        while let Some(ended) = tasks.join_next().await {
            if let Some(one) = left.next() {
                tasks.spawn(run(self.clone(), one));
            }
            match ended {
                Ok(result) => done(result),
                Err(failed) => std::panic::resume_unwind(failed.into_panic()),
            }
        }
    }

    /// Plans a camera.
    async fn plan(
        &self,
        ((camera, state), indexed): (Held, Indexed),
        known: &Known,
        head: ChangeSeq,
    ) -> Result<Ready, CameraReport> {
        let (site, compute) = (&self.site, &self.compute);
        let planner = Planner { site, compute, known, camera: &camera };
        match plan(&planner, &state, head, self.mode).await {
            Ok(mut ready) => {
                ready.done.indexed = indexed;
                Ok(ready)
            }
            Err(problem) => Err(CameraReport { camera, result: Err(problem) }),
        }
    }

    /// Writes what is planned until no more comes. While some are written,
    /// more become ready: these are the next lot.
    async fn write_all(
        &self,
        mut planned: Receiver<Result<Ready, CameraReport>>,
        mut told: impl FnMut(CameraReport),
    ) {
        let mut lots = JoinSet::new();
        loop {
            let first = planned.recv().await;
            let is_last = first.is_none();
            while lots.len() >= if is_last { 1 } else { WRITING } {
                match lots.join_next().await {
                    Some(Ok(reports)) => Vec::into_iter(reports).for_each(&mut told),
                    Some(Err(failed)) => std::panic::resume_unwind(failed.into_panic()),
                    None => {}
                }
            }
            let (mut lot, mut next) = (Vec::new(), first);
            while let Some(one) = next {
                match one {
                    Ok(ready) => lot.push(ready),
                    Err(failed) => told(failed),
                }
                let segments: usize = lot.iter().map(|one: &Ready| one.done.segments).sum();
                let is_full = lot.len() >= LOT || segments >= LOT_SEGMENTS;
                next = if is_full { None } else { planned.try_recv().ok() };
            }
            if is_last {
                return;
            }
            if !lot.is_empty() {
                let crew = self.clone();
                lots.spawn(async move { crew.write(lot).await });
            }
        }
    }

    /// Writes the first windows of all, then the second ones of those that
    /// have more.
    async fn write(&self, mut ready: Vec<Ready>) -> Vec<CameraReport> {
        let mut reports = Vec::new();
        while ready.iter().any(|one| !one.windows.is_empty()) {
            let (with, without): (Vec<_>, Vec<_>) =
                ready.into_iter().partition(|one| !one.windows.is_empty());
            reports.extend(without.into_iter().map(told));
            let (mut open, mut windows) = (Vec::new(), Vec::new());
            for mut one in with {
                windows.push(one.windows.remove(0));
                open.push(one);
            }
            ready = Vec::new();
            for (mut one, result) in open.into_iter().zip(self.apply(&windows).await) {
                match result {
                    Ok(applied) => {
                        one.take(applied);
                        ready.push(one);
                    }
                    Err(problem) => {
                        let result = Err(CameraError::from(problem));
                        reports.push(CameraReport { camera: one.camera, result });
                    }
                }
            }
        }
        reports.extend(ready.into_iter().map(told));
        reports
    }

    /// All in one transaction; if that fails, each in one of its own.
    async fn apply(&self, windows: &[Window]) -> Vec<Result<Applied, StoreError>> {
        match self.site.store.apply_windows(windows).await {
            Ok(applied) => return applied.into_iter().map(Ok).collect(),
            Err(problem) if windows.len() < 2 => return vec![Err(problem)],
            Err(_) => {}
        }
        let mut results = Vec::with_capacity(windows.len());
        for window in windows {
            let applied = self.site.store.apply_windows(std::slice::from_ref(window)).await;
            results.push(applied.map(|applied| applied[0]));
        }
        results
    }
}

fn told(one: Ready) -> CameraReport {
    CameraReport { camera: one.camera, result: Ok(one.done) }
}

impl Ready {
    /// Notes what became of a window; the ones after it go on from there.
    fn take(&mut self, applied: Applied) {
        let generation = match applied {
            Applied::Unchanged { generation } | Applied::Written { generation, .. } => generation,
            Applied::Conflict { .. } => {
                self.windows.clear();
                self.done.applied = Some(applied);
                return;
            }
        };
        for window in &mut self.windows {
            window.generation = generation;
        }
        self.done.applied = Some(match self.done.applied {
            Some(before) => Stitched::both(before, applied),
            None => applied,
        });
    }
}

impl Stitched {
    /// What two windows of one camera changed.
    fn both(first: Applied, second: Applied) -> Applied {
        match (first, second) {
            (
                Applied::Written {
                    entries_added: added,
                    entries_removed: removed,
                    gaps_opened: opened,
                    gaps_repaired: repaired,
                    marked: were_marked,
                    ..
                },
                Applied::Written {
                    generation,
                    entries_added,
                    entries_removed,
                    gaps_opened,
                    gaps_repaired,
                    marked,
                },
            ) => Applied::Written {
                generation,
                entries_added: entries_added + added,
                entries_removed: entries_removed + removed,
                gaps_opened: gaps_opened + opened,
                gaps_repaired: gaps_repaired + repaired,
                marked: marked + were_marked,
            },
            (first @ Applied::Written { .. }, Applied::Unchanged { .. }) => first,
            (_, second) => second,
        }
    }
}
