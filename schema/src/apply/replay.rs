//! Emptying a spool that nobody's writer owns: that of an instance which has
//! left for good while the database was away.

use crate::error::{ErrorKind, StoreError};
use crate::spool::{Spool, SpoolError};
use crate::store::Store;
use std::path::Path;

/// Changes in one transaction.
const BATCH: usize = 1024;
/// The spool is not going to grow.
const NO_LIMIT: u64 = u64::MAX;

/// Why a spool was not emptied. What was written stays written.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

impl Store {
    /// Writes everything that waits in a spool's folder. How many changes. No
    /// writer may have it open: whoever calls holds the lock of the instance.
    pub async fn replay_spool(&self, folder: &Path) -> Result<u64, ReplayError> {
        let mut spool = Spool::open(folder, NO_LIMIT)?;
        let mut written = 0;
        loop {
            let waiting = spool.next(BATCH)?;
            if waiting.is_empty() {
                return Ok(written);
            }
            match self.apply(&waiting).await {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Conflict => continue,
                Err(error) => return Err(error.into()),
            }
            spool.confirm()?;
            written += waiting.len() as u64;
        }
    }
}
