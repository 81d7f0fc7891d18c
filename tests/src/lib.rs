//! The rig of the end-to-end tests: real cameras, real recorders, real files.
//!
//! A [`Site`] is a folder with a storage and a database. A [`Setup`] is a
//! configuration. [`Site::start`] runs the `recorder` program on it; the files
//! it leaves are found by [`Site::segments`], its rows by [`Site::rows`], and
//! both are judged with ffmpeg and ffprobe, never with our own reader.
//!
//! Everything here panics with a sentence, since it is for tests. No sleeps:
//! [`until`] polls a condition up to a deadline.

#[cfg(test)]
mod architecture;
pub mod boxes;
pub mod footage;
pub mod frames;
pub mod judge;
mod loop_disk;
pub mod probe;
mod process;
mod program;
mod rows;
mod segments;
mod setup;
mod site;
pub mod sound;
pub mod spans;
mod stitcher;
mod wait;

pub use loop_disk::LoopDisk;
pub use process::{Launch, Recorder};
pub use program::program;
pub use segments::{SegmentFile, paths};
pub use setup::{CameraSetup, Setup};
pub use site::Site;
pub use stitcher::{Answer, Played, Stitcher};
pub use wait::{eventually, until};
