//! Segment numbers of one camera and instance; they never restart.
//!
//! The next number stands in a small file, written with each segment. After a
//! power cut that file may be old, so the newest folders on disk are looked at
//! too: the larger answer counts.

use super::{Storage, StorageError};
use hitless_model::{CameraId, SegmentName, SegmentNumber};
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// How many of a camera's newest day folders are looked at.
const DAYS: usize = 3;

/// Gives out the numbers of one camera.
#[derive(Debug)]
pub struct Numbers {
    file: PathBuf,
    next: Mutex<SegmentNumber>,
}

impl Numbers {
    /// Finds where the numbers go on. Reads the disk.
    pub fn load(storage: &Storage, camera: &CameraId) -> Result<Self, StorageError> {
        let file = storage
            .root()
            .join(".hitless/numbers")
            .join(storage.instance().as_str())
            .join(camera.as_str());
        let noted = fs::read_to_string(&file)
            .ok()
            .and_then(|text| text.trim().parse::<u64>().ok())
            .unwrap_or(0);
        let on_disk = newest_on_disk(storage, camera).map_or(0, |number| number.next().get());
        let next = SegmentNumber::new(noted.max(on_disk));
        Ok(Self { file, next: Mutex::new(next) })
    }

    /// The next number. Does not touch the disk.
    pub fn take(&self) -> SegmentNumber {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = *next;
        *next = taken.next();
        taken
    }

    /// Notes on disk that `taken` is used.
    pub fn note(&self, taken: SegmentNumber) -> Result<(), StorageError> {
        let part = self.file.with_extension("part");
        fs::write(&part, taken.next().get().to_string())
            .and_then(|()| fs::rename(&part, &self.file))
            .map_err(|e| StorageError::io("cannot note the segment number in", &self.file, e))
    }
}

fn newest_on_disk(storage: &Storage, camera: &CameraId) -> Option<SegmentNumber> {
    let folder = storage.root().join(camera.as_str());
    let mut days: Vec<PathBuf> =
        fs::read_dir(folder).ok()?.filter_map(|e| Some(e.ok()?.path())).collect();
    days.sort();
    days.iter()
        .rev()
        .take(DAYS)
        .filter_map(|day| fs::read_dir(day).ok())
        .flatten()
        .filter_map(|entry| SegmentName::parse(entry.ok()?.file_name().to_str()?).ok())
        .filter(|name| name.camera == *camera && name.instance == *storage.instance())
        .map(|name| name.number)
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hitless_model::{InstanceId, Utc};

    #[test]
    fn numbers_go_on_after_a_restart_and_after_the_note_is_lost() {
        let root = tempfile::tempdir().expect("temp dir");
        let instance = InstanceId::new("blue").expect("valid");
        let camera = CameraId::new("cam").expect("valid");
        let storage = Storage::open(root.path(), &instance).expect("opens");
        let numbers = Numbers::load(&storage, &camera).expect("loads");
        assert_eq!(numbers.take().get(), 0);
        let one = numbers.take();
        numbers.note(one).expect("notes");
        let start = Utc::from_ns(1_780_000_000_000_000_000);
        storage
            .create(&SegmentName { camera: camera.clone(), start, instance, number: one })
            .expect("creates");
        assert_eq!(Numbers::load(&storage, &camera).expect("loads").take().get(), 2);
        fs::remove_dir_all(root.path().join(".hitless/numbers")).expect("removes");
        assert_eq!(Numbers::load(&storage, &camera).expect("loads").take().get(), 2);
    }

    #[test]
    fn numbers_go_on_where_files_were_removed_and_whatever_others_have() {
        let root = tempfile::tempdir().expect("temp dir");
        let id = |name: &str| InstanceId::new(name).expect("valid");
        let (camera, other) = (CameraId::new("cam").expect("valid"), CameraId::new("cam_2"));
        let storage = Storage::open(root.path(), &id("blue")).expect("opens");
        Numbers::load(&storage, &camera)
            .and_then(|numbers| numbers.note(SegmentNumber::new(6)))
            .expect("notes");
        let start = Utc::from_ns(1_780_000_000_000_000_000);
        let segment = |camera: &CameraId, instance: &str, number| SegmentName {
            camera: camera.clone(),
            start,
            instance: id(instance),
            number: SegmentNumber::new(number),
        };
        let folder = root.path().join(segment(&camera, "blue", 0).folder());
        fs::create_dir_all(&folder).expect("a folder");
        for name in [
            segment(&camera, "blue", 3),
            segment(&camera, "green", 50),
            segment(&other.expect("valid"), "blue", 60),
        ] {
            fs::write(folder.join(name.to_string()), b"").expect("writes");
        }
        assert_eq!(Numbers::load(&storage, &camera).expect("loads").take().get(), 7);
    }
}
