//! Where the configuration comes from: the file, the environment, the flags.

use crate::config::Config;
use crate::overlay;
use crate::problem::ConfigError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Looked at, in this order, when no file is named.
pub const DEFAULT_FILES: [&str; 2] = ["/etc/hitless/hitless.toml", "hitless.toml"];

/// A key that a flag of the command line decides.
#[derive(Debug, Clone)]
pub(crate) struct Override {
    pub(crate) key: String,
    pub(crate) flag: String,
    pub(crate) value: String,
}

/// Whether the passwords of cameras are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Passwords {
    #[default]
    Read,
    /// The places that keep them are not looked at.
    Leave,
}

/// What a configuration is made of besides its file. The default is empty: no
/// environment, no flags. It has no `Debug`: variables may be secrets.
#[derive(Clone, Default)]
pub struct LoadOptions {
    pub(crate) path: Option<PathBuf>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) overrides: Vec<Override>,
    pub(crate) work_dir: PathBuf,
    pub(crate) passwords: Passwords,
}

impl LoadOptions {
    /// What a program starts with: its environment and its working directory. The
    /// path is that of `--config`; without one `HITLESS_CONFIG` may name the file.
    pub fn from_process(path: Option<PathBuf>) -> Self {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
            .collect();
        let work_dir = std::env::current_dir().unwrap_or_default();
        Self { path, variables, work_dir, ..Self::default() }
    }

    /// For programs that open no camera: the places that keep the passwords of
    /// cameras are not looked at, and may be closed to them.
    pub fn without_passwords(mut self) -> Self {
        self.passwords = Passwords::Leave;
        self
    }

    /// Adds a variable, as if the environment had it.
    pub fn variable_set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A flag that the caller was given decides a key, named in full as
    /// `recorder.bind`; `None` decides nothing. Messages about it name the flag.
    pub fn flag(mut self, key: &str, flag: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            let (key, flag) = (key.to_owned(), flag.to_owned());
            self.overrides.push(Override { key, flag, value: value.to_string() });
        }
        self
    }

    /// A variable of the environment; an empty one counts as not set.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let found = self.variables.iter().rev().find(|(n, value)| n == name && !value.is_empty());
        found.map(|(_, value)| value.clone())
    }

    fn has_keys(&self) -> bool {
        let meant =
            |(name, value): &(String, String)| overlay::is_meant_for_us(name) && !value.is_empty();
        self.variables.iter().any(meant)
    }
}

impl Config {
    /// Reads the file that is named, else the first of [`DEFAULT_FILES`] that is
    /// there, else nothing but the environment; and checks all of it.
    pub fn load(options: &LoadOptions) -> Result<Self, ConfigError> {
        let named = options.path.clone();
        if let Some(path) = named.or_else(|| options.variable("HITLESS_CONFIG").map(Into::into)) {
            let path = options.work_dir.join(path);
            return match std::fs::read_to_string(&path) {
                Ok(text) => Self::parse_with(Some((&path, &text)), options),
                Err(source) => Err(ConfigError::Unreadable { path, source }),
            };
        }
        for path in DEFAULT_FILES.map(|file| options.work_dir.join(file)) {
            if let Some(text) = read_if_there(&path)? {
                return Self::parse_with(Some((&path, &text)), options);
            }
        }
        if options.has_keys() {
            return Self::parse_with(None, options);
        }
        Err(ConfigError::NotFound { looked: DEFAULT_FILES.map(PathBuf::from).to_vec() })
    }
}

/// A file that is there and cannot be read is an error: falling through to the
/// next one would run a recorder under a configuration that nobody meant.
fn read_if_there(path: &Path) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Unreadable { path: path.to_owned(), source }),
    }
}
