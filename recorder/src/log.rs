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

/// An error with its causes, each said once: some errors say theirs themselves.
pub fn in_full(problem: &anyhow::Error) -> String {
    let mut text = problem.to_string();
    for cause in problem.chain().skip(1).map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::StorageError;
    use anyhow::Context as _;
    use std::io::{Error, ErrorKind};
    use std::path::Path;

    #[test]
    fn every_cause_is_said_once() {
        let refused = || Error::new(ErrorKind::PermissionDenied, "not allowed");
        let says_its_cause = StorageError::io("cannot create", Path::new("/x"), refused());
        assert_eq!(in_full(&says_its_cause.into()), "cannot create /x: not allowed");
        let does_not = Err::<(), _>(refused()).context("cannot open the control socket");
        assert_eq!(
            in_full(&does_not.expect_err("refused")),
            "cannot open the control socket: not allowed"
        );
    }
}
