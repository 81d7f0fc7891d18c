//! A virtual MP4: one progressive, fast-start file made of pieces of others.
//!
//! The header is made from the pieces' sample tables; the media bytes are
//! ranges of the original files. Nothing is decoded, nothing is copied until
//! somebody asks for bytes, and any of them can be had without the rest.
//!
//! What it keeps:
//! 1. it begins with the picture on the screen at [`Cut::from`] and ends at
//!    [`Cut::to`], by an edit list; decoding begins at the key frame before;
//! 2. decode times strictly rise over all pieces, and no picture is decoded
//!    after it is shown;
//! 3. where a piece lies is computed from the start of the clip and never by
//!    adding up lengths, so a clip has the clock of its timeline at any length;
//! 4. sound lies beside its pictures as its own file says, piece by piece;
//! 5. a piece is at most a few ranges, in the order of its file, congruent
//!    modulo [`PAGE`] so that a file system which shares blocks can share them.
//!
//! It refuses a file that is shorter than when its table was read.

mod align;
mod axis;
mod boxes;
mod build;
mod chunks;
mod coarse;
mod cut;
mod describe;
mod edits;
mod error;
mod even;
mod fragments;
mod header;
mod order;
mod outline;
mod packed;
mod parts;
mod piece;
mod promised;
mod ranges;
mod read;
mod rest;
mod sizes;
mod sound;
mod source;
mod table;
mod video;
mod words;

pub use align::PAGE;
pub use error::VirtualError;
pub use fragments::{Fragment, Fragments};
pub use outline::Outline;
pub use parts::{Part, SourceRange};
pub use piece::{Cut, Follows, Piece, Sound};
pub use read::VirtualMp4;
