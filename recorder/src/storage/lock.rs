//! One process per instance and storage root.
//!
//! A lock of the kernel's (flock), which a killed process cannot leave behind.
//! The file names its holder, for the message to whoever comes second.

use super::StorageError;
use hitless_model::InstanceId;
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Held as long as this lives.
#[derive(Debug)]
pub(super) struct InstanceLock(#[allow(dead_code, reason = "held, not read")] File);

/// How often a lock that is held is tried: a recorder that looks after what
/// another left holds that one's lock for a moment.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(100);

impl InstanceLock {
    pub(super) fn take(root: &Path, instance: &InstanceId) -> Result<Self, StorageError> {
        let path = path_of(root, instance);
        let mut file =
            open(&path).map_err(|e| StorageError::io("cannot open the lock", &path, e))?;
        let taken = (0..TRIES).any(|attempt| {
            if attempt > 0 {
                std::thread::sleep(PAUSE);
            }
            try_lock(&file)
        });
        if !taken {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            return Err(StorageError::InUse {
                instance: instance.clone(),
                root: root.to_owned(),
                holder: holder.trim().to_owned(),
            });
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(|e| StorageError::io("cannot write the lock", &path, e))?;
        Ok(Self(file))
    }

    /// Without a word about who holds it.
    pub(super) fn take_if_free(root: &Path, instance: &InstanceId) -> Option<Self> {
        open(&path_of(root, instance)).ok().filter(try_lock).map(Self)
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

fn try_lock(file: &File) -> bool {
    flock(file, FlockOperation::NonBlockingLockExclusive).is_ok()
}

/// Nobody records as this instance on this root.
pub(super) fn is_free(root: &Path, instance: &InstanceId) -> bool {
    match File::open(path_of(root, instance)) {
        Ok(file) => try_lock(&file),
        Err(e) => e.kind() == std::io::ErrorKind::NotFound,
    }
}

fn path_of(root: &Path, instance: &InstanceId) -> PathBuf {
    root.join(".hitless").join(format!("{instance}.lock"))
}
