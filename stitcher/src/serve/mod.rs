//! `stitcher serve`: a page to look at footage, and the API behind it.
//!
//! Clips are virtual MP4s with HTTP ranges: a `<video>` element seeks in a day
//! as in a file, and no byte is copied before somebody watches it. For players
//! that want HTTP live streaming there is the same in fragments. Nothing can
//! be changed from here. Loopback by default; elsewhere nobody is answered
//! without the token.

mod access;
mod answer;
mod api;
mod body;
mod clips;
mod hls;
mod query;
mod range;
mod server;

pub use access::Access;
pub use server::{ServeError, Server};
