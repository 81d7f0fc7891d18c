//! When what was committed is safe from a power cut.

/// When a transaction lasts. Killing a program never takes one back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasts {
    /// When its commit returns.
    Now,
    /// With the next one that lasts at once. Until then a power cut takes it
    /// back, with all that came after it and never in part: for what would be
    /// done again, and takes no numbers that others may have seen by then.
    /// Saves a wait for the disk each.
    WithNext,
}

impl Lasts {
    /// At once the writer: a transaction that reads first and writes later
    /// fails when another process wrote in between.
    pub fn begin_sqlite(self) -> &'static str {
        match self {
            Self::Now => "PRAGMA synchronous = FULL; BEGIN IMMEDIATE",
            Self::WithNext => "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE",
        }
    }

    /// A commit that waits takes all before it along.
    pub fn begin_postgres(self) -> &'static str {
        match self {
            Self::Now => "BEGIN",
            Self::WithNext => "BEGIN; SET LOCAL synchronous_commit = off",
        }
    }
}
