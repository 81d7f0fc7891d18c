//! Which database: a file, or a PostgreSQL server.

use crate::reader::{Section, Spot};
use crate::redact;
use crate::secret::Secret;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::fmt;
use std::path::{Path, PathBuf};
use url::Url;

/// What would end the path inside a `sqlite://` URL.
const IN_A_URL: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// Where the index is kept. `Debug` and `Display` hide the password.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// An SQLite file, by its absolute path.
    Sqlite(PathBuf),
    /// A PostgreSQL server, by its URL.
    Postgres(PostgresUrl),
}

/// The URL of a PostgreSQL server, password and all.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    url: Secret,
    shown: String,
}

impl PostgresUrl {
    /// The whole URL, for the one call that connects.
    pub fn expose(&self) -> &str {
        self.url.expose()
    }
}

impl Database {
    /// The URL that a database driver opens; holds the password.
    pub fn expose_url(&self) -> Secret {
        match self {
            Self::Sqlite(path) => {
                let path = path.to_string_lossy();
                Secret::new(format!("sqlite://{}", utf8_percent_encode(&path, IN_A_URL)))
            }
            Self::Postgres(url) => url.url.clone(),
        }
    }

    /// Reads the key `database`; without one it is a file beside the segments.
    pub(crate) fn read(top: &Section<'_>, storage: &Path) -> Self {
        let beside = Self::Sqlite(storage.join(".hitless").join("hitless.db"));
        let Some(text) = top.text("database") else { return beside };
        match Self::parse(top, &text) {
            Ok(database) => database,
            Err(message) => {
                top.context.report(&text.place, format!("database: {message}"));
                beside
            }
        }
    }

    fn parse(top: &Section<'_>, text: &Spot<String>) -> Result<Self, String> {
        if let Some(path) = text.value.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains('?') || path == ":memory:" {
                return Err("an SQLite database is a file: sqlite://hitless.db".to_owned());
            }
            let path = Spot { value: path.to_owned(), place: text.place.clone() };
            return Ok(Self::Sqlite(top.absolute(&path)));
        }
        if !text.value.starts_with("postgres://") && !text.value.starts_with("postgresql://") {
            return Err("must begin with sqlite:// or postgres://".to_owned());
        }
        // The error of the parser does not repeat its input, so no password either.
        let url = Url::parse(&text.value).map_err(|error| error.to_string())?;
        let shown = redact::url(&url);
        Ok(Self::Postgres(PostgresUrl { url: Secret::new(text.value.clone()), shown }))
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => f.write_str(&url.shown),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({self})")
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}
