//! Writes one clip and its manifest.

use super::copy;
use super::digest::{Digests, digests};
use super::error::ExportError;
use super::manifest::{About, Manifest, manifest};
use super::meter::Meter;
use super::select::Clip;
use super::target::{Replace, Target};
use super::writer::Writer;
use crate::virtual_mp4::{Cut, VirtualMp4};
use hitless_model::{CameraId, Nanos, Utc};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// What is to be done with a clip.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// Whose footage.
    pub camera: &'a CameraId,
    /// What of it.
    pub clip: &'a Clip,
    /// Where it goes.
    pub path: &'a Path,
    /// A file of that name may go.
    pub force: bool,
    /// Without one nothing is read back.
    pub manifest: bool,
    /// The host's clock.
    pub now: Utc,
    /// What is told how far it is.
    pub meter: &'a Meter,
}

impl Order<'_> {
    fn replace(&self) -> Replace {
        if self.force { Replace::Allowed } else { Replace::Never }
    }
}

/// A clip that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The clip.
    pub path: PathBuf,
    /// Bytes of it.
    pub bytes: u64,
    /// How long it plays.
    pub duration: Nanos,
    /// When its first picture came on the screen.
    pub begins: Utc,
    /// What stands beside it.
    pub manifest: Option<Manifest>,
}

/// Whether a clip is on the disk when it gets its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It is.
    Synced,
    /// A power cut may take it, as it may take what `cp` wrote.
    Unsynced,
}

impl Durability {
    fn keep(self, target: &Target) -> Result<(), ExportError> {
        if self == Self::Synced { target.sync() } else { Ok(()) }
    }

    /// Does some work; what is to last goes to the disk meanwhile.
    fn flushing<T>(
        self,
        target: &Target,
        work: impl FnOnce() -> Result<T, ExportError>,
    ) -> Result<T, ExportError> {
        if self == Self::Synced { target.flushing(work) } else { work() }
    }
}

/// Writes a clip: all of it or nothing, and on the disk.
pub fn export(order: &Order<'_>) -> Result<Written, ExportError> {
    export_with(order, Durability::Synced)
}

/// Writes a clip: all of it or nothing.
pub fn export_with(order: &Order<'_>, durability: Durability) -> Result<Written, ExportError> {
    let replace = order.replace();
    let Cut { from, to } = order.clip.cut;
    let (pieces, cut) = (order.clip.pieces(), Cut { from, to });
    let made = match !order.manifest && copy::will_share_blocks(order.path) {
        true => VirtualMp4::build_to_share(&pieces, &cut)?,
        false => VirtualMp4::build_to_copy(&pieces, &cut)?,
    };
    let target = Target::create(order.path, replace)?;
    let digests = match order.manifest {
        true => Some(write_digested(&made, &target, order.meter, durability)?),
        false => {
            order.meter.expect(made.size());
            durability.flushing(&target, || copy::write(&made, &target, order.meter))?;
            None
        }
    };
    let beside = digests.map(|d| write_manifest(order, &made, d, durability)).transpose()?;
    durability.keep(&target)?;
    let told = match beside {
        // First the manifest: a clip under its name is never without.
        Some((manifest, beside)) => {
            beside.name(replace, durability)?;
            Some(manifest)
        }
        None => None,
    };
    if let Err(error) = target.name(replace, durability) {
        if told.is_some() && replace == Replace::Never {
            let _ = std::fs::remove_file(manifest_path(order.path));
        }
        return Err(error);
    }
    Ok(Written {
        path: order.path.to_owned(),
        bytes: made.size(),
        duration: made.duration(),
        begins: made.begins(),
        manifest: told,
    })
}

/// Writes a clip and digests it. Bytes that pass through the program for that
/// are written from there if they are to last; else the kernel copies beside it.
fn write_digested(
    made: &VirtualMp4,
    target: &Target,
    meter: &Meter,
    durability: Durability,
) -> Result<Digests, ExportError> {
    if let Some(mut writer) = Writer::new(made, target, durability)? {
        meter.expect(made.size());
        return digests(made, meter, |block| writer.write(block));
    }
    meter.expect(made.size().saturating_mul(2));
    durability.flushing(target, || beside_copying(made, target, meter))
}

fn beside_copying(
    made: &VirtualMp4,
    target: &Target,
    meter: &Meter,
) -> Result<Digests, ExportError> {
    let failed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let copying = scope.spawn(|| {
            let copied = copy::write(made, target, meter);
            failed.store(copied.is_err(), Ordering::Relaxed);
            copied
        });
        let digests = digests(made, meter, |_| match failed.load(Ordering::Relaxed) {
            // What failed is told below.
            true => Err(ExportError::Interrupted),
            false => Ok(()),
        });
        copying.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        digests
    })
}

/// Where a clip's manifest is.
fn manifest_path(clip: &Path) -> PathBuf {
    let mut name = clip.as_os_str().to_owned();
    name.push(".json");
    PathBuf::from(name)
}

fn write_manifest(
    order: &Order<'_>,
    made: &VirtualMp4,
    digests: Digests,
    durability: Durability,
) -> Result<(Manifest, Target), ExportError> {
    let about =
        About { camera: order.camera, clip: order.clip, made, path: order.path, now: order.now };
    let manifest = manifest(&about, digests);
    let mut text = serde_json::to_vec_pretty(&manifest)
        .map_err(|source| ExportError::Manifest { path: order.path.to_owned(), source })?;
    text.push(b'\n');
    let mut beside = Target::create(&manifest_path(order.path), order.replace())?;
    let written = beside.file.write_all(&text);
    written.map_err(|e| ExportError::io("could not write", beside.part(), e))?;
    durability.keep(&beside)?;
    Ok((manifest, beside))
}
