//! `stitcher verify`, and the hidden command behind its second opinion.

use super::stretch::{Stretch, stitch_first};
use super::{answer, answer_json, compute};
use crate::site::{Site, now};
use crate::verdict::Verdict;
use crate::verify::{Truth, clip_json, clip_text, json, second_reader, text, verify, verify_file};
use anyhow::{Context, Result};
use hitless_config::Config;
use hitless_model::CameraId;
use std::path::{Path, PathBuf};

/// Proves a timeline: every sample is read and is what was indexed, decode
/// times rise, at exact seams nothing is twice or skipped (shown by the
/// pictures on both sides), sound joins where its pictures do, and where two
/// recorders overlap, what both have is compared frame by frame.
///
/// Examples:
///   stitcher verify --camera CAM_1 --from yesterday --to today
///   stitcher verify --camera CAM_1 --last 1h --truth sent.framemd5
///   stitcher verify --file clip.mp4
///
/// A truth is made with: ffmpeg -i FILE -map 0:v -c copy -f framemd5 OUT
///
/// Exit status: 0 proven, 1 something is missing or wrong, 2 could not.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Whose timeline
    #[arg(long, value_name = "ID", required_unless_present = "file")]
    camera: Option<CameraId>,
    #[command(flatten)]
    stretch: Stretch,
    /// Frames that are known to have been sent, as framemd5 of coded frames
    #[arg(long, value_name = "FILE", requires = "camera")]
    truth: Option<PathBuf>,
    /// A clip of ours: by another reader, and against its manifest
    #[arg(long, value_name = "CLIP")]
    file: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(site: &Site, args: Args) -> Result<Verdict> {
    let mut verdict = Verdict::Clean;
    if let Some(camera) = &args.camera {
        site.check_storage()?;
        let range = args.stretch.range(now())?;
        let truth = args.truth.as_deref().map(Truth::read).transpose()?;
        let compute = compute(site, None)?;
        stitch_first(site, &compute, std::slice::from_ref(camera), range).await?;
        let proof = verify(site, &compute, camera, range, truth).await?;
        if args.json {
            answer_json(&json(&proof))?;
        } else {
            answer(&text(&proof));
        }
        verdict = verdict.and(Verdict::of(!proof.is_clean()));
    }
    if let Some(path) = args.file {
        let root = site.root().to_owned();
        let task = move || clip(&path, Some(&root), args.json);
        verdict = verdict.and(tokio::task::spawn_blocking(task).await??);
    }
    Ok(verdict)
}

impl Args {
    /// A clip alone can be checked anywhere; where there is a storage, against
    /// its originals too.
    pub(super) fn run_alone(&self, config: impl Fn() -> Option<Config>) -> Option<Result<Verdict>> {
        let path = self.file.as_ref().filter(|_| self.camera.is_none())?;
        let storage = config().map(|config| config.storage);
        Some(clip(path, storage.as_deref(), self.json))
    }
}

fn clip(path: &Path, storage: Option<&Path>, as_json: bool) -> Result<Verdict> {
    let program = std::env::current_exe().context("where this program is")?;
    let proof = verify_file(path, &program, storage)?;
    if as_json {
        answer_json(&clip_json(&proof))?;
    } else {
        answer(&clip_text(&proof));
    }
    Ok(Verdict::of(!proof.problems.is_empty()))
}

/// Reads a clip with the crate `mp4`; run by `verify --file`, with limits.
#[derive(Debug, clap::Args)]
pub(super) struct SecondReader {
    /// The clip
    path: PathBuf,
}

impl SecondReader {
    pub(super) fn run(&self) -> Result<Verdict> {
        answer(&second_reader(&self.path)?);
        Ok(Verdict::Clean)
    }
}
