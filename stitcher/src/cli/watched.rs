//! Waits for an export: a bar on a terminal, and Ctrl-C takes away what was
//! begun.

use crate::export::Meter;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{JoinError, JoinHandle};

/// Work shorter than this shows nothing.
const QUIET: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);
const WIDE: usize = 30;

/// Waits until a task is done, which counts what it does.
pub(super) async fn watched<T>(
    mut task: JoinHandle<T>,
    meter: &Meter,
    name: &str,
    quiet: bool,
) -> Result<T, JoinError> {
    let mut bar = Bar::new(quiet);
    let mut asked = [SignalKind::interrupt(), SignalKind::terminate()].map(|s| signal(s).ok());
    let [interrupted, terminated] = &mut asked;
    loop {
        tokio::select! {
            done = &mut task => return done,
            () = next(interrupted) => meter.stop(),
            () = next(terminated) => meter.stop(),
            () = tokio::time::sleep(TICK), if bar.terminal => bar.draw(meter, name),
        }
    }
}

async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// A line on standard error, rewritten in place; nothing in a pipe.
struct Bar {
    begun: Instant,
    terminal: bool,
    shown: bool,
}

impl Bar {
    fn new(quiet: bool) -> Self {
        let terminal = !quiet && std::io::stderr().is_terminal();
        Self { begun: Instant::now(), terminal, shown: false }
    }

    fn draw(&mut self, meter: &Meter, name: &str) {
        if self.terminal && self.begun.elapsed() > QUIET {
            self.shown = true;
            // A terminal that went away is no reason to stop.
            let _ = write!(std::io::stderr(), "\r\x1b[K{} {name}", bar(meter.share()));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn bar(share: Option<f64>) -> String {
    let share = share.unwrap_or(0.0);
    let full = ((share * WIDE as f64) as usize).min(WIDE);
    format!("[{}{}] {:3.0} %", "#".repeat(full), ".".repeat(WIDE - full), (share * 100.0).floor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_always_as_wide() {
        assert_eq!(bar(None), format!("[{}]   0 %", ".".repeat(WIDE)));
        assert_eq!(bar(Some(0.5)), format!("[{}{}]  50 %", "#".repeat(15), ".".repeat(15)));
        assert_eq!(bar(Some(1.0)), format!("[{}] 100 %", "#".repeat(WIDE)));
    }
}
