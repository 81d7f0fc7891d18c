//! From files on disk to rows.
//!
//! [`rescan`] walks the whole tree and can rebuild a lost database; a run
//! itself only [picks up](pick_up()) what appeared in folders that changed. The
//! files are the truth: rows are made of names, `.meta` files and what the
//! files hold, and rows whose file is gone are marked. A storage that holds
//! nothing at all is taken for one that is not mounted.

mod chain;
mod folders;
mod foreign;
mod open;
mod pattern;
mod pick_up;
mod read;
mod whole;

pub use foreign::patterns;
pub use open::Listed;
pub use pattern::{BadPattern, Pattern};
pub use pick_up::{PickedUp, pick_up};
pub use whole::{Rescanned, expects_footage, rescan};

use crate::site::SiteError;
use hitless_schema::StoreError;

/// Why nothing could be rescanned.
#[derive(Debug, thiserror::Error)]
pub enum RescanError {
    /// The storage.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A configured pattern.
    #[error(transparent)]
    Pattern(#[from] BadPattern),
}
