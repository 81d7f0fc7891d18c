//! `stitcher prune`.

use super::instant::instant;
use super::{answer, answer_json};
use crate::counted::counted;
use crate::retention::{Chosen, Pruned, Rule, choose, remove};
use crate::site::{Site, now};
use crate::verdict::Verdict;
use anyhow::{Result, bail};
use hitless_model::CameraId;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Removes footage that is no longer wanted: segments and their .meta files.
/// Protected ranges never go, nor what is being written or not stitched yet.
/// Without --yes it only shows what would go.
///
/// Examples:
///   stitcher prune --before 30d --yes       all that is older than 30 days
///   stitcher prune --duplicates 1d --yes    copies that nothing is played of
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Remove all that ended before
    #[arg(long, value_name = "T")]
    before: Option<String>,
    /// Remove copies of which nothing is played, that ended before
    #[arg(long, value_name = "T")]
    duplicates: Option<String>,
    /// Only this camera; may be given more than once
    #[arg(long = "camera", value_name = "ID")]
    cameras: Vec<CameraId>,
    /// Really remove
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Only show what would go, as without --yes
    #[arg(long)]
    dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(site: &Site, args: Args) -> Result<Verdict> {
    site.check_storage()?;
    let now = now();
    let at = |text: &Option<String>| text.as_deref().map(|t| instant(t, now)).transpose();
    let rule = Rule {
        before: at(&args.before)?,
        duplicates_before: at(&args.duplicates)?,
        cameras: args.cameras,
    };
    if rule.before.is_none() && rule.duplicates_before.is_none() {
        bail!("say what is to go: --before T or --duplicates T");
    }
    let chosen = choose(site, &rule).await?;
    let pruned = if args.yes { Some(remove(site, &chosen).await?) } else { None };
    if args.json {
        answer_json(&document(&chosen, pruned.as_ref()))?;
    } else {
        answer(&text(&chosen, pruned.as_ref()));
    }
    Ok(Verdict::of(pruned.is_some_and(|done| !done.problems.is_empty())))
}

fn text(chosen: &[Chosen], pruned: Option<&Pruned>) -> String {
    let mut text = String::new();
    let Some(done) = pruned else {
        for one in chosen {
            let why = if one.duplicate { "duplicate" } else { "old" };
            let _ = writeln!(text, "{} {:>12} bytes  {why}", one.name, one.bytes);
        }
        let bytes: u64 = chosen.iter().map(|one| one.bytes).sum();
        let segments = counted(chosen.len() as u64, "segment");
        let _ = writeln!(text, "{segments}, {bytes} bytes would go; --yes removes them");
        return text;
    };
    for problem in &done.problems {
        let _ = writeln!(text, "{problem}");
    }
    let _ =
        writeln!(text, "{} removed, {} bytes", counted(done.removed as u64, "segment"), done.bytes);
    text
}

fn document(chosen: &[Chosen], pruned: Option<&Pruned>) -> Value {
    let one = |one: &Chosen| json!({ "segment": one.name.to_string(), "bytes": one.bytes, "duplicate": one.duplicate });
    json!({
        "schema_version": 1,
        "segments": chosen.iter().map(one).collect::<Vec<_>>(),
        "removed": pruned.map(|done| done.removed),
        "bytes": pruned.map(|done| done.bytes),
        "problems": pruned.map(|done| done.problems.clone()).unwrap_or_default(),
    })
}
