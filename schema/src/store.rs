//! The open database.

use crate::database::{Database, UseFor};
use crate::error::StoreError;
use crate::migrate::{MIGRATIONS, migrate};
use crate::url::DatabaseUrl;
use std::sync::Arc;

/// An open database with this program's schema; cheap to clone.
#[derive(Clone)]
pub struct Store {
    database: Arc<Database>,
}

impl Store {
    /// Connects and migrates. A SQLite file that is not there is made; its
    /// folder is not.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        Self::open_to(url, UseFor::Service).await
    }

    /// As [`open`](Self::open), with more memory: for a job that reads and
    /// writes rows of a whole fleet, and ends.
    pub async fn open_for_job(url: &DatabaseUrl) -> Result<Self, StoreError> {
        Self::open_to(url, UseFor::Job).await
    }

    async fn open_to(url: &DatabaseUrl, use_for: UseFor) -> Result<Self, StoreError> {
        let database = Database::open(url, use_for).await?;
        migrate(&database, MIGRATIONS).await?;
        Ok(Self::over(database))
    }

    /// A store over a database whose schema was brought up to date.
    pub(crate) fn over(database: Database) -> Self {
        Self { database: Arc::new(database) }
    }

    /// Closes every connection; a SQLite log file is folded into its database.
    pub async fn close(&self) {
        self.database.close().await;
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }
}
