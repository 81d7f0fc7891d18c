//! Many files as one stream: ffmpeg joins them, the fixtures' counter judges.

use hitless_fixtures::count::{RecordedUnit, units_in};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The access units of the video in `files`, in that order, as one stream. One
/// run of ffmpeg for all of them, where [`hitless_fixtures::numbers_in`] takes
/// one for each. Fails if ffmpeg has anything to say about a file.
#[track_caller]
pub fn units(files: &[PathBuf]) -> Vec<RecordedUnit> {
    joined(files, false)
}

/// As [`units`], of files that a kill cut off: ffmpeg may complain about the
/// end of one, as long as it goes on.
#[track_caller]
pub fn units_of_killed(files: &[PathBuf]) -> Vec<RecordedUnit> {
    joined(files, true)
}

#[track_caller]
fn joined(files: &[PathBuf], may_complain: bool) -> Vec<RecordedUnit> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let list = list_of(files, folder.path());
    for format in ["h264", "hevc"] {
        let joined = folder.path().join(format!("joined.{format}"));
        let mut command = ffmpeg_on(&list);
        command.args(["-map", "0:v:0", "-c", "copy", "-f", format]).arg(&joined);
        let output = command.output().expect("ffmpeg runs");
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            assert!(may_complain || said.trim().is_empty(), "ffmpeg complains: {said}");
            return units_in(&joined).expect("the units of a raw stream");
        }
        assert!(format == "h264", "ffmpeg cannot join {files:?}: {said}");
    }
    unreachable!("the last format ends it");
}

/// The numbers of the access units in `files`, in that order.
#[track_caller]
pub fn numbers(files: &[PathBuf]) -> Vec<u64> {
    numbers_of(&units(files))
}

/// As [`numbers`], of files that a kill cut off.
#[track_caller]
pub fn numbers_of_killed(files: &[PathBuf]) -> Vec<u64> {
    numbers_of(&units_of_killed(files))
}

/// The numbers that units bear.
pub fn numbers_of(units: &[RecordedUnit]) -> Vec<u64> {
    units.iter().filter(|u| u.slices > 0).filter_map(|u| Some(u.mark?.number)).collect()
}

/// ffmpeg reading the files in a list as one.
pub(crate) fn ffmpeg_on(list: &Path) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-v", "error", "-nostdin", "-f", "concat", "-safe", "0", "-i"]);
    command.arg(list);
    command
}

/// Writes a list for ffmpeg's concat demuxer.
pub(crate) fn list_of(files: &[PathBuf], folder: &Path) -> PathBuf {
    let entry = |file: &PathBuf| format!("file '{}'\noption ignore_editlist 1\n", file.display());
    let text: String = files.iter().map(entry).collect();
    let list = folder.join("list.txt");
    std::fs::write(&list, text).expect("a list for ffmpeg");
    list
}
