//! The readers on what GStreamer and ffmpeg really write.

#[path = "../footage/mod.rs"]
mod footage;

mod against_ffprobe;
mod cost;
mod facts;
mod fingerprints;
mod interrupted;
mod rows;
mod second_reader;
