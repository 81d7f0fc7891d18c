//! The database: migrations and every query.
//!
//! One [`Store`] over SQLite and PostgreSQL with the same portable SQL. What a
//! recorder has to say is a [`Change`]; a [`Writer`](writer::Writer) carries
//! changes to the database without ever holding up a recording, with a
//! [`Spool`](spool::Spool) on disk for the time that the database is away.
//!
//! The media files are the truth and the database is their index: nothing here
//! deletes footage, and all of it can be rebuilt from the files.

mod apply;
mod change;
mod database;
mod error;
pub mod index;
mod migrate;
mod mirror;
mod protections;
pub mod read;
mod retention;
mod segment_row;
pub mod spool;
pub mod stitch;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod timeline;
mod url;
pub mod writer;

pub use apply::ReplayError;
pub use change::{Change, Stamp, Stamped, Stamper};
pub use error::{ErrorKind, StoreError};
pub use mirror::{MirrorError, ProtectionMirror};
pub use protections::Protection;
pub use retention::ExpiredRange;
pub use store::Store;
pub use url::{DatabaseUrl, UrlError};
