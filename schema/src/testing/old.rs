//! Databases as earlier versions of the program left them.

use crate::database::Database;
use crate::error::StoreError;
use crate::migrate::{MIGRATIONS, migrate};
use crate::url::DatabaseUrl;

/// The number of the last migration.
pub fn newest_migration() -> i64 {
    MIGRATIONS.last().map_or(0, |m| m.number)
}

/// Makes a database that has the migrations up to `number` and no more.
pub async fn make_old_database(url: &DatabaseUrl, number: i64) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().take_while(|m| m.number <= number).count();
    let database = Database::open(url).await?;
    migrate(&database, &MIGRATIONS[..known]).await?;
    database.close().await;
    Ok(())
}
