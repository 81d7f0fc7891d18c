//! `[log]`: how and how much the programs say.

use crate::choice::choice;
use crate::reader::Section;

choice! {
    /// The form of a log line.
    LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object per line.
        Json = "json",
    }
}

choice! {
    /// How much is said.
    LogLevel {
        /// A person must act.
        Error = "error",
        /// Degraded, and healing.
        Warn = "warn",
        /// One line per segment and state change.
        Info = "info",
        /// For looking into a fault.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// What is said at all.
    pub level: LogLevel,
}

impl Log {
    pub(crate) fn read(section: &Section<'_>) -> Self {
        Self {
            format: section.choice("format", LogFormat::Text),
            level: section.choice("level", LogLevel::Info),
        }
    }
}
