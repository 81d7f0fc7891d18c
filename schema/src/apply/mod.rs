//! Writing a batch of changes in one transaction.
//!
//! Safe to repeat and indifferent to order: of several statements about one
//! row the one with the highest stamp wins. Rows are locked in one order by
//! every writer (counter, segments by name, events, runs, cameras by id), so
//! that writers wait for each other and never deadlock.

mod batch;
mod counter;
mod events;
mod replay;
mod rows;
mod segments;
mod upsert;

use crate::change::Stamped;
use crate::error::StoreError;
use crate::store::Store;
use batch::Batch;

pub(crate) use counter::{Numbers, reserve};
pub use replay::ReplayError;

impl Store {
    /// Writes all of the changes or none. Durable when it returns.
    pub async fn apply(&self, changes: &[Stamped]) -> Result<(), StoreError> {
        let batch = Batch::of(changes);
        if batch.is_empty() {
            return Ok(());
        }
        let mut transaction = self.database().begin("write a batch of changes").await?;
        let mut numbers = reserve(&mut transaction, batch.sequenced()).await?;
        segments::write(&mut transaction, &batch, &mut numbers).await?;
        events::write(&mut transaction, &batch, &mut numbers).await?;
        rows::write_runs(&mut transaction, &batch).await?;
        rows::write_cameras(&mut transaction, &batch).await?;
        transaction.commit().await
    }
}
