//! What stands beside a clip, so that a third party can check it: whose it is,
//! which time it shows, what it was made of, what is missing in it.
//!
//! The keys are a promise; they only ever become more.

use super::digest::Digests;
use super::select::{Clip, Lack, Played};
use crate::virtual_mp4::VirtualMp4;
use hitless_model::{CameraId, Utc};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Version of the manifest's keys.
pub const SCHEMA_VERSION: u32 = 1;

/// A clip's manifest. Instants are RFC 3339, lengths seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the keys.
    pub schema_version: u32,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: String,
    /// The clip's name.
    pub file: String,
    /// Bytes of the clip.
    pub bytes: u64,
    /// SHA-256 of the clip.
    pub sha256: String,
    /// Whose footage.
    pub camera: String,
    /// The first instant that was asked for.
    pub from: String,
    /// The first instant after it.
    pub to: String,
    /// When the first picture came on the screen: at or before `from`.
    pub begins: String,
    /// How long it plays.
    pub seconds: f64,
    /// What became of missing time: `keep`, `collapse` or `split`.
    pub gaps: String,
    /// What it plays, in order.
    pub spans: Vec<ManifestSpan>,
    /// What is missing in it.
    pub missing: Vec<Missing>,
    /// Where its media bytes come from, in order.
    pub ranges: Vec<ManifestRange>,
}

/// A span of the timeline that the clip plays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestSpan {
    /// File name of the segment.
    pub segment: String,
    /// Which recorder wrote it.
    pub instance: String,
    /// Which life of that recorder.
    pub run: Option<String>,
    /// Its first sample in decode order, from 0.
    pub first_sample: u32,
    /// How many.
    pub samples: u32,
    /// How it follows what is before it.
    pub seam: String,
    /// Its first instant.
    pub start: String,
    /// The first one after it.
    pub end: String,
}

/// Time without footage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Missing {
    /// `gap`, `hole`, `expired`, `pending` or `unknown`.
    pub kind: String,
    /// Why, where it is known.
    pub cause: Option<String>,
    /// The first instant.
    pub start: String,
    /// The first one after it.
    pub end: String,
    /// How long.
    pub seconds: f64,
}

/// A range of an original.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestRange {
    /// File name of the original.
    pub segment: String,
    /// Its first byte there.
    pub offset: u64,
    /// How many.
    pub bytes: u64,
    /// Where it begins in the clip.
    pub clip_offset: u64,
    /// SHA-256 of these bytes.
    pub sha256: String,
}

/// What a manifest is about.
#[derive(Debug)]
pub(super) struct About<'a> {
    pub(super) camera: &'a CameraId,
    pub(super) clip: &'a Clip,
    pub(super) made: &'a VirtualMp4,
    pub(super) path: &'a Path,
    pub(super) now: Utc,
}

/// Puts it together.
pub(super) fn manifest(about: &About<'_>, digests: Digests) -> Manifest {
    let (clip, made) = (about.clip, about.made);
    let ranges = made.ranges().iter().zip(digests.ranges);
    Manifest {
        schema_version: SCHEMA_VERSION,
        made_by: concat!("hitless stitcher ", env!("CARGO_PKG_VERSION")).to_owned(),
        made_at: about.now.to_string(),
        file: name_of(about.path),
        bytes: made.size(),
        sha256: digests.clip,
        camera: about.camera.as_str().to_owned(),
        from: clip.cut.from.to_string(),
        to: clip.cut.to.to_string(),
        begins: made.begins().to_string(),
        seconds: made.duration().as_secs_f64(),
        gaps: clip.gaps.as_str().to_owned(),
        spans: clip.played().map(span).collect(),
        missing: clip.lacks.iter().map(missing).collect(),
        ranges: ranges
            .map(|(range, sha256)| ManifestRange {
                segment: name_of(&range.path),
                offset: range.from,
                bytes: range.length,
                clip_offset: range.at,
                sha256,
            })
            .collect(),
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn span(played: &Played) -> ManifestSpan {
    ManifestSpan {
        segment: played.segment.to_string(),
        instance: played.segment.instance.as_str().to_owned(),
        run: played.run.as_ref().map(|run| run.as_str().to_owned()),
        first_sample: played.first_sample,
        samples: played.samples,
        seam: played.seam.as_str().to_owned(),
        start: played.piece.start.to_string(),
        end: played.piece.end.to_string(),
    }
}

pub(super) fn missing(lack: &Lack) -> Missing {
    Missing {
        kind: lack.kind.to_owned(),
        cause: lack.cause.map(|cause| cause.as_str().to_owned()),
        start: lack.range.from.to_string(),
        end: lack.range.to.to_string(),
        seconds: lack.range.to.since(lack.range.from).as_secs_f64(),
    }
}
