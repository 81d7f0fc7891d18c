//! Which key frames are on disk: read back from the files themselves.
//!
//! What a file's tables name and a sync has passed over survives the process
//! and the power. Nothing is taken from memory, so nothing is claimed too soon.

use crate::storage::{Storage, StorageError, sync_file_and_folder};
use hitless_media::Fingerprint;
use hitless_media::mp4::{Movie, Mp4Error, ReadAt};
use hitless_media::nal::{Framing, LengthSize};
use hitless_model::{CameraId, InstanceId, SegmentName};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use tracing::debug;

/// Why a segment could not be looked at; it is tried again.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Movie(#[from] Mp4Error),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Read(#[from] std::io::Error),
}

/// Follows the segments of some instances.
pub(super) struct DurableKeys {
    storage: Arc<Storage>,
    instances: BTreeSet<InstanceId>,
    /// What earlier runs left open.
    foreign: BTreeSet<SegmentName>,
    /// Key frames of each segment that were told.
    told: BTreeMap<SegmentName, usize>,
}

impl DurableKeys {
    /// Of everything that this instance opens from now on; `left` is not its own.
    pub(super) fn own(storage: Arc<Storage>, left: &[SegmentName]) -> Self {
        let instances = BTreeSet::from([storage.instance().clone()]);
        Self { storage, instances, foreign: left.iter().cloned().collect(), told: BTreeMap::new() }
    }

    /// Of everything that other instances have open.
    pub(super) fn of_others(storage: Arc<Storage>, instances: BTreeSet<InstanceId>) -> Self {
        Self { storage, instances, foreign: BTreeSet::new(), told: BTreeMap::new() }
    }

    /// The key frames that are on disk and were not told yet. Reads and syncs.
    pub(super) fn look(&mut self) -> BTreeMap<CameraId, Vec<u64>> {
        let open = self.storage.open_now().unwrap_or_default();
        for name in &open {
            if self.instances.contains(&name.instance) && !self.foreign.contains(name) {
                self.told.entry(name.clone()).or_default();
            }
        }
        let mut found: BTreeMap<CameraId, Vec<u64>> = BTreeMap::new();
        for (name, told) in &mut self.told {
            match keys_in(&self.storage.path_of(name), *told) {
                Ok(keys) => {
                    *told += keys.len();
                    found.entry(name.camera.clone()).or_default().extend(keys);
                }
                // A file without a whole fragment yet says this too.
                Err(problem) => debug!(segment = %name, "nothing on disk yet: {problem}"),
            }
        }
        self.told.retain(|name, _| open.contains(name));
        found
    }
}

/// Key frames behind the first `skip`, made durable.
fn keys_in(path: &Path, skip: usize) -> Result<Vec<u64>, LookError> {
    let movie = Movie::open(path)?;
    let Some(video) = movie.video() else { return Ok(Vec::new()) };
    let samples: Vec<_> = video.samples.iter().filter(|sample| sample.key).skip(skip).collect();
    if samples.is_empty() {
        return Ok(Vec::new());
    }
    sync_file_and_folder(&path.with_extension("meta"))?;
    sync_file_and_folder(path)?;
    let file = File::open(path)?;
    let mut keys = Vec::with_capacity(samples.len());
    for sample in samples {
        let entry = video.entries.get(usize::from(sample.entry)).and_then(|e| e.video());
        let mut bytes = vec![0; sample.size as usize];
        ReadAt::read_exact_at(&file, &mut bytes, sample.offset)?;
        let framing = Framing::LengthPrefixed(LengthSize::Four);
        let key = entry.and_then(|e| Fingerprint::of_sample(e.codec, &bytes, framing).ok()?);
        // One without a fingerprint counts, so that the rest keeps its place.
        keys.push(key.map_or(0, Fingerprint::get));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hitless_model::{SegmentNumber, Utc};
    use std::process::Command;

    fn name(instance: &str) -> SegmentName {
        SegmentName {
            camera: CameraId::new("cam").expect("valid"),
            start: Utc::from_ns(1_780_000_000_000_000_000),
            instance: InstanceId::new(instance).expect("valid"),
            number: SegmentNumber::new(0),
        }
    }

    /// A segment in flight with a key frame a second.
    fn footage(path: &Path, seconds: u32) {
        let source = format!("testsrc2=s=64x48:r=5:d={seconds}");
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-f", "lavfi", "-i", &source])
            .args(["-c:v", "libx264", "-x264-params", "log=-1", "-pix_fmt", "yuv420p", "-g", "5"])
            .args(["-movflags", "+frag_keyframe+empty_moov"])
            .arg(path)
            .status();
        assert!(made.expect("ffmpeg is installed").success());
    }

    fn storage(root: &Path) -> Arc<Storage> {
        let blue = InstanceId::new("blue").expect("valid");
        Arc::new(Storage::open(root, &blue).expect("opens"))
    }

    fn create(storage: &Storage, instance: &str) -> std::path::PathBuf {
        let path = storage.create(&name(instance)).expect("creates");
        std::fs::write(path.with_extension("meta"), b"").expect("writes");
        path
    }

    /// Of the one camera there is.
    fn told(keys: &mut DurableKeys) -> Vec<u64> {
        keys.look().into_values().flatten().collect()
    }

    #[test]
    fn each_key_frame_is_told_once() {
        let root = tempfile::tempdir().expect("a folder");
        let storage = storage(root.path());
        let path = create(&storage, "blue");
        let mut keys = DurableKeys::own(Arc::clone(&storage), &[]);
        assert!(told(&mut keys).is_empty(), "nothing is on disk yet");
        footage(&path, 2);
        let first = told(&mut keys);
        assert!(first.len() == 2 && first[0] != first[1] && !first.contains(&0), "{first:?}");
        assert!(told(&mut keys).is_empty());
        footage(&path, 5);
        let rest = told(&mut keys);
        assert_eq!(rest.len(), 3);
        assert!(!rest.contains(&first[0]) && !rest.contains(&first[1]), "{first:?} {rest:?}");
    }

    #[test]
    fn a_segment_is_looked_at_once_more_when_it_is_closed() {
        let root = tempfile::tempdir().expect("a folder");
        let storage = storage(root.path());
        let path = create(&storage, "blue");
        let mut keys = DurableKeys::own(Arc::clone(&storage), &[]);
        keys.look();
        footage(&path, 1);
        storage.closed(&name("blue")).expect("removes");
        assert_eq!(told(&mut keys).len(), 1);
        footage(&path, 2);
        assert!(told(&mut keys).is_empty(), "it is forgotten");
    }

    #[test]
    fn what_others_have_open_is_told_by_who_looks_for_it_alone() {
        let root = tempfile::tempdir().expect("a folder");
        let storage = storage(root.path());
        for instance in ["blue", "green"] {
            footage(&create(&storage, instance), 1);
        }
        let green = BTreeSet::from([InstanceId::new("green").expect("valid")]);
        let of_green = &mut DurableKeys::of_others(Arc::clone(&storage), green);
        assert_eq!(told(of_green).len(), 1);
        assert_eq!(told(&mut DurableKeys::own(Arc::clone(&storage), &[])).len(), 1);
        // What an earlier run left open proves nothing of this one.
        let left = [name("blue")];
        assert!(told(&mut DurableKeys::own(storage, &left)).is_empty());
    }
}
