//! Log lines go to standard error; standard output is for answers.

use hitless_config::{Log, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging. `HITLESS_LOG` wins over the configured level.
pub fn start(log: &Log) {
    let level = || EnvFilter::new(log.level.to_string());
    let filter = EnvFilter::try_from_env("HITLESS_LOG").unwrap_or_else(|_| level());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // a second start, in tests, changes nothing
    let _ = match log.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => {
            builder.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init()
        }
    };
}
