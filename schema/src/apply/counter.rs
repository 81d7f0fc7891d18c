//! Change sequence numbers.
//!
//! Taken by updating the one row of `change_counter` before any other row is
//! touched. The lock on that row lasts until the transaction ends: numbers
//! become visible in their order, on PostgreSQL too, where a sequence's would
//! not. Its price is that transactions which change segments come one after
//! another; each recorder groups its changes, so there are few.

use crate::database::Transaction;
use crate::error::StoreError;

/// Numbers that belong to this transaction. Not all need be used.
pub(crate) struct Numbers {
    next: i64,
}

impl Numbers {
    pub fn next(&mut self) -> i64 {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        number
    }
}

/// Takes `count` numbers.
pub(crate) async fn reserve(
    transaction: &mut Transaction,
    count: usize,
) -> Result<Numbers, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    if count == 0 {
        return Ok(Numbers { next: 0 });
    }
    let rows = transaction
        .fetch(
            "UPDATE change_counter SET value = value + $1 WHERE id = 1 RETURNING value",
            vec![count.into()],
        )
        .await?;
    let last = match rows.first().map(|row| row.int(0)) {
        Some(Ok(Some(last))) => last,
        Some(Err(e)) => return Err(transaction.error(&e)),
        Some(Ok(None)) | None => return Err(transaction.corrupt("change_counter has no row")),
    };
    Ok(Numbers { next: last - count + 1 })
}
