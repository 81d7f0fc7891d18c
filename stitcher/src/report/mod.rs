//! `stitcher report`: what is covered, by whom, and what is missing and why.
//!
//! [`gather`] reads what is stored, a few days of a camera at a time,
//! [`Measuring`] makes numbers of it (pure), and each format is written by a room
//! of its own.

mod axis;
mod csv;
mod days;
mod gather;
mod html;
mod json;
mod measure;
mod model;
mod prometheus;
mod sentences;
mod strip;
mod text;

pub use csv::csv;
pub use gather::gather;
pub use html::html;
pub use json::json;
pub use measure::Measuring;
pub use model::{CameraDay, Drift, Gap, Report, Start, Stored};
pub use prometheus::prometheus;
pub use text::text;

#[cfg(test)]
mod tests;
