//! What `stitcher export` says it has done.

use crate::export::{End, Lack, Written};
use hitless_model::{CameraId, TimeRange};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What became of one camera.
pub(super) struct Done {
    pub(super) camera: CameraId,
    /// What was asked for.
    pub(super) asked: TimeRange,
    /// How its end was meant.
    pub(super) end: End,
    /// What of it is shown.
    pub(super) shown: TimeRange,
    pub(super) written: Vec<Written>,
    /// All that is missing of what was asked for.
    pub(super) lacks: Vec<Lack>,
    pub(super) problem: Option<String>,
}

impl Done {
    pub(super) fn new(camera: &CameraId, asked: TimeRange, end: End) -> Self {
        let (written, lacks, problem) = (Vec::new(), Vec::new(), None);
        Self { camera: camera.clone(), asked, end, shown: asked, written, lacks, problem }
    }

    /// Whether anything is missing that was asked for: "up to now" asks for no
    /// more than there is yet.
    pub(super) fn lacks_footage(&self) -> bool {
        self.lacks.iter().any(|lack| lack.is_gap() && !self.is_to_come(lack))
    }

    fn is_to_come(&self, lack: &Lack) -> bool {
        self.end == End::LastPicture && lack.is_open() && lack.range.from >= self.shown.to
    }
}

/// For eyes.
pub(super) fn text(done: &Done) -> String {
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
    if !done.written.is_empty() && done.shown.to < done.asked.to {
        let _ =
            writeln!(text, "  ends with the last picture that is stitched, at {}", done.shown.to);
    }
    for lack in &done.lacks {
        let _ = writeln!(text, "  {}", line(lack));
    }
    text
}

fn line(lack: &Lack) -> String {
    let why = match (lack.kind, lack.cause) {
        (_, Some(cause)) => format!(", {cause}"),
        ("pending", _) => ", in a file that is still open".to_owned(),
        ("expired", _) => ", removed by retention".to_owned(),
        ("unknown", _) => ", not recorded or not stitched yet".to_owned(),
        _ => String::new(),
    };
    let (from, to) = (lack.range.from, lack.range.to);
    format!("{} of {:.3} s from {from} to {to}{why}", lack.kind, to.since(from).as_secs_f64())
}

/// For scripts.
pub(super) fn document(done: &Done) -> Value {
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
        "ends": (!done.written.is_empty()).then(|| done.shown.to.to_string()),
        "clips": done.written.iter().map(clip).collect::<Vec<_>>(),
        "missing": done.lacks.iter().map(lack).collect::<Vec<_>>(),
        "problem": done.problem,
    })
}
