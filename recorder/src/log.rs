//! Log lines: text for eyes, JSON for machines, to standard error.

use hitless_config::{Log, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging. `HITLESS_LOG` wins over the configured level.
pub fn start(log: &Log) {
    let asked = std::env::var("HITLESS_LOG").ok().filter(|asked| !asked.is_empty());
    let mut wanted = asked.unwrap_or_else(|| log.level.to_string());
    if !wanted.contains("retina") {
        // It logs every odd packet of odd cameras, and URLs as they are.
        wanted.push_str(",retina=warn");
    }
    let filter = EnvFilter::try_new(&wanted)
        .unwrap_or_else(|_| EnvFilter::new(format!("{},retina=warn", log.level)));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, in tests, changes nothing.
    let _ = match log.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => {
            builder.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init()
        }
    };
}
