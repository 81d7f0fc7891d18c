//! The protections as a file under the storage root.
//!
//! `{root}/.hitless/protections.json` says what nobody may remove even when the
//! database is away or lost. Whoever protects writes the file first and the
//! database after it; a recorder adds what it finds in the database and never
//! takes anything out. A file that is there and cannot be read protects
//! everything: the error is the reader's reason to remove nothing.

use crate::protections::Protection;
use hitless_model::{CameraId, SegmentName, Utc};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The mirror cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}; repair the file, or remove it if nothing is protected", path = path.display())]
pub struct MirrorError {
    path: PathBuf,
    why: String,
}

/// The file of protections of one storage root.
#[derive(Debug, Clone)]
pub struct ProtectionMirror {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    schema_version: u32,
    protections: Vec<Entry>,
}

/// As people read it: instants are RFC 3339.
#[derive(Serialize, Deserialize)]
struct Entry {
    camera: CameraId,
    from: String,
    to: String,
    reason: String,
    created: String,
}

impl ProtectionMirror {
    /// Of the storage at `root`.
    pub fn of(root: &Path) -> Self {
        Self { path: root.join(".hitless").join("protections.json") }
    }

    /// All protections; none without a file.
    pub fn read(&self) -> Result<Vec<Protection>, MirrorError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(self.fail(e)),
        };
        let contents: Contents = serde_json::from_str(&text).map_err(|e| self.fail(e))?;
        if contents.schema_version != 1 {
            return Err(self.fail("written by a newer version"));
        }
        contents.protections.into_iter().map(|e| self.checked(e)).collect()
    }

    /// Replaces the file, whole and durable, or leaves it as it was.
    pub fn write(&self, protections: &[Protection]) -> Result<(), MirrorError> {
        let entry = |p: &Protection| Entry {
            camera: p.camera.clone(),
            from: p.from.to_string(),
            to: p.to.to_string(),
            reason: p.reason.clone(),
            created: p.created.to_string(),
        };
        let contents =
            Contents { schema_version: 1, protections: protections.iter().map(entry).collect() };
        let text = serde_json::to_vec_pretty(&contents).map_err(|e| self.fail(e))?;
        let part = self.path.with_extension("part");
        let replace = || -> std::io::Result<()> {
            let mut file = File::create(&part)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&part, &self.path)?;
            self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        replace().map_err(|e| self.fail(e))
    }

    /// Adds what is missing; says whether anything was.
    pub fn add(&self, protections: &[Protection]) -> Result<bool, MirrorError> {
        let mut known = self.read()?;
        let before = known.len();
        for protection in protections {
            let same = |k: &Protection| {
                // The file keeps microseconds.
                k.camera == protection.camera
                    && k.from.to_string() == protection.from.to_string()
                    && k.to.to_string() == protection.to.to_string()
            };
            if !known.iter().any(same) {
                known.push(protection.clone());
            }
        }
        let news = known.len() > before;
        if news {
            self.write(&known)?;
        }
        Ok(news)
    }

    fn checked(&self, entry: Entry) -> Result<Protection, MirrorError> {
        let instant = |text: &str| Utc::parse(text).map_err(|e| self.fail(e));
        Ok(Protection {
            from: instant(&entry.from)?,
            to: instant(&entry.to)?,
            created: instant(&entry.created)?,
            camera: entry.camera,
            reason: entry.reason,
        })
    }

    fn fail(&self, why: impl ToString) -> MirrorError {
        MirrorError { path: self.path.clone(), why: why.to_string() }
    }
}

impl Protection {
    /// Some of a segment may be protected, which lasts at most `longest`.
    pub fn may_cover(&self, name: &SegmentName, longest: hitless_model::Nanos) -> bool {
        self.camera == name.camera && name.start < self.to && name.start.plus(longest) > self.from
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hitless_model::Nanos;

    fn protection(from: i64) -> Protection {
        let at = |s| Utc::from_ns(1_780_000_000_000_000_123).plus(Nanos::from_secs(s));
        Protection {
            camera: CameraId::new("front").expect("valid"),
            from: at(from),
            to: at(from + 10),
            reason: "court".to_owned(),
            created: at(0),
        }
    }

    fn mirror() -> (tempfile::TempDir, ProtectionMirror) {
        let root = tempfile::tempdir().expect("temp dir");
        fs::create_dir(root.path().join(".hitless")).expect("creates");
        let mirror = ProtectionMirror::of(root.path());
        (root, mirror)
    }

    #[test]
    fn what_is_added_stays_and_is_added_once() {
        let (_root, mirror) = mirror();
        assert!(mirror.read().expect("reads").is_empty());
        assert!(mirror.add(&[protection(0), protection(60)]).expect("adds"));
        assert!(!mirror.add(&[protection(0)]).expect("adds"));
        assert_eq!(mirror.read().expect("reads").len(), 2);
    }

    #[test]
    fn a_torn_or_newer_file_is_an_error_and_is_not_replaced() {
        let (_root, mirror) = mirror();
        for text in ["{\"schema_version\":1,\"protec", "{\"schema_version\":2,\"protections\":[]}"]
        {
            fs::write(&mirror.path, text).expect("writes");
            assert!(mirror.read().is_err());
            assert!(mirror.add(&[protection(0)]).is_err());
            assert_eq!(fs::read_to_string(&mirror.path).expect("reads"), text);
        }
    }
}
