//! What nobody may remove, as mirrored under the storage root.

use hitless_model::{CameraId, Nanos, SegmentName, Utc};
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The mirror is there and cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}; repair it with `stitcher protect`, or remove it if nothing is protected")]
pub struct ProtectionError {
    path: PathBuf,
    why: String,
}

/// A protected range of one camera.
#[derive(Debug, Clone, Deserialize)]
struct Range {
    camera: CameraId,
    #[serde(deserialize_with = "instant")]
    from: Utc,
    #[serde(deserialize_with = "instant")]
    to: Utc,
}

#[derive(Debug, Deserialize)]
struct Mirror {
    protections: Vec<Range>,
}

/// All protected ranges.
#[derive(Debug)]
pub struct Protections(Vec<Range>);

/// A segment's name tells its start only: this much after it counts as its
/// footage, twice the longest segment that anyone configures.
const REACH: Nanos = Nanos::from_secs(2 * 3600);

impl Protections {
    /// Reads the mirror; without a file nothing is protected.
    pub fn read(root: &Path) -> Result<Self, ProtectionError> {
        let path = root.join(".hitless/protections.json");
        let fail = |why: String| ProtectionError { path: path.clone(), why };
        match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str::<Mirror>(&text)
                .map(|mirror| Self(mirror.protections))
                .map_err(|e| fail(e.to_string())),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(Self(Vec::new())),
            Err(e) => Err(fail(e.to_string())),
        }
    }

    /// Some of the segment may be protected.
    pub fn cover(&self, name: &SegmentName) -> bool {
        self.0.iter().any(|range| {
            range.camera == name.camera
                && name.start < range.to
                && name.start.plus(REACH) > range.from
        })
    }
}

fn instant<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Utc, D::Error> {
    let text = String::deserialize(deserializer)?;
    Utc::parse(&text).map_err(serde::de::Error::custom)
}
