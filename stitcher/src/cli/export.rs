//! `stitcher export`.

use super::exported::{Done, document, text};
use super::stretch::{Stretch, stitch_first};
use super::watched::watched;
use super::{answer, answer_json, compute};
use crate::export::{
    Clip, End, ExportError, Gaps, MARGIN, Meter, Order, Written, export, select, shown,
};
use crate::site::{Site, now};
use crate::timeline;
use crate::verdict::Verdict;
use anyhow::{Context, Result, bail};
use hitless_model::{CameraId, Nanos, TimeRange, Utc};
use hitless_schema::timeline::{Entry, What};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Writes an exact clip of a camera as one MP4 that every player opens, with a
/// manifest (clip.mp4.json) that says what it is made of. Begins with the
/// picture on the screen at --from and ends at --to; nothing is re-encoded.
/// What is still being recorded at the end (--last, --to now) is not in it: it
/// then ends with the last picture that is stitched.
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

pub(super) async fn run(site: &Site, args: Args) -> Result<Verdict> {
    site.check_storage()?;
    let now = now();
    let range = args.stretch.range(now)?;
    if !args.no_stitch {
        stitch_first(site, &compute(site, None)?, &args.cameras, range).await?;
    }
    let end = if args.stretch.is_open_ended() { End::LastPicture } else { End::Asked };
    let mut all = Vec::new();
    for camera in &args.cameras {
        // A camera that fails does not keep the others from being exported.
        let mut done = Done::new(camera, range, end);
        let mut interrupted = false;
        if let Err(problem) = write_all(site, &args, now, &mut done).await {
            interrupted = matches!(problem.downcast_ref(), Some(ExportError::Interrupted));
            done.problem = Some(format!("{problem:#}"));
        }
        all.push(done);
        if interrupted {
            break;
        }
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
    Ok(Verdict::of(all.iter().any(Done::lacks_footage)))
}

async fn write_all(site: &Site, args: &Args, now: Utc, done: &mut Done) -> Result<()> {
    let (asked, end) = (done.asked, done.end);
    let before = asked.from.plus(Nanos::ZERO.minus(MARGIN));
    let read = TimeRange { from: before, to: asked.to };
    let entries = timeline::read(site, &done.camera, read).await?.entries;
    let (clips, lacks) = select(&entries, asked, end, args.gaps.into(), site.root());
    done.lacks = lacks;
    if clips.is_empty() {
        bail!("{}", nothing(&entries, asked));
    }
    done.shown = shown(&entries, asked, end);
    let path = path_of(args, &done.camera, done.shown)?;
    let several = clips.len() > 1;
    for (clip, number) in clips.into_iter().zip(1_usize..) {
        let path = if several { numbered(&path, number) } else { path.clone() };
        done.written.push(write(&done.camera, clip, path, args, now).await?);
    }
    Ok(())
}

/// Why there is no clip at all.
fn nothing(entries: &[Entry], asked: TimeRange) -> String {
    let TimeRange { from, to } = asked;
    let nothing = format!("nothing is recorded between {from} and {to}");
    let mut inside = entries.iter().filter(|e| e.end > from && e.start < to);
    match inside.next() {
        Some(Entry { what: What::Pending, .. }) => format!(
            "what was recorded between {from} and {to} is in a file that is still open; it can be \
             exported once that is closed"
        ),
        Some(Entry { start, what: What::Gap(cause), .. }) => {
            format!("{nothing}: there is a gap from {start} on, {cause}")
        }
        Some(Entry { what: What::Expired, .. }) => {
            format!("{nothing}: it was removed by retention")
        }
        _ => nothing,
    }
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
    let name = path.display().to_string();
    let meter = Arc::new(Meter::default());
    let shared = Arc::clone(&meter);
    let task = move || {
        let meter = &*shared;
        let order =
            Order { camera: &camera, clip: &clip, path: &path, force, manifest, now, meter };
        export(&order)
    };
    let task = tokio::task::spawn_blocking(task);
    Ok(watched(task, &meter, &name, args.json).await??)
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
