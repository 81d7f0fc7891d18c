//! Ranges that nobody may remove.
//!
//! The file under the storage root is written first and the database after
//! it: a recorder that makes room goes by the file, also when the database is
//! away. Lifting goes the other way round, so that a kill in between leaves a
//! range protected rather than not.

use crate::site::Site;
use hitless_model::{CameraId, TimeRange};
use hitless_schema::{MirrorError, Protection, ProtectionMirror, StoreError};

/// Why a range could not be protected.
#[derive(Debug, thiserror::Error)]
pub enum ProtectError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// The folder of the file.
    #[error("{path}: {source}", path = path.display())]
    Folder {
        /// Which.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Protects a range.
pub async fn protect(site: &Site, protection: &Protection) -> Result<(), ProtectError> {
    let folder = site.root().join(".hitless");
    std::fs::create_dir_all(&folder)
        .map_err(|source| ProtectError::Folder { path: folder, source })?;
    ProtectionMirror::of(site.root()).add(std::slice::from_ref(protection))?;
    site.store.protect(protection).await?;
    Ok(())
}

/// Lifts exactly this protection; whether there was one.
pub async fn unprotect(
    site: &Site,
    camera: &CameraId,
    range: TimeRange,
) -> Result<bool, ProtectError> {
    // the file keeps microseconds, and so do people
    let same = |p: &Protection| {
        p.camera == *camera
            && p.from.to_string() == range.from.to_string()
            && p.to.to_string() == range.to.to_string()
    };
    let mut lifted = false;
    for stored in site.store.protections().await?.iter().filter(|p| same(p)) {
        lifted |= site.store.unprotect(&stored.camera, stored.from, stored.to).await?;
    }
    let mirror = ProtectionMirror::of(site.root());
    let mut left = mirror.read()?;
    let before = left.len();
    left.retain(|p| !same(p));
    if left.len() < before {
        mirror.write(&left)?;
        lifted = true;
    }
    Ok(lifted)
}

/// All protections, of the database and of the file, each once.
pub async fn list(site: &Site) -> Result<Vec<Protection>, ProtectError> {
    let mut all = site.store.protections().await?;
    for mirrored in ProtectionMirror::of(site.root()).read()? {
        let known = |p: &Protection| {
            p.camera == mirrored.camera
                && p.from.to_string() == mirrored.from.to_string()
                && p.to.to_string() == mirrored.to.to_string()
        };
        if !all.iter().any(known) {
            all.push(mirrored);
        }
    }
    all.sort();
    Ok(all)
}
