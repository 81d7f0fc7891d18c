//! `stitcher rescan`.

use super::{answer, answer_json, compute};
use crate::rescan::{Rescanned, rescan};
use crate::site::Site;
use crate::verdict::Verdict;
use anyhow::Result;
use serde_json::json;
use std::fmt::Write as _;
use std::num::NonZeroUsize;

/// Rebuilds the index from the files: names, .meta files and what the files
/// hold. Brings in recordings of other recorders whose names are configured
/// (stitcher.foreign). Marks rows whose file is gone. A following
/// `stitcher run` makes the timelines.
///
/// Exit status: 0 all is well, 1 files that cannot be played or are gone, 2
/// could not run.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The storage is empty because the footage is really gone
    #[arg(long)]
    storage_is_empty: bool,
    /// Threads [default: stitcher.jobs, else one per core]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(site: &Site, args: Args) -> Result<Verdict> {
    let compute = compute(site, args.jobs)?;
    let done = rescan(site, &compute, args.storage_is_empty).await?;
    if args.json {
        let corrupt = |(name, reason): &(hitless_model::SegmentName, String)| json!({ "segment": name.to_string(), "reason": reason });
        answer_json(&json!({
            "schema_version": 1,
            "files": done.files,
            "read": done.read,
            "rows_changed": done.rows,
            "missing": done.missing,
            "linked": done.linked,
            "corrupt": done.corrupt.iter().map(corrupt).collect::<Vec<_>>(),
            "problems": done.problems,
        }))?;
    } else {
        answer(&text(&done));
    }
    let findings = done.missing > 0 || !done.corrupt.is_empty() || !done.problems.is_empty();
    Ok(Verdict::of(findings))
}

fn text(done: &Rescanned) -> String {
    let mut text = String::new();
    for problem in &done.problems {
        let _ = writeln!(text, "{problem}");
    }
    for (name, reason) in &done.corrupt {
        let _ = writeln!(text, "{name} cannot be played: {reason}");
    }
    if done.linked > 0 {
        let _ = writeln!(text, "{} recordings of other recorders brought in", done.linked);
    }
    let (files, read, rows, missing) = (done.files, done.read, done.rows, done.missing);
    let _ = writeln!(
        text,
        "{files} segment files, {read} read, {rows} rows added or changed, {missing} files gone"
    );
    text
}
