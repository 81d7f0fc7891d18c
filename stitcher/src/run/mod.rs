//! One stitching run: every camera with news, claimed, planned and written.
//!
//! Several runs at once share the work: a camera is planned by whoever holds
//! it, and the others go on with the rest. A camera that fails does not keep
//! the others from being stitched.

mod camera;
mod changes;
mod convert;
mod crew;
mod drift;
mod holder;
mod indexing;
mod known;
mod load;
mod progress;
mod report;
mod window;

pub use camera::{CameraError, Mode, Stitched};
pub use indexing::Indexed;
pub use load::{live, patience};
pub use report::{CameraReport, Outcome, RunReport};

use crate::cli::since::Since;
use crate::compute::Compute;
use crate::rescan::{self, RescanError};
use crate::site::{Site, SiteError, now};
use crate::timeline::cameras_known;
use crew::Crew;
use hitless_model::{CameraId, Nanos, RunId, Utc};
use hitless_schema::StoreError;
use hitless_schema::stitch::{CameraWork, StitchOutcome, StitchRun, StitchState};
use progress::Progress;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How long a camera is held without a word; a run that was killed is in
/// nobody's way for longer.
const LEASE: Nanos = Nanos::from_secs(120);

/// Removed footage that lay this close together is remembered as one range.
const EXPIRED_JOIN: Nanos = Nanos::from_secs(1);

/// Joints, alignments and findings are kept this long before the oldest
/// footage.
const PLANS_BEHIND: Nanos = Nanos::from_secs(7 * 86_400);

/// What a run is asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// From when on findings count.
    pub since: Since,
    /// Only these cameras; empty: all.
    pub cameras: Vec<CameraId>,
    /// Show the plans and write nothing.
    pub dry_run: bool,
    /// No progress, whatever standard error is.
    pub quiet: bool,
}

/// Why a run could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Storage or configuration.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files.
    #[error(transparent)]
    Rescan(#[from] RescanError),
    /// A camera that nobody knows was asked for.
    #[error("no camera {0} is known to the database; known are: {1}")]
    NoCamera(CameraId, String),
}

/// Runs once.
pub async fn run(site: &Site, compute: &Compute, options: &Options) -> Result<RunReport, RunError> {
    site.check_storage()?;
    let started = now();
    let holder = holder::this();
    let since = match options.since.at(started) {
        Some(at) => Some(at),
        None => site.store.last_stitch_run().await?.map(|run| run.started),
    };
    let mut record = StitchRun {
        run: holder.clone(),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started,
        finished: None,
        since,
        outcome: None,
        cameras: 0,
        findings: 0,
        note: None,
    };
    if site.is_empty() && rescan::expects_footage(site).await? {
        return Err(SiteError::Empty { root: site.root().to_owned() }.into());
    }
    let mut report = RunReport { since, started, ..RunReport::default() };
    if !options.dry_run {
        report.found = rescan::pick_up(site, compute, options.since.at(started)).await?;
    }
    let work = work(site, options).await?;
    let alive = is_alive(site).await?;
    let busy: Vec<CameraId> = work
        .iter()
        .filter(|work| options.dry_run || work.has_news() || falls_silent(work, alive))
        .map(|work| work.camera.clone())
        .collect();
    report.unchanged = work.len() - busy.len();
    if !busy.is_empty() {
        stitch_all(site, compute, options, &holder, &work, busy, &mut report).await?;
    }
    report.look_back(site, &work).await?;
    if !options.dry_run && !report.cameras.is_empty() {
        fold_expired(site).await?;
    }
    if !options.dry_run {
        record.finished = Some(now());
        record.cameras = u32::try_from(report.cameras.len()).unwrap_or(u32::MAX);
        record.findings = report.findings() as u64;
        record.outcome = Some(match report.outcome() {
            Outcome::Clean => StitchOutcome::Clean,
            Outcome::Findings => StitchOutcome::Findings,
            Outcome::Failed => StitchOutcome::Failed,
        });
        if !report.cameras.is_empty() || !report.is_quiet() {
            site.store.put_stitch_run(&record).await?;
        }
    }
    Ok(report)
}

/// Is a recorder running?
async fn is_alive(site: &Site) -> Result<bool, StoreError> {
    let since = now().plus(Nanos::ZERO.minus(patience(site)));
    Ok(!site.store.live_runs(since).await?.is_empty())
}

