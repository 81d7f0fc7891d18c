//! Joints at which planning may go on.

use super::apply::DOING;
use super::window::Window;
use crate::database::{Statement, Transaction, Value, lots};
use crate::error::StoreError;
use crate::store::Store;
use crate::timeline::read_carry;
use hitless_model::{CameraId, Utc};
use std::collections::BTreeMap;

/// Rows in one statement.
const LOT: usize = 64;
/// The one at the window's beginning belongs to what is before.
const STORED: &str = "SELECT at_ns, carry FROM stitch_carries
     WHERE camera_id = $1 AND at_ns > $2 AND at_ns <= $3";
const FORGET: &str = "DELETE FROM stitch_carries WHERE camera_id = $1 AND at_ns = $2";

pub(super) struct Carries<'w> {
    put: Vec<(Utc, &'w [u8])>,
    forget: Vec<Utc>,
}

impl<'w> Carries<'w> {
    pub async fn of(store: &Store, window: &'w Window) -> Result<Self, StoreError> {
        let (from, to) = window.bounds();
        if let Some(other) = window.carries.iter().find(|c| c.at <= from || c.at > to) {
            return Err(store.torn(format!("a joint at {}, outside the window", other.at)));
        }
        let mut put: BTreeMap<Utc, &[u8]> =
            window.carries.iter().map(|row| (row.at, row.carry.as_slice())).collect();
        let mut forget = Vec::new();
        if window.generation > 0 {
            let values =
                vec![window.camera.as_str().into(), from.as_ns().into(), to.as_ns().into()];
            for was in store.select(DOING, STORED, values, read_carry).await? {
                match put.get(&was.at) {
                    Some(carry) if *carry == was.carry => {
                        put.remove(&was.at);
                    }
                    Some(_) => {}
                    None => forget.push(was.at),
                }
            }
        }
        Ok(Self { put: put.into_iter().collect(), forget })
    }

    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.forget.is_empty()
    }

    pub async fn write(
        &self,
        transaction: &mut Transaction,
        camera: &CameraId,
    ) -> Result<(), StoreError> {
        for at in &self.forget {
            transaction.execute(FORGET, vec![camera.as_str().into(), at.as_ns().into()]).await?;
        }
        for lot in lots(&self.put, LOT) {
            let insert = "INSERT INTO stitch_carries (camera_id, at_ns, carry) VALUES ";
            let mut statement = Statement::new(transaction.dialect(), insert);
            let row = |(at, carry): &(Utc, &[u8])| -> Vec<Value> {
                vec![camera.as_str().into(), at.as_ns().into(), carry.to_vec().into()]
            };
            let replace = " ON CONFLICT (camera_id, at_ns) DO UPDATE SET carry = excluded.carry";
            statement.rows(lot.iter().map(row)).text(replace);
            transaction.run(statement).await?;
        }
        Ok(())
    }
}
