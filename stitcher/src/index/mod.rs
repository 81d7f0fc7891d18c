//! What segment files hold, read without their media.
//!
//! A file is judged by what it holds, not by its name or its row: [`examine`]
//! says what the row should be, [`Contents`] what planning asks of it, and
//! [`prints`] are the only thing that is read from the media themselves.

mod contents;
mod examine;
mod files;
mod in_file;
mod key_kind;
mod mark;
mod outlines;
pub mod packed;
mod pauses;
mod place;
mod prints;
mod sound;

pub use contents::{Contents, ContentsError};
pub use examine::{Examined, examine, examine_files};
pub use files::Files;
pub use in_file::{InFile, read_segment, row_of_file};
pub use mark::mark;
pub use outlines::outlines;
pub use pauses::{pack_pauses, unpack_pauses};
pub use place::Place;
pub use prints::{PrintError, prints};
