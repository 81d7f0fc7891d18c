//! Databases as earlier versions of the program left them.

use crate::database::{Database, UseFor};
use crate::error::StoreError;
use crate::migrate::{MIGRATIONS, migrate};
use crate::store::Store;
use crate::url::DatabaseUrl;

/// The number of the last migration.
pub fn newest_migration() -> i64 {
    MIGRATIONS.last().map_or(0, |m| m.number)
}

/// Makes a database that has the migrations up to `number` and no more.
pub async fn make_old_database(url: &DatabaseUrl, number: i64) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().take_while(|m| m.number <= number).count();
    let database = Database::open(url, UseFor::Service).await?;
    migrate(&database, &MIGRATIONS[..known]).await?;
    database.close().await;
    Ok(())
}

/// Opens a database as a program did that knew the migrations up to `number`
/// and no more. What it writes goes only to columns of that time, for nothing
/// but migrations adds columns to old statements.
pub async fn open_as_of(url: &DatabaseUrl, number: i64) -> Result<Store, StoreError> {
    let known = MIGRATIONS.iter().take_while(|m| m.number <= number).count();
    let database = Database::open(url, UseFor::Service).await?;
    migrate(&database, &MIGRATIONS[..known]).await?;
    Ok(Store::over(database))
}
