//! One clip of a timeline, as `stitcher export` makes it.

use hitless_model::{CameraId, Nanos, TimeRange, Utc};
use hitless_stitcher::export::{
    Clip, Durability, End, Gaps, MARGIN, Meter, Order, export_with, select,
};
use hitless_stitcher::site::{Site, now};
use std::path::Path;

/// What is wanted.
pub struct Wanted {
    pub camera: CameraId,
    pub from: Utc,
    pub to: Utc,
    pub manifest: bool,
}

/// The one clip of a stretch without gaps.
pub async fn selected(site: &Site, camera: &CameraId, from: Utc, to: Utc) -> Clip {
    let before = from.plus(Nanos::ZERO.minus(MARGIN));
    let entries = site.store.timeline(camera, before, to).await.expect("a timeline");
    let range = TimeRange { from, to };
    let (mut clips, lacks) = select(&entries, range, End::Asked, Gaps::Keep, site.root());
    assert!(lacks.is_empty(), "{lacks:?}");
    clips.pop().expect("a clip")
}

/// Writes it and does not wait for the disk, as `cp` does not.
pub async fn export(site: &Site, wanted: &Wanted, path: &Path) {
    let Wanted { camera, from, to, manifest } = wanted;
    let clip = selected(site, camera, *from, *to).await;
    let (force, manifest, now) = (true, *manifest, now());
    let meter = &Meter::default();
    let order = Order { camera, clip: &clip, path, force, manifest, now, meter };
    let written = export_with(&order, Durability::Unsynced).expect("written");
    println!("{} bytes", written.bytes);
}
