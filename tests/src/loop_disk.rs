//! A small ext4 of its own in a file, whose power can be cut.
//!
//! Needs root, loop devices and `mkfs.ext4`. Where that cannot be had, a test
//! that needs it fails and says so: it is never left out in silence.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`: from now on nothing
/// reaches the disk, not even what the journal holds.
const CUT: &str = "import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";

/// A mounted file system in a file; unmounted when dropped.
#[derive(Debug)]
pub struct LoopDisk {
    folder: TempDir,
    mounted: bool,
}

impl LoopDisk {
    /// Makes and mounts one of `mib` MiB.
    #[track_caller]
    pub fn new(mib: u64) -> Self {
        let folder = TempDir::with_prefix("hitless-disk-").expect("a temporary folder");
        let mut disk = Self { folder, mounted: false };
        let file = std::fs::File::create(disk.image()).expect("a file for the file system");
        file.set_len(mib * 1024 * 1024).expect("a file of that size");
        std::fs::create_dir(disk.path()).expect("a mount point");
        run(Command::new("mkfs.ext4").arg("-q").arg("-F").arg(disk.image()));
        make_loop_devices();
        disk.mount();
        disk
    }

    /// Where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("mounted")
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    /// Mounts it, which replays its journal as after a power cut.
    #[track_caller]
    pub fn mount(&mut self) {
        run(Command::new("mount").args(["-o", "loop"]).arg(self.image()).arg(self.path()));
        self.mounted = true;
    }

    /// What was not synced by now is gone.
    #[track_caller]
    pub fn cut_power(&self) {
        run(Command::new("python3").args(["-c", CUT]).arg(self.path()));
    }

    /// Unmounts it; nobody may be using it any more.
    #[track_caller]
    pub fn unmount(&mut self) {
        run(Command::new("umount").arg(self.path()));
        self.mounted = false;
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        if self.mounted {
            // Lazily: whoever still uses it may go on.
            let _ = Command::new("umount").arg("-l").arg(self.path()).status();
        }
    }
}

/// In a container the device files may be missing though the kernel has loops.
fn make_loop_devices() {
    for n in 0..8 {
        let device = format!("/dev/loop{n}");
        if !Path::new(&device).exists() {
            run(Command::new("mknod").args(["-m", "660", &device, "b", "7", &n.to_string()]));
        }
    }
}

#[track_caller]
fn run(command: &mut Command) {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success(),
        "{command:?}: {said}\nThis test needs root and loop devices (in a container: --privileged); \
         without them the promise that a power cut costs at most one sync is NOT proven."
    );
}
