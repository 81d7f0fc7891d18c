//! `stitcher run`.

use super::since::Since;
use super::{answer, answer_json, compute};
use crate::compute::Compute;
use crate::run::{Options, run as run_once};
use crate::site::Site;
use crate::verdict::Verdict;
use anyhow::{Result, bail};
use hitless_model::CameraId;
use std::num::NonZeroUsize;

/// Indexes new segments, plans the timelines that they change, and stores
/// them. Safe to run at any time, twice at once, and to kill.
///
/// Exit status: 0 clean, 1 gaps or set-aside input in the window, 2 could not
/// run.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// From when on findings count: 2h, 3d, a date, RFC 3339, or last: since
    /// the last successful run. What came late is stitched however old it is
    #[arg(long, default_value = "last", value_name = "T")]
    since: Since,
    /// Only this camera; may be given more than once
    #[arg(long = "camera", value_name = "ID")]
    cameras: Vec<CameraId>,
    /// Show the plan as text and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Threads, up to 128; 0: one per core [default: stitcher.jobs]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(site: &Site, args: Args) -> Result<Verdict> {
    let compute = match args.jobs {
        Some(jobs) => Compute::new(NonZeroUsize::new(jobs))?,
        None => compute(site, None)?,
    };
    let options = Options {
        since: args.since,
        cameras: args.cameras,
        dry_run: args.dry_run,
        quiet: args.json,
    };
    let report = run_once(site, &compute, &options).await?;
    if args.json {
        answer_json(&report.json())?;
    } else {
        answer(&report.text());
    }
    match report.verdict() {
        Some(verdict) => Ok(verdict),
        None => bail!("not every camera could be stitched"),
    }
}
