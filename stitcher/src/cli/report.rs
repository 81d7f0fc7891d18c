//! `stitcher report`.

use super::answer;
use super::instant::{instant, length};
use crate::report::{csv, gather, html, json, prometheus, text};
use crate::site::{Site, now};
use crate::verdict::Verdict;
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use hitless_model::{CameraId, Nanos, TimeRange};
use std::path::{Path, PathBuf};

/// Says what is covered, by whom, and every gap with its cause, per camera and
/// day.
///
/// Examples:
///   stitcher report --from 1h
///   stitcher report --from yesterday --to today --format html -o report.html
///   stitcher report --from 1d --format prometheus -o /var/lib/node_exporter/hitless.prom
///   stitcher report --from 1d --fail-on-gap 1s --format json
///
/// Exit status: 0 no gaps, 1 gaps (with --fail-on-gap: at least so long), 2
/// could not run.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The first instant: RFC 3339, a date, yesterday, or 2h (ago)
    #[arg(long, value_name = "T")]
    from: String,
    /// The first instant that is not reported any more
    #[arg(long, default_value = "now", value_name = "T")]
    to: String,
    /// Only this camera; may be given more than once
    #[arg(long = "camera", value_name = "ID")]
    cameras: Vec<CameraId>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where to; whole or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Exit 1 only for gaps of at least this length, for instance 1s
    #[arg(long, value_name = "LENGTH")]
    fail_on_gap: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
    Html,
    Prometheus,
}

pub(super) async fn run(site: &Site, args: Args) -> Result<Verdict> {
    let now = now();
    let range = TimeRange { from: instant(&args.from, now)?, to: instant(&args.to, now)? };
    if range.from >= range.to {
        bail!("--from {} is not before --to {}", range.from, range.to);
    }
    let least = match &args.fail_on_gap {
        Some(text) => length(text).with_context(|| format!("\"{text}\" is no length like 1s"))?,
        None => Nanos::new(1),
    };
    let report = gather(site, &args.cameras, range).await?;
    let written = match args.format {
        Format::Text => text(&report),
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&json(&report))?),
        Format::Csv => csv(&report),
        Format::Html => html(&report),
        Format::Prometheus => prometheus(&report),
    };
    match &args.output {
        Some(path) => write(path, &written)?,
        None => answer(&written),
    }
    Ok(Verdict::of(report.longest_gap() >= least))
}

/// Whoever collects the file never sees a half.
fn write(path: &Path, text: &str) -> Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(part);
    std::fs::write(&part, text)
        .and_then(|()| std::fs::File::open(&part)?.sync_all())
        .and_then(|()| std::fs::rename(&part, path))
        .with_context(|| format!("{} cannot be written", path.display()))
}
