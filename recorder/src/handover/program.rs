//! Which program a successor is.
//!
//! The one on disk now, under the path by which this process was started: a
//! symbolic link that was switched since leads to the new release, and a file
//! that was replaced by renaming is the new file.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// What the kernel puts behind the path of a program that was replaced.
const DELETED: &str = " (deleted)";

/// The program and its arguments, as they are to be started again.
#[derive(Debug, Clone)]
pub struct Program {
    /// Where it lies.
    pub path: PathBuf,
    /// All arguments but the first, which is the path.
    pub arguments: Vec<OsString>,
}

impl Program {
    /// Of this process. To be asked at its start, before anything was replaced.
    pub fn of_process() -> io::Result<Self> {
        let running = undeleted(&std::env::current_exe()?);
        let mut arguments = std::env::args_os();
        let called = arguments.next().map(PathBuf::from).unwrap_or_default();
        let path = as_called(&called, &running).unwrap_or(running);
        Ok(Self { path, arguments: arguments.collect() })
    }
}

/// The path by which it was called, if that is a path at all and leads to what
/// is running.
fn as_called(called: &Path, running: &Path) -> Option<PathBuf> {
    if called.components().count() < 2 {
        return None;
    }
    let called = std::path::absolute(called).ok()?;
    (called.canonicalize().ok()? == running).then_some(called)
}

fn undeleted(path: &Path) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_suffix(DELETED)) {
        Some(text) => PathBuf::from(text),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_followed_anew_each_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().canonicalize().expect("a path");
        let (release, link) = (folder.join("release-1"), folder.join("recorder"));
        std::fs::write(&release, b"").expect("writes");
        std::os::unix::fs::symlink(&release, &link).expect("links");
        assert_eq!(as_called(&link, &release), Some(link.clone()));
        assert_eq!(as_called(Path::new("recorder"), &release), None, "found in PATH");
        std::fs::write(folder.join("other"), b"").expect("writes");
        assert_eq!(as_called(&link, &folder.join("other")), None, "another program");
    }

    #[test]
    fn a_replaced_program_is_found_under_its_name() {
        assert_eq!(undeleted(Path::new("/bin/x (deleted)")), Path::new("/bin/x"));
        assert_eq!(undeleted(Path::new("/bin/x")), Path::new("/bin/x"));
    }
}
