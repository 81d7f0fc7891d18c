//! The storage root: where segments lie and what keeps them safe.
//!
//! ```text
//! {root}/{camera}/{YYYY-MM-DD}/{segment}.mp4, .meta
//! {root}/.hitless/{instance}.lock      held while a recorder of it runs
//! {root}/.hitless/open/{segment}       one empty file for each segment in flight
//! {root}/.hitless/numbers/{instance}/{camera}   the next segment number
//! ```
//!
//! Invariants: an instance is recorded by one process at a time; a file that
//! exists is never opened for writing; what a crash leaves open is in the list
//! of open segments; a storage root whose `.hitless` is gone is not mounted,
//! and nothing is written to what lies beneath it.

mod error;
mod lock;
mod numbers;
mod open_list;
mod space;
#[cfg(test)]
mod tests;

pub use error::StorageError;
pub use numbers::Numbers;
pub use space::{Space, SpaceError};

use hitless_model::{InstanceId, SegmentName};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// An opened storage root, locked for one instance.
#[derive(Debug)]
pub struct Storage {
    root: PathBuf,
    instance: InstanceId,
    _lock: lock::InstanceLock,
}

/// An instance that cannot be started as long as this lives.
#[derive(Debug)]
pub struct HeldInstance(#[allow(dead_code, reason = "held, not read")] lock::InstanceLock);

impl Storage {
    /// Opens the root, makes its folders and takes the instance's lock.
    pub fn open(root: &Path, instance: &InstanceId) -> Result<Self, StorageError> {
        let own = root.join(".hitless");
        for folder in [own.join("open"), own.join("numbers").join(instance.as_str())] {
            fs::create_dir_all(&folder)
                .map_err(|e| StorageError::io("cannot create the folder", &folder, e))?;
        }
        let lock = lock::InstanceLock::take(root, instance)?;
        Ok(Self { root: root.to_owned(), instance: instance.clone(), _lock: lock })
    }

    /// The storage root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Who writes here.
    pub fn instance(&self) -> &InstanceId {
        &self.instance
    }

    /// Where a segment lies.
    pub fn path_of(&self, name: &SegmentName) -> PathBuf {
        self.root.join(name.relative_path())
    }

    /// Creates a segment's empty file, which must not exist, and lists it as
    /// open.
    pub fn create(&self, name: &SegmentName) -> Result<PathBuf, StorageError> {
        self.check_mounted()?;
        let path = self.path_of(name);
        open_list::add(&self.root, name)?;
        let folder = self.root.join(name.folder());
        let create = || {
            fs::create_dir_all(&folder)?;
            OpenOptions::new().write(true).create_new(true).open(&path)
        };
        // Once more if the folder was just then removed because it was empty.
        let made = create().or_else(|e| match e.kind() {
            io::ErrorKind::NotFound => create(),
            _ => Err(e),
        });
        match made {
            Ok(_) => Ok(path),
            Err(e) => {
                // A file that is there already may be another's, in flight.
                if e.kind() != io::ErrorKind::AlreadyExists {
                    // What stays on the list is looked after at the next start.
                    let _ = open_list::remove(&self.root, name);
                }
                Err(StorageError::io("cannot create", &path, e))
            }
        }
    }

    /// Takes back a segment that [`create`](Self::create) made and that nothing
    /// was written to: a full disk must not fill with empty files.
    pub fn discard(&self, name: &SegmentName) -> Result<(), StorageError> {
        let path = self.path_of(name);
        if fs::metadata(&path).is_ok_and(|file| file.len() == 0) {
            for file in [path.with_extension("meta"), path] {
                match fs::remove_file(&file) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => {
                        return Err(StorageError::io("cannot remove", &file, e));
                    }
                    _ => {}
                }
            }
            open_list::remove(&self.root, name)?;
        }
        Ok(())
    }

    /// Takes a finished segment off the list of open ones.
    pub fn closed(&self, name: &SegmentName) -> Result<(), StorageError> {
        open_list::remove(&self.root, name)
    }

    /// Segments that a dead recorder left open: this instance's, and those of
    /// other instances that nobody runs.
    pub fn left_open(&self) -> Result<Vec<SegmentName>, StorageError> {
        let mut left = open_list::read(&self.root)?;
        left.retain(|name| {
            name.instance == self.instance || lock::is_free(&self.root, &name.instance)
        });
        Ok(left)
    }

    /// The folders of changes that other instances keep for the database.
    pub fn other_spools(&self) -> Result<Vec<(InstanceId, PathBuf)>, StorageError> {
        let folder = self.root.join(".hitless").join("spool");
        let entries =
            fs::read_dir(&folder).map_err(|e| StorageError::io("cannot read", &folder, e))?;
        let instance = |path: &Path| InstanceId::new(path.file_name()?.to_str()?).ok();
        Ok(entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter_map(|path| Some((instance(&path)?, path)))
            .filter(|(instance, _)| *instance != self.instance)
            .collect())
    }

    /// A process on this machine runs as that instance.
    pub fn runs_here(&self, instance: &InstanceId) -> bool {
        !lock::is_free(&self.root, instance)
    }

    /// Keeps an instance from being started, if it does not run.
    pub fn hold_departed(&self, instance: &InstanceId) -> Option<HeldInstance> {
        lock::InstanceLock::take_if_free(&self.root, instance).map(HeldInstance)
    }

    /// Segments in flight now, of any instance.
    pub fn open_now(&self) -> Result<std::collections::BTreeSet<SegmentName>, StorageError> {
        Ok(open_list::read(&self.root)?.into_iter().collect())
    }

    /// Refuses a root that is not the one opened at start.
    pub fn check_mounted(&self) -> Result<(), StorageError> {
        if self.root.join(".hitless").is_dir() {
            Ok(())
        } else {
            Err(StorageError::Vanished { root: self.root.clone() })
        }
    }
}

/// Makes a file's contents, and its name in its folder, survive a power cut.
pub fn sync_file_and_folder(path: &Path) -> Result<(), StorageError> {
    let sync = |p: &Path| File::open(p).and_then(|f| f.sync_all());
    sync(path).map_err(|e| StorageError::io("cannot sync", path, e))?;
    match path.parent() {
        Some(folder) => sync(folder).map_err(|e| StorageError::io("cannot sync", folder, e)),
        None => Ok(()),
    }
}
