//! A clip: by our own reader, by another one, and against its manifest.

use super::Problem;
use super::second::{agree, is_known};
use crate::export::Manifest;
use hitless_media::mp4::{Extent, Movie};
use hitless_model::SegmentName;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// What was proven of a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipProof {
    /// The clip.
    pub path: PathBuf,
    /// Pictures in it.
    pub pictures: u64,
    /// Frames of sound in it.
    pub sound_frames: u64,
    /// Another reader found the same; `None`: it does not know these codings.
    pub second_reader: Option<bool>,
    /// Its manifest holds; `None`: there is none.
    pub manifest: Option<bool>,
    /// Ranges of originals that were compared with their hashes.
    pub originals: u64,
    /// What must not be.
    pub problems: Vec<Problem>,
}

/// Verifies a clip. `program` is run for the second opinion; originals are
/// looked for below `storage`.
pub fn verify_file(path: &Path, program: &Path, storage: Option<&Path>) -> io::Result<ClipProof> {
    let subject = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
    let file = File::open(path).map_err(subject)?;
    let movie = Movie::open(path).map_err(io::Error::other)?;
    let count = |track: Option<&hitless_media::mp4::Track>| track.map_or(0, |t| t.samples.len());
    let mut proof = ClipProof {
        path: path.to_owned(),
        pictures: count(movie.video()),
        sound_frames: count(movie.audio()),
        second_reader: None,
        manifest: None,
        originals: 0,
        problems: own(&movie),
    };
    if is_known(&movie) {
        let problem = agree(program, path, &movie, &file).map_err(subject)?;
        proof.second_reader = Some(problem.is_none());
        proof.problems.extend(problem);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".json");
    match std::fs::read(&beside) {
        Ok(text) => manifest(&text, &mut proof, storage).map_err(subject)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(subject(error)),
    }
    Ok(proof)
}

fn own(movie: &Movie) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |kind, detail: String| problems.push(Problem::new(kind, None, detail));
    if let Extent::CutShort { at } = movie.extent {
        add("cut_short", format!("what begins at byte {at} is not all there"));
    }
    for fault in &movie.set_aside {
        add("unreadable_track", fault.to_string());
    }
    for track in &movie.tracks {
        let decodes: Vec<i64> = track.samples.runs().iter().map(|run| run.decode).collect();
        if decodes.windows(2).any(|w| w[0] >= w[1]) {
            add("decode_order", format!("decode times of track {} do not rise", track.id));
        }
    }
    problems
}

fn manifest(text: &[u8], proof: &mut ClipProof, storage: Option<&Path>) -> io::Result<()> {
    let before = proof.problems.len();
    let manifest: Manifest = match serde_json::from_slice(text) {
        Ok(manifest) => manifest,
        Err(error) => {
            proof.manifest = Some(false);
            proof.problems.push(Problem::new("manifest", None, format!("no manifest: {error}")));
            return Ok(());
        }
    };
    let mut clip = File::open(&proof.path)?;
    let size = clip.metadata()?.len();
    if size != manifest.bytes || digest(&mut clip, 0, size)? != manifest.sha256 {
        let detail = "the clip is not the one that the manifest is of".to_owned();
        proof.problems.push(Problem::new("manifest", None, detail));
    }
    for range in &manifest.ranges {
        if digest(&mut clip, range.clip_offset, range.bytes)? != range.sha256 {
            let detail = format!("bytes of {} are not as they were", range.segment);
            proof.problems.push(Problem::new("manifest", None, detail));
        }
        let name = SegmentName::parse(&range.segment).ok();
        let original = storage.zip(name).map(|(root, name)| root.join(name.relative_path()));
        let Some(mut original) = original.and_then(|path| File::open(path).ok()) else { continue };
        proof.originals += 1;
        if digest(&mut original, range.offset, range.bytes)? != range.sha256 {
            let detail = format!("{} is not what the clip was made of", range.segment);
            proof.problems.push(Problem::new("original", None, detail));
        }
    }
    proof.manifest = Some(proof.problems.len() == before);
    Ok(())
}

fn digest(file: &mut File, from: u64, bytes: u64) -> io::Result<String> {
    file.seek(SeekFrom::Start(from))?;
    let mut hash = Sha256::new();
    io::copy(&mut file.take(bytes), &mut hash)?;
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
