//! Carries a recorder's changes to the database without holding it up.
//!
//! A [`Writer`] is a handle on one task. The task groups whatever waits into
//! one transaction; while the database is away it keeps the changes in a
//! [`Spool`](crate::spool::Spool) on disk and tries again with growing pauses,
//! then catches up in order. It opens the database by itself, so a recorder
//! starts without one.
//!
//! Invariants: a change accepted by `send` is committed or in the spool after
//! the next successful `flush`, unless counted as dropped or refused; sending
//! never waits for the database and never longer than `patience`.

mod backoff;
mod handle;
mod link;
mod options;
mod status;
mod task;

pub use handle::{FlushError, Flushed, SendError, Writer};
pub use options::WriterOptions;
pub use status::{LinkState, WriterStatus};
