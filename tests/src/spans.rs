//! What spans play, judged frame by frame: by the numbers in the footage, and
//! by ffmpeg's checksums of the coded frames.

use crate::Played;
use crate::footage;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The numbers of the frames that spans play, in order.
#[track_caller]
pub fn numbers(spans: &[Played]) -> Vec<u64> {
    let numbers = all_numbers(spans).into_iter();
    numbers.map(|number| number.expect("every frame has a number")).collect()
}

/// As [`numbers`], without the frames that lost theirs to the network.
#[track_caller]
pub fn known_numbers(spans: &[Played]) -> Vec<u64> {
    all_numbers(spans).into_iter().flatten().collect()
}

#[track_caller]
fn all_numbers(spans: &[Played]) -> Vec<Option<u64>> {
    walk(spans, |path| {
        let units = footage::units_of_killed(&[path.to_owned()]);
        units.into_iter().map(|unit| unit.mark.map(|mark| mark.number)).collect()
    })
}

/// ffmpeg's checksums of the coded frames that spans play, in order.
#[track_caller]
pub fn checksums(spans: &[Played]) -> Vec<String> {
    walk(spans, |path| framemd5(path))
}

/// ffmpeg's checksum of every coded frame of the video in a file.
#[track_caller]
pub fn framemd5(path: &Path) -> Vec<String> {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-v", "error", "-nostdin", "-ignore_editlist", "1", "-i"]);
    command.arg(path).args(["-map", "0:v:0", "-c", "copy", "-f", "framemd5", "-"]);
    let output = command.output().expect("ffmpeg runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit(',').next().map(|sum| sum.trim().to_owned()))
        .collect()
}

#[track_caller]
fn walk<T: Clone>(spans: &[Played], read: impl Fn(&Path) -> Vec<T>) -> Vec<T> {
    let mut files: HashMap<PathBuf, Vec<T>> = HashMap::new();
    let mut all = Vec::new();
    for span in spans {
        let frames = files.entry(span.path.clone()).or_insert_with(|| read(&span.path));
        let part = frames.get(span.first..span.first + span.samples);
        let part = part.unwrap_or_else(|| panic!("{span:?} is not in {} frames", frames.len()));
        all.extend_from_slice(part);
    }
    all
}
