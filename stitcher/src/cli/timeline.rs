//! `stitcher timeline`.

use super::instant::instant;
use super::{answer, answer_json};
use crate::site::{Site, now};
use crate::timeline::{json, read, text};
use crate::verdict::Verdict;
use anyhow::Result;
use hitless_model::{CameraId, TimeRange};

/// Shows spans and gaps of a camera, as they are stored.
///
/// Examples:
///   stitcher timeline --camera CAM_1 --from 2h
///   stitcher timeline --camera CAM_1 --from yesterday --to today --json
///
/// Times are RFC 3339, a date (00:00 UTC), now, yesterday, or a bare length
/// such as 2h: that long ago. Exit status: 0, 1 there are gaps, 2 could not.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Whose timeline
    #[arg(long, value_name = "ID")]
    camera: CameraId,
    /// The first instant
    #[arg(long, value_name = "T")]
    from: String,
    /// The first instant that is not shown any more
    #[arg(long, default_value = "now", value_name = "T")]
    to: String,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(site: &Site, args: Args) -> Result<Verdict> {
    let now = now();
    let range = TimeRange { from: instant(&args.from, now)?, to: instant(&args.to, now)? };
    let timeline = read(site, &args.camera, range).await?;
    if args.json {
        answer_json(&json(&timeline))?;
    } else {
        answer(&text(&timeline));
    }
    Ok(timeline.verdict())
}
