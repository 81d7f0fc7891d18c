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

/// Held as long as this lives.
#[derive(Debug)]
pub(super) struct InstanceLock(#[allow(dead_code, reason = "held, not read")] File);

impl InstanceLock {
    pub(super) fn take(root: &Path, instance: &InstanceId) -> Result<Self, StorageError> {
        let path = path_of(root, instance);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| StorageError::io("cannot open the lock", &path, e))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
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
}

/// Nobody records as this instance on this root.
pub(super) fn is_free(root: &Path, instance: &InstanceId) -> bool {
    match File::open(path_of(root, instance)) {
        Ok(file) => flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok(),
        Err(e) => e.kind() == std::io::ErrorKind::NotFound,
    }
}

fn path_of(root: &Path, instance: &InstanceId) -> PathBuf {
    root.join(".hitless").join(format!("{instance}.lock"))
}
