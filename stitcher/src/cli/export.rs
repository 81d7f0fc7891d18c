//! `stitcher export`.

use super::stretch::{Stretch, stitch_first};
use super::{answer, answer_json, compute};
use crate::export::{Clip, Gaps, Lack, MARGIN, Order, Written, export, select};
use crate::site::{Site, now};
use crate::verdict::Verdict;
use anyhow::{Context, Result, bail};
use hitless_model::{CameraId, Nanos, TimeRange, Utc};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Writes an exact clip of a camera as one MP4 that every player opens, with a
/// manifest (clip.mp4.json) that says what it is made of. Begins with the
/// picture on the screen at --from and ends at --to; nothing is re-encoded.
///
/// Examples:
///   stitcher export --camera CAM_1 --last 5m -o clip.mp4
///   stitcher export --camera CAM_1 --from 2026-08-11T03:00:00Z --to 2026-08-11T03:10:00Z -o clip.mp4
///   stitcher export --camera CAM_1 --camera CAM_2 --from yesterday --to today -o evidence/
///
/// Exit status: 0 whole, 1 footage is missing in it (it says which), 2 could
/// not.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Whose footage; may be given more than once
    #[arg(long = "camera", value_name = "ID", required = true)]
    cameras: Vec<CameraId>,
    #[command(flatten)]
    stretch: Stretch,
    /// The clip, or a folder for clips named after camera and time
    #[arg(short, long, value_name = "PATH", default_value = ".")]
    output: PathBuf,
    /// Missing time: keep the clock true, leave it out, or a file for each piece
    #[arg(long, value_enum, default_value_t = GapsArg::Keep)]
    gaps: GapsArg,
    /// Replace a clip of that name
    #[arg(long)]
    force: bool,
    /// Write no manifest; nothing is read back for its hashes
    #[arg(long)]
    no_manifest: bool,
    /// Do not stitch first what is new
    #[arg(long)]
    no_stitch: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum GapsArg {
    Keep,
    Collapse,
    Split,
}

impl From<GapsArg> for Gaps {
    fn from(arg: GapsArg) -> Self {
        match arg {
            GapsArg::Keep => Self::Keep,
            GapsArg::Collapse => Self::Collapse,
            GapsArg::Split => Self::Split,
        }
    }
}

/// What became of one camera.
struct Done {
    camera: CameraId,
    written: Vec<Written>,
    lacks: Vec<Lack>,
    problem: Option<String>,
}

pub(super) async fn run(site: &Site, args: Args) -> Result<Verdict> {
    site.check_storage()?;
    let now = now();
    let range = args.stretch.range(now)?;
    if !args.no_stitch {
        stitch_first(site, &compute(site, None)?, &args.cameras, range).await?;
    }
    let open_end = args.stretch.is_open_ended();
    let mut all = Vec::new();
    for camera in &args.cameras {
        all.push(one(site, camera, range, open_end, &args, now).await);
    }
    if args.json {
        let cameras: Vec<Value> = all.iter().map(document).collect();
        answer_json(&json!({
            "schema_version": 1,
            "from": range.from.to_string(),
            "to": range.to.to_string(),
            "cameras": cameras,
        }))?;
    } else {
        answer(&all.iter().map(text).collect::<String>());
    }
    let failed: Vec<String> = all
        .iter()
        .filter_map(|done| done.problem.as_ref().map(|p| format!("{}: {p}", done.camera)))
        .collect();
    if !failed.is_empty() {
        bail!("{}", failed.join("\n"));
    }
    Ok(Verdict::of(all.iter().flat_map(|done| &done.lacks).any(Lack::is_gap)))
}

/// A camera that fails does not keep the others from being exported.
async fn one(
    site: &Site,
    camera: &CameraId,
    range: TimeRange,
    open_end: bool,
    args: &Args,
    now: Utc,
) -> Done {
    let mut done =
        Done { camera: camera.clone(), written: Vec::new(), lacks: Vec::new(), problem: None };
    if let Err(problem) = write_all(site, (range, open_end), args, now, &mut done).await {
        done.problem = Some(format!("{problem:#}"));
    }
    done
}

