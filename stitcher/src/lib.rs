//! The stitcher: from overlapping segments to one continuous timeline.
//!
//! The edges around the pure planner in `hitless-stitcher-core`: commands in
//! [`cli`], what they open in [`site`], files in [`index`] and [`rescan`],
//! planning with what it reads in [`plan`], a whole run in [`run`]. Clips are
//! made by [`virtual_mp4`] and written by [`export`];
//! [`verify`] proves timelines and clips, [`serve`] shows them.

pub mod cli;
pub mod compute;
pub mod counted;
pub mod export;
pub mod index;
pub mod log;
pub mod plan;
mod regular;
pub mod report;
pub mod rescan;
pub mod retention;
pub mod run;
pub mod serve;
pub mod site;
pub mod timeline;
pub mod verdict;
pub mod verify;
pub mod virtual_mp4;
