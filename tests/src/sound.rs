//! The sound in files, frame by frame.

use crate::footage::{ffmpeg_on, list_of};
use crate::probe::Probe;
use hitless_fixtures::camera::{Line, Truth};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// The hashes of the frames of sound in `files`, joined, as the truth has them.
/// Frames are as long as ffprobe says, or all of `length` bytes where the file
/// does not keep them apart (G.711).
#[track_caller]
pub fn frames(files: &[PathBuf], probes: &[&Probe], length: Option<usize>) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = ffmpeg_on(&list_of(files, folder.path()));
    command.args(["-map", "0:a:0", "-c", "copy", "-f", "data", "pipe:1"]);
    let output = command.output().expect("ffmpeg runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut rest = &output.stdout[..];
    let mut hashes = Vec::new();
    let mut take = |size: usize| {
        let (frame, after) = rest.split_at_checked(size).expect("as many bytes as ffprobe says");
        hashes.push(format!("{:016x}", xxh3_64(frame)));
        rest = after;
    };
    match length {
        Some(length) => (0..output.stdout.len() / length).for_each(|_| take(length)),
        None => probes.iter().flat_map(|p| &p.audio).for_each(|p| take(p.size as usize)),
    }
    hashes
}

/// The hashes of the frames of sound that a camera sent.
#[track_caller]
pub fn sent(truth: &Path) -> Vec<String> {
    let lines = Truth::read(truth).expect("a truth log");
    let hash = |line| match line {
        Line::Audio { hash, .. } => Some(hash),
        _ => None,
    };
    lines.into_iter().filter_map(hash).collect()
}

/// All of `recorded` was sent like this, without a hole or a double.
#[track_caller]
pub fn assert_unbroken(recorded: &[String], sent: &[String], what: &str) {
    assert!(!recorded.is_empty(), "{what}: no sound");
    let begin = sent.iter().position(|hash| *hash == recorded[0]);
    let begin = begin.unwrap_or_else(|| panic!("{what}: the first frame of sound was never sent"));
    for (n, (is, should)) in recorded.iter().zip(&sent[begin..]).enumerate() {
        assert_eq!(is, should, "{what}: frame {n} of {} of the sound", recorded.len());
    }
    assert!(begin + recorded.len() <= sent.len(), "{what}: more sound than was sent");
}
