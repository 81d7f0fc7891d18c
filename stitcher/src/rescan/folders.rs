//! What was seen of the folders of the last days.
//!
//! A run looks only into folders whose time of change is not the one noted at
//! the last look, and there only at names later than those it saw, as long as
//! their number adds up. It is a cache: lost, it costs one longer look.

use super::open::{Listed, is_growing};
use hitless_model::{Nanos, SegmentName, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How many days back a run looks at least, today included.
const DAYS: i64 = 3;
/// A folder that changed this lately may change again within the grain of its
/// time, so it is looked into once more.
const GRAIN: Nanos = Nanos::from_secs(2);
/// No folder changed then: it is looked into again.
const UNSETTLED: i64 = i64::MIN;

/// What was seen of one folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Look {
    changed: i64,
    names: usize,
    latest: Utc,
}

/// What was seen of each folder, by its path below the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen(BTreeMap<String, Look>);

/// Names that may be new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fresh {
    /// A few names, to be looked up one by one.
    pub few: Vec<SegmentName>,
    /// All names of a folder.
    pub whole: Vec<Vec<SegmentName>>,
    /// To be written when all of these were dealt with.
    pub seen: Seen,
}

impl Seen {
    fn path(root: &Path) -> PathBuf {
        root.join(".hitless").join("stitcher-folders.json")
    }

    /// As it was written; nothing if it cannot be read.
    pub fn read(root: &Path) -> Self {
        let text = std::fs::read(Self::path(root)).unwrap_or_default();
        Self(serde_json::from_slice(&text).unwrap_or_default())
    }

    /// Whole or not at all; that it cannot be written costs time, not truth.
    pub fn write(&self, root: &Path) {
        if Self::read(root) == *self {
            return;
        }
        let path = Self::path(root);
        let part = path.with_extension(format!("{}.part", std::process::id()));
        let text = serde_json::to_vec(&self.0).unwrap_or_default();
        // the folder is the recorders' sign of a mounted storage: not to be made here
        if !path.parent().is_some_and(Path::is_dir) {
            return;
        }
        let written = std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, &path));
        if let Err(e) = written {
            tracing::warn!("{} could not be written: {e}", path.display());
        }
    }

    /// Looks into the folders of the last days, and of all days `since` one.
    pub fn fresh(&self, root: &Path, at: Utc, since: Option<Utc>) -> Fresh {
        let last = days(at);
        let open = Listed::read(root);
        let mut fresh = Fresh::default();
        let cameras = std::fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
        let cameras = cameras.map(|entry| entry.file_name().to_string_lossy().into_owned());
        for camera in cameras.filter(|name| !name.starts_with('.')) {
            let earlier = since.map(|since| earlier(&root.join(&camera), &since.day(), &last));
            for day in last.iter().chain(earlier.iter().flatten()) {
                self.folder(root, &format!("{camera}/{day}"), &open, at, &mut fresh);
            }
        }
        fresh
    }

    fn folder(&self, root: &Path, key: &str, open: &Listed, at: Utc, fresh: &mut Fresh) {
        let folder = root.join(key);
        let Ok(found) = std::fs::metadata(&folder) else { return };
        let changed =
            found.mtime().saturating_mul(1_000_000_000).saturating_add(found.mtime_nsec());
        let before = self.0.get(key).copied();
        if let Some(look) = before.filter(|look| look.changed == changed) {
            fresh.seen.0.insert(key.to_owned(), look);
            return;
        }
        let mut names: Vec<SegmentName> = inside(&folder).filter(|n| n.folder() == key).collect();
        let all = names.len();
        // a growing one is told by its recorder, unless that dies
        names.retain(|name| !(open.contains(name) && is_growing(root, name, at)));
        let Some(latest) = names.iter().map(|name| name.start).max() else { return };
        let settled = names.len() == all && at.since(Utc::from_ns(changed)) > GRAIN;
        let changed = if settled { changed } else { UNSETTLED };
        fresh.seen.0.insert(key.to_owned(), Look { changed, names: names.len(), latest });
        let is_later = |name: &SegmentName| before.is_none_or(|look| name.start > look.latest);
        let (later, earlier): (Vec<_>, Vec<_>) = names.into_iter().partition(is_later);
        match before {
            Some(look) if look.names == earlier.len() => fresh.few.extend(later),
            _ => fresh.whole.push([earlier, later].concat()),
        }
    }
}

/// The last days, whether there are folders for them or not.
fn days(at: Utc) -> Vec<String> {
    (0..DAYS).map(|n| at.plus(Nanos::from_secs(-86_400 * n)).day()).collect()
}

/// The folders of a camera from a day on, but for the last days.
fn earlier(camera: &Path, from: &str, last: &[String]) -> Vec<String> {
    if last.iter().any(|day| day.as_str() <= from) {
        return Vec::new();
    }
    let entries = std::fs::read_dir(camera).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|day| day.as_str() >= from && !last.contains(day)).collect()
}

fn inside(folder: &Path) -> impl Iterator<Item = SegmentName> + use<> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| SegmentName::parse(entry.file_name().to_str()?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(root: &Path, at: Utc, instance: &str, number: u32) {
        let text = at.to_string().replace(['-', ':'], "");
        let name = format!("CAM_1_{text}_{instance}_{number:06}.mp4");
        let name = SegmentName::parse(&name).expect("valid");
        let path = root.join(name.relative_path());
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, b"").expect("writes");
    }

    fn look(root: &Path, seen: &mut Seen, at: Utc) -> (usize, usize) {
        let fresh = seen.fresh(root, at, None);
        *seen = fresh.seen;
        (fresh.few.len(), fresh.whole.iter().map(Vec::len).sum())
    }

    #[test]
    fn only_what_is_new_is_looked_at_and_what_comes_late_is_noticed() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path();
        let now = crate::site::now();
        let noon = Utc::from_ns(now.as_ns() - now.as_ns().rem_euclid(86_400_000_000_000));
        let later = now.plus(Nanos::from_secs(10));
        let at = |minute: i64| noon.plus(Nanos::from_secs(60 * minute));
        let mut seen = Seen::default();
        add(root, at(10), "blue", 1);
        add(root, at(11), "blue", 2);
        assert_eq!(look(root, &mut seen, later), (0, 2), "the first look");
        assert_eq!(look(root, &mut seen, later), (0, 0), "nothing new");
        add(root, at(12), "blue", 3);
        assert_eq!(look(root, &mut seen, later), (1, 0), "the next one");
        add(root, at(5), "green", 1);
        assert_eq!(look(root, &mut seen, later), (0, 4), "one that came late");
        seen.write(root);
        assert_eq!(Seen::read(root), Seen::default(), "a storage that nobody owns is not marked");
        std::fs::create_dir(root.join(".hitless")).expect("a folder");
        seen.write(root);
        assert_eq!(Seen::read(root), seen);
    }

    /// Who asks for older footage gets what lies there, known or not.
    #[test]
    fn a_run_that_asks_for_older_days_finds_what_lies_there() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path();
        let now = crate::site::now();
        let ago = |days: i64| now.plus(Nanos::from_secs(-86_400 * days));
        add(root, ago(10), "blue", 1);
        add(root, ago(30), "blue", 0);
        let found = |since| Seen::default().fresh(root, now, since).whole.len();
        assert_eq!(found(None), 0);
        assert_eq!(found(Some(ago(2))), 0);
        assert_eq!(found(Some(ago(11))), 1);
        assert_eq!(found(Some(ago(31))), 2);
    }
}
