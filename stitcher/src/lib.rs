//! The stitcher: from overlapping segments to one continuous timeline.
//!
//! The edges around the pure planner in `hitless-stitcher-core`.

pub mod index;
pub mod log;
pub mod site;
pub mod verdict;
pub mod cli;
pub mod plan;
