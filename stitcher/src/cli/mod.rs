//! The command line: arguments in, checked values out, one room per command.
//!
//! Standard output is for answers, standard error for everything else. Exit
//! status: 0 clean, 1 finished with findings, 2 could not run.

mod export;
mod exported;
pub mod instant;
mod protect;
mod prune;
mod report;
mod rescan;
mod run;
mod serve;
pub mod since;
mod stretch;
mod timeline;
mod verify;
mod watched;

use crate::compute::Compute;
use crate::site::{Site, load};
use crate::verdict::Verdict;
use anyhow::Result;
use clap::{Parser, Subcommand};
use hitless_config::Config;
use std::path::PathBuf;

/// Turns overlapping segments into one continuous timeline per camera.
///
/// Examples:
///   stitcher run                                   what is new since the last run
///   stitcher run --since 1d --dry-run              show the plan, write nothing
///   stitcher timeline --camera CAM_1 --from 2h --to now
///   stitcher export --camera CAM_1 --last 5m -o clip.mp4
///   stitcher verify --camera CAM_1 --from 2h --to now
///   stitcher report --from yesterday --to today --format html -o report.html
///   stitcher serve                                 look at it in a browser
///   stitcher rescan                                rebuild the index from the files
///   stitcher prune --before 30d                    show what would be removed
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// The configuration [default: /etc/hitless/hitless.toml, else ./hitless.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Stitch what is new
    Run(run::Args),
    /// Show spans and gaps of a camera
    Timeline(timeline::Args),
    /// Say what is covered, by whom, and what is missing and why
    Report(report::Args),
    /// Write an exact clip as one MP4
    Export(export::Args),
    /// Prove a timeline against its files, or check a clip
    Verify(verify::Args),
    /// Serve a page to look at footage
    Serve(serve::Args),
    /// Rebuild the index from the files on disk
    Rescan(rescan::Args),
    /// Remove footage that is no longer wanted; shows it unless told --yes
    Prune(prune::Args),
    /// Keep footage from being removed
    Protect(protect::Args),
    #[command(hide = true)]
    SecondReader(verify::SecondReader),
}

impl Cli {
    /// The configuration that the command line names.
    pub fn config(&self) -> Result<Config> {
        Ok(load(self.config.clone())?)
    }

    /// Does what needs neither configuration nor database, if it is that.
    pub fn run_alone(&self) -> Option<Result<Verdict>> {
        match &self.command {
            Command::SecondReader(args) => Some(args.run()),
            Command::Verify(args) => args.run_alone(|| self.config().ok()),
            _ => None,
        }
    }

    /// Does what the command line says.
    pub async fn run(self, config: Config) -> Result<Verdict> {
        let site = match self.command {
            Command::Report(_) | Command::Timeline(_) => Site::open_to_read(config).await?,
            _ => Site::open(config).await?,
        };
        let verdict = match self.command {
            Command::Run(args) => run::run(&site, args).await,
            Command::Timeline(args) => timeline::run(&site, args).await,
            Command::Report(args) => report::run(&site, args).await,
            Command::Export(args) => export::run(&site, args).await,
            Command::Verify(args) => verify::run(&site, args).await,
            Command::Serve(args) => serve::run(&site, args).await,
            Command::Rescan(args) => rescan::run(&site, args).await,
            Command::Prune(args) => prune::run(&site, args).await,
            Command::Protect(args) => protect::run(&site, args).await,
            Command::SecondReader(args) => args.run(),
        };
        site.store.close().await;
        verdict
    }
}

/// The threads of a site: `--jobs`, else as configured, else one per core.
fn compute(site: &Site, jobs: Option<std::num::NonZeroUsize>) -> Result<Compute> {
    Ok(Compute::new(jobs.or(site.config.stitcher.jobs))?)
}

/// Writes an answer; a reader that went away is no failure.
fn answer(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes a document for scripts.
fn answer_json(document: &serde_json::Value) -> Result<()> {
    answer(&format!("{}\n", serde_json::to_string_pretty(document)?));
    Ok(())
}
