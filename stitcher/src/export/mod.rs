//! `stitcher export`: one exact clip of a timeline, as a file that anyone can
//! play and check.
//!
//! [`select`] turns entries of a timeline into clips, `clip` writes one: its
//! bytes under `*.part`, synced, its manifest beside it, and only then both
//! names. Whatever goes wrong on the way, no file under a final name is half
//! or wrong. Originals are read and never touched.

mod block;
mod clip;
mod copy;
mod digest;
mod error;
mod lanes;
mod manifest;
mod meter;
mod originals;
mod select;
mod target;
mod writer;

pub use clip::{Durability, Order, Written, export, export_with};
pub use error::ExportError;
pub use manifest::{Manifest, ManifestRange, ManifestSpan, Missing, SCHEMA_VERSION};
pub use meter::Meter;
pub use select::{Clip, End, Gaps, Lack, MARGIN, Played, select, shown};