/// No recorder runs any more, and the gap that this makes is not written yet.
fn falls_silent(work: &CameraWork, alive: bool) -> bool {
    !alive && work.state.planned_until.is_some()
}

async fn work(site: &Site, options: &Options) -> Result<Vec<CameraWork>, RunError> {
    let mut work = site.store.stitch_work().await?;
    let known: BTreeSet<CameraId> = work.iter().map(|one| one.camera.clone()).collect();
    if let Some(camera) = options.cameras.iter().find(|camera| !known.contains(*camera)) {
        return Err(RunError::NoCamera(camera.clone(), cameras_known(known.iter())));
    }
    work.retain(|one| options.cameras.is_empty() || options.cameras.contains(&one.camera));
    work.sort_by(|a, b| a.camera.cmp(&b.camera));
    Ok(work)
}

async fn stitch_all(
    site: &Site,
    compute: &Compute,
    options: &Options,
    holder: &RunId,
    work: &[CameraWork],
    busy: Vec<CameraId>,
    report: &mut RunReport,
) -> Result<(), RunError> {
    let mode = if options.dry_run { Mode::Show } else { Mode::Apply };
    let mine: Vec<(CameraId, StitchState)> = match mode {
        Mode::Apply => claim(site, holder, work, &busy).await?,
        Mode::Show => work
            .iter()
            .filter(|one| busy.contains(&one.camera))
            .map(|one| (one.camera.clone(), one.state.clone()))
            .collect(),
    };
    let held: BTreeSet<&CameraId> = mine.iter().map(|(camera, _)| camera).collect();
    report.elsewhere = busy.iter().filter(|camera| !held.contains(camera)).cloned().collect();
    let renewal = (mode == Mode::Apply).then(|| renew(site.clone(), holder.clone()));
    let mut progress = Progress::new(mine.len(), options.quiet);
    let unread = work.iter().filter(|one| one.has_files_to_read());
    let unread = Arc::new(unread.map(|one| one.camera.clone()).collect());
    let crew = Crew { site: site.clone(), compute: compute.clone(), mode, unread };
    let told = |one: CameraReport| {
        progress.step(one.camera.as_str());
        report.cameras.push(one);
    };
    let stitched = crew.stitch(mine, told).await;
    report.cameras.sort_by(|a, b| a.camera.cmp(&b.camera));
    if let Some(renewal) = renewal {
        renewal.abort();
        site.store.release_all(holder).await?;
    }
    Ok(stitched?)
}

/// Takes the cameras that nobody else is working on, and those that a killed
/// run of this host has left.
async fn claim(
    site: &Site,
    holder: &RunId,
    work: &[CameraWork],
    busy: &[CameraId],
) -> Result<Vec<(CameraId, StitchState)>, RunError> {
    let holders: BTreeSet<&RunId> = work.iter().filter_map(|w| w.state.holder.as_ref()).collect();
    for gone in holders.into_iter().filter(|holder| holder::is_gone(holder)) {
        site.store.release_all(gone).await?;
    }
    Ok(site.store.claim_cameras(holder, busy, now(), LEASE).await?)
}

/// Rows of removed footage that every plan has seen become ranges, and what was
/// planned of it long ago is forgotten.
async fn fold_expired(site: &Site) -> Result<(), StoreError> {
    let head = site.store.change_head().await?;
    let work = site.store.stitch_work().await?;
    let unseen = work.iter().filter(|one| one.has_news()).map(|one| one.state.planned_seq);
    let folded = site.store.fold_expired(unseen.min().unwrap_or(head), EXPIRED_JOIN).await?;
    if folded == 0 {
        return Ok(());
    }
    // plans of footage that is gone are of use to nobody
    let oldest = site.store.oldest_unprotected(None, END, 1).await?;
    if let Some(oldest) = oldest.first() {
        site.store.prune_plans(oldest.start.plus(Nanos::ZERO.minus(PLANS_BEHIND))).await?;
    }
    Ok(())
}

/// Holds on to the cameras for as long as this run lives.
fn renew(site: Site, holder: RunId) -> tokio::task::JoinHandle<()> {
    let every = std::time::Duration::from_nanos(LEASE.get().unsigned_abs() / 4);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(every).await;
            if let Err(problem) = site.store.renew_leases(&holder, now(), LEASE).await {
                tracing::warn!("the cameras of this run could not be held: {problem}");
            }
        }
    })
}

/// The end of the window in which findings count.
pub(crate) const END: Utc = Utc::from_ns(i64::MAX);