async fn write_all(
    site: &Site,
    (mut range, open_end): (TimeRange, bool),
    args: &Args,
    now: Utc,
    done: &mut Done,
) -> Result<()> {
    let before = range.from.plus(Nanos::ZERO.minus(MARGIN));
    let entries = site.store.timeline(&done.camera, before, range.to).await?;
    if let Some(last) = entries.last().filter(|e| open_end && e.end > range.from) {
        range.to = range.to.min(last.end);
    }
    let (clips, lacks) = select(&entries, range, args.gaps.into(), site.root());
    done.lacks = lacks;
    if clips.is_empty() {
        bail!("nothing is recorded between {} and {}", range.from, range.to);
    }
    let path = path_of(args, &done.camera, range)?;
    let several = clips.len() > 1;
    for (clip, number) in clips.into_iter().zip(1_usize..) {
        let path = if several { numbered(&path, number) } else { path.clone() };
        done.written.push(write(&done.camera, clip, path, args, now).await?);
    }
    Ok(())
}

/// On a thread of its own: it waits for disks.
async fn write(
    camera: &CameraId,
    clip: Clip,
    path: PathBuf,
    args: &Args,
    now: Utc,
) -> Result<Written> {
    let camera = camera.clone();
    let (force, manifest) = (args.force, !args.no_manifest);
    let task = move || {
        let order = Order { camera: &camera, clip: &clip, path: &path, force, manifest, now };
        export(&order)
    };
    Ok(tokio::task::spawn_blocking(task).await??)
}

/// `-o`, or a name in it if it is a folder.
fn path_of(args: &Args, camera: &CameraId, range: TimeRange) -> Result<PathBuf> {
    let output = &args.output;
    let is_folder = output.is_dir() || output.as_os_str().to_string_lossy().ends_with('/');
    if !is_folder && args.cameras.len() == 1 {
        return Ok(output.clone());
    }
    std::fs::create_dir_all(output)
        .with_context(|| format!("{} is to be a folder for several clips", output.display()))?;
    let compact = |at: Utc| at.to_string()[..19].replace([':', '-'], "") + "Z";
    let (from, to) = (compact(range.from), compact(range.to));
    Ok(output.join(format!("{camera}_{from}_{to}.mp4")))
}

/// `clip.mp4` becomes `clip-1.mp4`.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let kind = path.extension().map_or(String::new(), |e| format!(".{}", e.to_string_lossy()));
    path.with_file_name(format!("{stem}-{number}{kind}"))
}

fn text(done: &Done) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for clip in &done.written {
        let _ = writeln!(
            text,
            "{}: {} from {}, {:.3} s, {} bytes",
            clip.path.display(),
            done.camera,
            clip.begins,
            clip.duration.as_secs_f64(),
            clip.bytes
        );
    }
    for lack in &done.lacks {
        let why = match (lack.kind, lack.cause) {
            (_, Some(cause)) => format!(", {cause}"),
            ("pending", _) => ", in a file that is still open".to_owned(),
            ("expired", _) => ", removed by retention".to_owned(),
            ("unknown", _) => ", not recorded or not stitched yet".to_owned(),
            _ => String::new(),
        };
        let (from, to) = (lack.range.from, lack.range.to);
        let _ = writeln!(
            text,
            "  {} of {:.3} s from {from} to {to}{why}",
            lack.kind,
            to.since(from).as_secs_f64()
        );
    }
    text
}

fn document(done: &Done) -> Value {
    let clip = |clip: &Written| {
        json!({
            "path": clip.path.display().to_string(),
            "bytes": clip.bytes,
            "begins": clip.begins.to_string(),
            "seconds": clip.duration.as_secs_f64(),
            "sha256": clip.manifest.as_ref().map(|m| m.sha256.as_str()),
        })
    };
    let lack = |lack: &Lack| {
        json!({
            "kind": lack.kind,
            "cause": lack.cause.map(|cause| cause.as_str()),
            "start": lack.range.from.to_string(),
            "end": lack.range.to.to_string(),
            "seconds": lack.range.to.since(lack.range.from).as_secs_f64(),
        })
    };
    json!({
        "camera": done.camera.as_str(),
        "clips": done.written.iter().map(clip).collect::<Vec<_>>(),
        "missing": done.lacks.iter().map(lack).collect::<Vec<_>>(),
        "problem": done.problem,
    })
}
