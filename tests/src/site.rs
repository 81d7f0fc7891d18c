//! A folder with a storage and a database, and the recorders on it.

use crate::process::Launch;
use crate::{Recorder, SegmentFile, Setup, rows, segments};
use hitless_model::Segment;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A place where recorders run. Kept, and its path printed, if the test fails.
#[derive(Debug)]
pub struct Site {
    folder: Option<TempDir>,
    storage: PathBuf,
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    /// A new one in a temporary folder.
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("hitless-site-").expect("a temporary folder");
        let storage = folder.path().join("recordings");
        std::fs::create_dir(&storage).expect("a new folder");
        Self { folder: Some(folder), storage }
    }

    /// One whose storage is elsewhere, for example on a file system of its own.
    pub fn with_storage(storage: impl Into<PathBuf>) -> Self {
        let mut site = Self::new();
        site.storage = storage.into();
        site
    }

    /// Configurations, logs, and whatever else a test keeps.
    pub fn folder(&self) -> &Path {
        self.folder.as_ref().expect("there until it is dropped").path()
    }

    /// Where segments go.
    pub fn storage(&self) -> &Path {
        &self.storage
    }

    /// The SQLite file, unless a setup names another database.
    pub fn database(&self) -> PathBuf {
        self.storage.join(".hitless/hitless.db")
    }

    /// Writes the configuration of `instance`; `bind` as `"127.0.0.1:8080"`.
    pub fn write_config(&self, instance: &str, setup: &Setup, bind: &str) -> PathBuf {
        let path = self.folder().join(format!("{instance}.toml"));
        std::fs::write(&path, setup.text(&self.storage, instance, bind)).expect("a configuration");
        path
    }

    /// Starts a recorder and waits until it answers.
    #[track_caller]
    pub fn start(&self, instance: &str, setup: &Setup) -> Recorder {
        self.launch(instance, setup).start()
    }

    /// A recorder to be started in a way of its own.
    pub fn launch(&self, instance: &str, setup: &Setup) -> Launch {
        Launch::new(self, instance, setup)
    }

    /// The same, on an address of one's own.
    pub fn launch_at(&self, instance: &str, setup: &Setup, bind: &str) -> Launch {
        Launch::at(self, instance, setup, bind.to_owned())
    }

    /// The segments of a camera by one instance, in order of their numbers.
    pub fn segments(&self, camera: &str, instance: &str) -> Vec<SegmentFile> {
        segments::of(&self.storage, camera, instance)
    }

    /// Everything that lies in the storage as a segment, sorted by name.
    pub fn all_segments(&self) -> Vec<SegmentFile> {
        segments::all(&self.storage)
    }

    /// The rows of a camera by one instance, in order of their numbers.
    pub fn rows(&self, camera: &str, instance: &str) -> Vec<Segment> {
        let mut rows = rows::of_camera(&self.database(), camera);
        rows.retain(|row| row.name.instance.as_str() == instance);
        rows.sort_by_key(|row| row.name.number);
        rows
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(folder) = self.folder.take().filter(|_| std::thread::panicking()) {
            eprintln!("everything is kept in {}", folder.keep().display());
        }
    }
}
