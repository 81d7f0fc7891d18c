//! Decoded pictures: their hashes by ffmpeg's framemd5, in the order of showing.

use crate::footage::{ffmpeg_on, list_of};
use std::path::PathBuf;

/// The MD5 of each decoded picture in `files`, joined as one stream. Fails if
/// the decoder has anything to complain about.
#[track_caller]
pub fn picture_hashes(files: &[PathBuf]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = ffmpeg_on(&list_of(files, folder.path()));
    command.args(["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "pipe:1"]);
    let output = command.output().expect("ffmpeg runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "ffmpeg complains: {said}");
    let text = String::from_utf8(output.stdout).expect("framemd5 is text");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| Some(line.rsplit(',').next()?.trim().to_owned())).collect()
}
