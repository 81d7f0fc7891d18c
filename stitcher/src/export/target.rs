//! A file that has its name only once it is whole.
//!
//! It is written as `NAME.part`, locked while it is written. One that a killed
//! export left is nobody's and is begun anew.

use super::clip::Durability;
use super::error::ExportError;
use rustix::fs::{FlockOperation, RenameFlags, flock, renameat_with};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A clip that is written sooner than this is synced in the end alone.
const FLUSHED_EVERY: Duration = Duration::from_millis(50);

/// Whether a file of the same name may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replace {
    Never,
    Allowed,
}

/// A file on its way. Removed if it is dropped before it is named.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) file: File,
    part: PathBuf,
    path: PathBuf,
    named: bool,
}

impl Target {
    /// Begins a file; refuses if its name is taken.
    pub(super) fn create(path: &Path, replace: Replace) -> Result<Self, ExportError> {
        if replace == Replace::Never && path.symlink_metadata().is_ok() {
            return Err(ExportError::Exists { path: path.to_owned() });
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let fail = |source| ExportError::io("could not create", &part, source);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&part).map_err(fail)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(ExportError::Busy { path: path.to_owned() }),
            // No locks on this file system: two exports of one name at once
            // are then the caller's business.
            Err(Errno::NOTSUP | Errno::NOSYS | Errno::NOLCK) => {}
            Err(error) => return Err(fail(error.into())),
        }
        file.set_len(0).map_err(fail)?;
        Ok(Self { file, part, path: path.to_owned(), named: false })
    }

    /// Where it is written now.
    pub(super) fn part(&self) -> &Path {
        &self.part
    }

    /// Does some work while the disk takes what is written so far: what is to
    /// last waits for it less in the end.
    pub(super) fn flushing<T>(
        &self,
        work: impl FnOnce() -> Result<T, ExportError>,
    ) -> Result<T, ExportError> {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let flusher = scope.spawn(|| {
                loop {
                    std::thread::park_timeout(FLUSHED_EVERY);
                    if over.load(Ordering::Acquire) {
                        return Ok(());
                    }
                    // An error is told once: the sync at the end would not see it.
                    self.file.sync_data()?;
                }
            });
            let done = work();
            over.store(true, Ordering::Release);
            flusher.thread().unpark();
            let flushed = flusher.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let done = done?;
            flushed.map_err(|e| ExportError::io("could not sync", &self.part, e))?;
            Ok(done)
        })
    }

    /// What is written is on the disk.
    pub(super) fn sync(&self) -> Result<(), ExportError> {
        self.file.sync_all().map_err(|e| ExportError::io("could not sync", &self.part, e))
    }

    /// Gives it its name; one that is to last is in a synced folder then.
    pub(super) fn name(
        mut self,
        replace: Replace,
        durability: Durability,
    ) -> Result<(), ExportError> {
        let fail = |source| ExportError::io("could not name", &self.path, source);
        match replace {
            Replace::Allowed => std::fs::rename(&self.part, &self.path).map_err(fail)?,
            Replace::Never => match rename_new(&self.part, &self.path) {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(ExportError::Exists { path: self.path.clone() });
                }
                Err(error) => return Err(fail(error)),
            },
        }
        self.named = true;
        if durability == Durability::Unsynced {
            return Ok(());
        }
        let sync = File::open(folder_of(&self.path)).and_then(|f| f.sync_all());
        sync.map_err(|e| ExportError::io("could not sync the folder of", &self.path, e))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if !self.named {
            // What it was dropped for is told already.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Renames unless the new name is taken. Where the file system cannot do it at
/// once, by a second name.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    let here = rustix::fs::CWD;
    match renameat_with(here, from, here, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) => {
            std::fs::hard_link(from, to)?;
            std::fs::remove_file(from)
        }
        other => other.map_err(io::Error::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("clip.mp4");
        let target = Target::create(&path, Replace::Never).expect("created");
        std::fs::write(&path, "somebody else's").expect("written");
        assert!(matches!(
            target.name(Replace::Never, Durability::Synced),
            Err(ExportError::Exists { .. })
        ));
        assert!(matches!(Target::create(&path, Replace::Never), Err(ExportError::Exists { .. })));
        assert_eq!(std::fs::read_to_string(&path).expect("there"), "somebody else's");
        assert_eq!(folder.path().read_dir().expect("readable").count(), 1, "no part is left");
        Target::create(&path, Replace::Allowed)
            .expect("created")
            .name(Replace::Allowed, Durability::Synced)
            .expect("named");
        assert_eq!(std::fs::read(&path).expect("there"), b"");
    }

    #[test]
    fn what_a_killed_export_left_is_begun_anew_and_a_living_one_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("clip.mp4");
        std::fs::write(folder.path().join("clip.mp4.part"), "half a clip").expect("written");
        let living = Target::create(&path, Replace::Never).expect("created");
        assert_eq!(living.file.metadata().expect("there").len(), 0);
        assert!(matches!(Target::create(&path, Replace::Never), Err(ExportError::Busy { .. })));
        assert!(living.part().exists());
    }
}
