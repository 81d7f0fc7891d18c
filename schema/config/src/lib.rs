//! The one TOML file that serves both programs, checked.
//!
//! A text becomes a raw tree that knows where each value stands; environment and
//! flags are laid over it; typed reads make a [`Config`] of it, or a list of
//! everything that is wrong, each with its file and line. Unknown keys are
//! refused: a slip of the pen must not run a recorder under a default.
//!
//! Credentials are [`Secret`]s and appear in no `Debug`, no message and no
//! `Display`. Nothing here connects anywhere or creates anything.

mod access;
mod camera;
mod camera_url;
mod changes;
mod choice;
mod config;
mod credentials;
mod database;
mod disk;
mod handover;
mod keys;
mod load;
mod log;
mod overlay;
mod problem;
mod reader;
mod recorder;
mod redact;
#[cfg(test)]
mod sample_tests;
mod secret;
mod shutdown;
mod stitcher;
mod tree;
mod unknown;

pub use access::Access;
pub use camera::{Camera, SourceKind, Tls, Transport};
pub use camera_url::CameraUrl;
pub use changes::CameraChanges;
pub use config::Config;
pub use credentials::Credentials;
pub use database::{Database, PostgresUrl};
pub use disk::{Disk, DiskPolicy};
pub use handover::{Handover, Overlap};
pub use load::{DEFAULT_FILES, LoadOptions};
pub use log::{Log, LogFormat, LogLevel};
pub use overlay::PREFIX;
pub use problem::{ConfigError, Place, Problem};
pub use recorder::{G711, Recorder};
pub use secret::Secret;
pub use shutdown::Shutdown;
pub use stitcher::Stitcher;
