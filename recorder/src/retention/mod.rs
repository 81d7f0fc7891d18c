//! Makes room: removes the oldest segments that nobody protected.
//!
//! Goes by the files, not by the database, which may be away: names tell the
//! time, and protections are mirrored in `{root}/.hitless/protections.json`.
//! A mirror that is there and cannot be read protects everything. Segments in
//! flight and files of other names are left alone.

mod oldest;

use crate::storage::{Storage, StorageError};
use hitless_model::{Nanos, SegmentName};
use hitless_schema::{MirrorError, ProtectionMirror};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// A segment's name tells its start only: this much after it counts as its
/// footage, twice the longest segment that anyone configures.
const LONGEST: Nanos = Nanos::from_secs(2 * 3600);

/// A segment that was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Its name.
    pub name: SegmentName,
    /// Bytes that it took.
    pub bytes: u64,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Done {
    /// The removed segments, oldest first.
    pub removed: Vec<Removed>,
    /// Why there is not as much room as was wanted.
    pub why_not_more: Option<String>,
}

/// Why nothing was removed.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// What is protected is not known.
    #[error("nothing is removed, because what is protected is not known: {0}")]
    Protection(#[from] MirrorError),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Removes the oldest unprotected segments until `wanted` bytes are free.
/// Reads and writes the disk.
pub fn remove_oldest(storage: &Storage, wanted: u64) -> Result<Done, RetentionError> {
    let protections = ProtectionMirror::of(storage.root()).read()?;
    let open = storage.open_now()?;
    let mut done = Done::default();
    let mut freed = 0;
    for name in oldest::first(storage.root())? {
        if freed >= wanted {
            return Ok(done);
        }
        if open.contains(&name) || protections.iter().any(|p| p.may_cover(&name, LONGEST)) {
            continue;
        }
        match remove(&storage.path_of(&name)) {
            Ok(bytes) => {
                freed += bytes;
                done.removed.push(Removed { name, bytes });
            }
            // One that cannot be removed must not keep the others.
            Err(problem) => done.why_not_more = Some(problem.to_string()),
        }
    }
    if freed < wanted && done.why_not_more.is_none() {
        done.why_not_more = Some("all that is left is protected or in flight".to_owned());
    }
    Ok(done)
}

/// The `.meta` file goes with its segment.
fn remove(path: &Path) -> Result<u64, StorageError> {
    let mut bytes = 0;
    for file in [path.to_owned(), path.with_extension("meta")] {
        match fs::metadata(&file).and_then(|m| fs::remove_file(&file).map(|()| m.len())) {
            Ok(length) => bytes += length,
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(StorageError::io("cannot remove", &file, e)),
        }
    }
    // Empty day folders go too; others refuse.
    if let Some(folder) = path.parent() {
        let _ = fs::remove_dir(folder);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hitless_model::{CameraId, InstanceId, SegmentNumber, Utc};

    const DAY: i64 = 86_400;

    fn name(camera: &str, day: i64, number: u64) -> SegmentName {
        SegmentName {
            camera: CameraId::new(camera).expect("valid"),
            start: Utc::from_ns(0)
                .plus(Nanos::from_secs(20_000 * DAY + day * DAY + 60 * number as i64)),
            instance: InstanceId::new("blue").expect("valid"),
            number: SegmentNumber::new(number),
        }
    }

    fn store(storage: &Storage, name: &SegmentName) {
        let path = storage.create(name).expect("creates");
        fs::write(path, [0_u8; 1000]).expect("writes");
        storage.closed(name).expect("closes");
    }

    fn setup() -> (tempfile::TempDir, Storage) {
        let root = tempfile::tempdir().expect("temp dir");
        let storage =
            Storage::open(root.path(), &InstanceId::new("blue").expect("valid")).expect("opens");
        for day in 0..3 {
            for camera in ["a", "b"] {
                for number in 0..2 {
                    store(&storage, &name(camera, day, number));
                }
            }
        }
        (root, storage)
    }

    #[test]
    fn the_oldest_of_all_cameras_go_first() {
        let (_root, storage) = setup();
        let done = remove_oldest(&storage, 2500).expect("removes");
        let names: Vec<_> = done.removed.into_iter().map(|r| r.name).collect();
        assert_eq!(names, [name("a", 0, 0), name("b", 0, 0), name("a", 0, 1)]);
        assert!(done.why_not_more.is_none());
    }

    #[test]
    fn no_more_goes_than_is_wanted() {
        let (_root, storage) = setup();
        let done = remove_oldest(&storage, 2000).expect("removes");
        assert_eq!((done.removed.len(), done.why_not_more), (2, None));
    }

    /// The reason that the disk gives says more than that nothing is left.
    #[test]
    fn one_that_cannot_be_removed_keeps_no_other_and_says_why() {
        let (_root, storage) = setup();
        let stuck = storage.path_of(&name("a", 0, 0));
        fs::remove_file(&stuck).expect("removes");
        fs::create_dir(&stuck).expect("a folder in its place");
        let done = remove_oldest(&storage, 1 << 30).expect("removes");
        assert_eq!(done.removed.len(), 11);
        let why = done.why_not_more.expect("too little");
        assert!(why.contains(&stuck.display().to_string()), "{why}");
    }

    #[test]
    fn protected_and_open_segments_stay_and_the_shortage_is_told() {
        let (root, storage) = setup();
        let kept = name("a", 0, 0);
        let protection = serde_json::json!({"schema_version": 1, "protections": [{
            "camera": "a", "from": kept.start.to_string(), "to": kept.start.plus(Nanos::from_secs(1)).to_string(),
            "reason": "court", "created": kept.start.to_string()}]});
        fs::write(root.path().join(".hitless/protections.json"), protection.to_string())
            .expect("writes");
        let open = name("b", 0, 9);
        storage.create(&open).expect("creates");
        let done = remove_oldest(&storage, 1 << 30).expect("removes");
        assert!(done.why_not_more.is_some());
        assert!(storage.path_of(&kept).exists() && storage.path_of(&open).exists());
        assert_eq!(done.removed.len(), 11);
    }

    #[test]
    fn nothing_is_removed_when_the_protections_cannot_be_read() {
        let (root, storage) = setup();
        fs::write(root.path().join(".hitless/protections.json"), "{ torn").expect("writes");
        let refused = remove_oldest(&storage, 1).expect_err("unreadable");
        assert!(matches!(refused, RetentionError::Protection(_)), "{refused}");
        assert!(storage.path_of(&name("a", 0, 0)).exists());
    }
}
