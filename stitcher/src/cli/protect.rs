//! `stitcher protect`.

use super::instant::instant;
use super::{answer, answer_json};
use crate::retention::{list, protect, unprotect};
use crate::site::{Site, now};
use crate::verdict::Verdict;
use anyhow::{Result, bail};
use hitless_model::{CameraId, TimeRange, Utc};
use hitless_schema::Protection;
use serde_json::json;

/// Keeps footage from being removed by `stitcher prune` and by recorders that
/// make room.
///
/// Examples:
///   stitcher protect --camera CAM_1 --from 2h --to now --reason "break-in"
///   stitcher protect --list
///   stitcher protect --remove --camera CAM_1 --from 2026-08-11T03:00:00Z --to 2026-08-11T05:00:00Z
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Which camera
    #[arg(long, value_name = "ID", required_unless_present = "list")]
    camera: Option<CameraId>,
    /// The first instant
    #[arg(long, value_name = "T", required_unless_present = "list")]
    from: Option<String>,
    /// The first instant that is not protected any more
    #[arg(long, value_name = "T", required_unless_present = "list")]
    to: Option<String>,
    /// Why, for people
    #[arg(long, default_value = "", value_name = "TEXT")]
    reason: String,
    /// Show all protections
    #[arg(long, conflicts_with_all = ["camera", "from", "to", "remove"])]
    list: bool,
    /// Lift exactly this protection
    #[arg(long)]
    remove: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(site: &Site, args: Args) -> Result<Verdict> {
    let now = now();
    let (Some(camera), Some(from), Some(to)) = (&args.camera, &args.from, &args.to) else {
        show(&list(site).await?, args.json)?;
        return Ok(Verdict::Clean);
    };
    // the file keeps microseconds; so does the database, then both are alike
    let whole = |at: Utc| Utc::from_ns(at.as_ns().div_euclid(1000) * 1000);
    let (from, to) = (whole(instant(from, now)?), whole(instant(to, now)?));
    if from >= to {
        bail!("--from {from} is not before --to {to}");
    }
    if args.remove {
        let lifted = unprotect(site, camera, TimeRange { from, to }).await?;
        let said = if lifted { "lifted" } else { "there was no such protection" };
        answer(&format!("{camera} from {from} to {to}: {said}\n"));
        return Ok(Verdict::of(!lifted));
    }
    let protection =
        Protection { camera: camera.clone(), from, to, reason: args.reason, created: whole(now) };
    protect(site, &protection).await?;
    show(std::slice::from_ref(&protection), args.json)?;
    Ok(Verdict::Clean)
}

fn show(all: &[Protection], as_json: bool) -> Result<()> {
    if as_json {
        let one = |p: &Protection| {
            json!({
                "camera": p.camera.as_str(), "from": p.from.to_string(), "to": p.to.to_string(),
                "reason": p.reason, "created": p.created.to_string(),
            })
        };
        let all: Vec<_> = all.iter().map(one).collect();
        return answer_json(&json!({ "schema_version": 1, "protections": all }));
    }
    for p in all {
        answer(&format!("{} from {} to {}  {}\n", p.camera, p.from, p.to, p.reason));
    }
    Ok(())
}
