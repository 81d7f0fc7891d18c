//! Our own small MP4 reader: sample tables of whole, fragmented and torn files.
//!
//! Walks `moov` and `moof`, joins tables with fragments and keeps each sample
//! entry as raw bytes; only leaf boxes are decoded (by `mp4-atom`). Why it is
//! our own is told in `docs/decisions/0001-own-mp4-reader.md`.
//!
//! What it keeps, whatever the bytes:
//! 1. it never panics, never loops without progress, never recurses;
//! 2. no allocation grows beyond what the file's own bytes pay for, nor beyond
//!    the [`limits`];
//! 3. every sample that it gives lies whole within the file;
//! 4. no sample is given twice, although a file killed while it was finished
//!    has full tables and fragments;
//! 5. nothing is left out silently: [`Extent`] says where a file ends early,
//!    [`Movie::set_aside`] which tracks could not be read and why.
//!
//! It refuses a file without a readable `moov`, also where a muxer has hidden
//! it: nothing says where its samples are.

mod boxes;
mod entry;
mod error;
mod fragment;
mod inspect;
pub mod limits;
mod moov;
mod movie;
mod numbers;
mod opus;
mod salvage;
mod samples;
mod source;
mod stbl;
mod trun;
mod walk;

pub use boxes::BoxKind;
pub use entry::{AudioDescription, SampleEntry, VideoDescription};
pub use error::{Fault, Mp4Error};
pub use inspect::{Inspection, inspect, inspect_movie};
pub use movie::{Edit, Extent, Movie, Track, TrackKind};
pub use opus::straighten as straighten_opus;
pub use samples::{Run, Sample, Samples};
pub use source::ReadAt;
