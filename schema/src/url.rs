//! Where the database is: `sqlite://path` or `postgres://…`.
//!
//! Whatever is printed of a [`DatabaseUrl`] is free of credentials. A relative
//! SQLite path is relative to the working directory; whoever reads it from a
//! configuration resolves it first.

use sqlx::postgres::PgConnectOptions;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a text is not a database URL. Never quotes the text, which may hold a
/// password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Neither of the two databases.
    #[error("a database is sqlite://path or postgres://…, not \"{scheme}\"")]
    Scheme {
        /// What stands before the colon.
        scheme: String,
    },
    /// Without a file there is no database that survives.
    #[error("sqlite:// needs the path of a file")]
    NoPath,
    /// Not understood by the PostgreSQL driver.
    #[error("the postgres:// URL cannot be read; it looks like postgres://user@host:5432/name")]
    Postgres,
}

/// A checked database URL.
#[derive(Clone)]
pub struct DatabaseUrl {
    target: Target,
    shown: String,
}

#[derive(Clone)]
pub(crate) enum Target {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl DatabaseUrl {
    /// Reads a URL; no I/O.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
        match scheme {
            "sqlite" => Self::sqlite(rest.strip_prefix("//").unwrap_or(rest)),
            "postgres" | "postgresql" => {
                let options: PgConnectOptions = text.parse().map_err(|_| UrlError::Postgres)?;
                let shown = shown(&options);
                Ok(Self { target: Target::Postgres(Box::new(options)), shown })
            }
            // Without a colon the whole text might be a password.
            other => Err(UrlError::Scheme { scheme: other.to_owned() }),
        }
    }

    /// The SQLite database in a file.
    pub fn sqlite_file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let shown = format!("sqlite://{}", path.display());
        Self { target: Target::Sqlite(path), shown }
    }

    /// The file of a SQLite database; `None` for PostgreSQL.
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.target {
            Target::Sqlite(path) => Some(path),
            Target::Postgres(_) => None,
        }
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    fn sqlite(path: &str) -> Result<Self, UrlError> {
        // What stands in memory cannot be shared by several connections.
        if path.is_empty() || path == ":memory:" {
            return Err(UrlError::NoPath);
        }
        Ok(Self::sqlite_file(path))
    }
}

fn shown(options: &PgConnectOptions) -> String {
    format!(
        "postgres://{}:{}/{}",
        options.get_host(),
        options.get_port(),
        options.get_database().unwrap_or_default()
    )
}

/// Without credentials.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl std::str::FromStr for DatabaseUrl {
    type Err = UrlError;
    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_are_read_and_shown_without_credentials() {
        let sqlite = DatabaseUrl::parse("sqlite://data/hitless.db").expect("valid");
        assert_eq!(sqlite.sqlite_path(), Some(Path::new("data/hitless.db")));
        let absolute = DatabaseUrl::parse("sqlite:///var/lib/hitless.db").expect("valid");
        assert_eq!(absolute.sqlite_path(), Some(Path::new("/var/lib/hitless.db")));
        let pg = DatabaseUrl::parse("postgres://nvr:s3cret@db.example:5433/video").expect("valid");
        assert_eq!(pg.to_string(), "postgres://db.example:5433/video");
        assert!(!format!("{pg:?}").contains("s3cret"));
    }

    #[test]
    fn a_refused_url_is_not_quoted() {
        for text in ["mysql://u:s3cret@h/d", "s3cret", "sqlite://", "postgres://u:s3cret@h:port/d"]
        {
            let error = DatabaseUrl::parse(text).expect_err(text);
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }
}
