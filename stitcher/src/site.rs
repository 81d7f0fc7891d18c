//! What every command works on: configuration, storage and database, opened.

use hitless_config::{Config, ConfigError, LoadOptions};
use hitless_model::{Nanos, Utc};
use hitless_schema::{DatabaseUrl, Store, StoreError, UrlError};
use hitless_stitcher_core::Settings;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Why nothing could be opened.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database's address.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder of the database is not there.
    #[error(
        "there is no {folder}, and so no database {url}: is the disk mounted, and has a recorder \
         run with this configuration? Where only other recorders write, make the folder, or set \
         database",
        folder = folder.display()
    )]
    NoDatabase {
        /// The configured database.
        url: DatabaseUrl,
        /// Where its file would lie.
        folder: PathBuf,
    },
    /// The storage is not there.
    #[error("{root} is no folder: is the disk mounted? ({why})", root = root.display())]
    NoStorage {
        /// The configured root.
        root: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The storage holds nothing, although it should.
    #[error(
        "{root} is empty, but the database knows footage there: is the disk mounted? Nothing was \
         changed. If the footage is really gone, say: stitcher rescan --storage-is-empty",
        root = root.display()
    )]
    Empty {
        /// The configured root.
        root: PathBuf,
    },
}

/// The opened parts.
#[derive(Clone)]
pub struct Site {
    /// The checked configuration.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// Tolerances of planning.
    pub settings: Settings,
}

impl Site {
    /// Opens the database of a configuration, for a job on rows of a whole
    /// fleet.
    pub async fn open(config: Config) -> Result<Self, SiteError> {
        let url = database_of(&config)?;
        let store = Store::open_for_job(&url).await?;
        Ok(Self::over(config, store))
    }

    /// The same to read from it once, in order: keeping what was read would
    /// cost memory, 64 MB a connection, and gain nothing.
    pub async fn open_to_read(config: Config) -> Result<Self, SiteError> {
        let url = database_of(&config)?;
        let store = Store::open(&url).await?;
        Ok(Self::over(config, store))
    }

    fn over(config: Config, store: Store) -> Self {
        let gap = i64::try_from(config.stitcher.gap.as_nanos()).unwrap_or(i64::MAX);
        let settings = Settings { gap_threshold: Nanos::new(gap), ..Settings::default() };
        Self { config, store, settings }
    }

    /// Where the segments are.
    pub fn root(&self) -> &Path {
        &self.config.storage
    }

    /// Nothing that could be a camera's is in the storage.
    pub fn is_empty(&self) -> bool {
        let entries = std::fs::read_dir(self.root()).into_iter().flatten().filter_map(Result::ok);
        !entries.into_iter().any(|e| !e.file_name().as_encoded_bytes().starts_with(b"."))
    }

    /// Refuses a storage that is not there; one without recordings is fine.
    pub fn check_storage(&self) -> Result<(), SiteError> {
        let root = self.root();
        let refuse = |why: String| SiteError::NoStorage { root: root.to_owned(), why };
        match std::fs::metadata(root) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(refuse("it is a file".to_owned())),
            Err(e) => Err(refuse(e.to_string())),
        }
    }
}

/// Where the database is; refuses a file in a folder that is not there.
fn database_of(config: &Config) -> Result<DatabaseUrl, SiteError> {
    let url = DatabaseUrl::parse(config.database.expose_url().expose())?;
    match url.sqlite_path().and_then(Path::parent).filter(|folder| !folder.is_dir()) {
        None => Ok(url),
        Some(folder) => Err(SiteError::NoDatabase { folder: folder.to_owned(), url }),
    }
}

/// Reads the configuration that `--config` names, or the usual places.
pub fn load(file: Option<PathBuf>) -> Result<Config, ConfigError> {
    // No camera is opened here, and its password is the recorder's alone.
    Config::load(&LoadOptions::from_process(file).without_passwords())
}

/// The host's clock.
pub fn now() -> Utc {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Utc::from_ns(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
