//! Disks that a test can fill, freeze and take away.
#![allow(dead_code, reason = "each story takes what it needs")]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A file system in memory; unmounted when dropped.
#[derive(Debug)]
pub struct MemoryDisk {
    folder: TempDir,
}

impl MemoryDisk {
    /// One of `kib` KiB.
    #[track_caller]
    pub fn new(kib: u64) -> Self {
        let folder = TempDir::with_prefix("hitless-disk-").expect("a temporary folder");
        mount_memory(folder.path(), &format!("size={kib}k"));
        Self { folder }
    }

    /// A folder for segments on it.
    pub fn storage(&self) -> PathBuf {
        let storage = self.folder.path().join("recordings");
        std::fs::create_dir_all(&storage).expect("a folder on the disk");
        storage
    }

    /// Bytes that are free.
    pub fn free(&self) -> u64 {
        let stat = rustix::fs::statvfs(self.folder.path()).expect("room on the disk");
        stat.f_bavail * stat.f_frsize
    }

    /// Fills the disk until only `bytes` are free.
    #[track_caller]
    pub fn fill_up_to(&self, bytes: u64) {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.ballast())
            .expect("a file to fill the disk with");
        let block = [0_u8; 4096];
        while self.free() > bytes {
            if file.write_all(&block).is_err() {
                break;
            }
        }
    }

    /// Takes away what it was filled with.
    #[track_caller]
    pub fn make_room(&self) {
        std::fs::remove_file(self.ballast()).expect("the disk was filled");
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }
}

impl Drop for MemoryDisk {
    fn drop(&mut self) {
        unmount(self.folder.path());
    }
}

/// A folder that a read-only file system is mounted over; uncovered when
/// dropped.
#[derive(Debug)]
pub struct Covered(PathBuf);

impl Covered {
    /// Covers a folder that is there.
    #[track_caller]
    pub fn new(folder: PathBuf) -> Self {
        mount_memory(&folder, "ro");
        Self(folder)
    }
}

impl Drop for Covered {
    fn drop(&mut self) {
        unmount(&self.0);
    }
}

/// A file system on which nothing gets written; thawed when dropped.
#[derive(Debug)]
pub struct Frozen(PathBuf);

impl Frozen {
    /// Freezes the one mounted at `at`.
    #[track_caller]
    pub fn new(at: PathBuf) -> Self {
        run(Command::new("fsfreeze").arg("--freeze").arg(&at));
        Self(at)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = Command::new("fsfreeze").arg("--unfreeze").arg(&self.0).status();
    }
}

#[track_caller]
fn mount_memory(at: &Path, options: &str) {
    run(Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at));
}

fn unmount(at: &Path) {
    // Lazily: whoever still uses it may go on.
    let _ = Command::new("umount").arg("-l").arg(at).status();
}

#[track_caller]
fn run(command: &mut Command) {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success(),
        "{command:?}: {said}\nThis test needs root (in a container: --privileged); without it \
         what is promised of a failing storage is NOT proven."
    );
}
