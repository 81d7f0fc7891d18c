//! A line of progress on a terminal; nothing in a pipe.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Work shorter than this shows nothing.
const QUIET: Duration = Duration::from_secs(1);

/// Counts steps.
#[derive(Debug)]
pub struct Progress {
    all: usize,
    done: usize,
    begun: Instant,
    shown: bool,
    terminal: bool,
}

impl Progress {
    /// Of so many steps.
    pub fn new(all: usize, quiet: bool) -> Self {
        let terminal = !quiet && std::io::stderr().is_terminal();
        Self { all, done: 0, begun: Instant::now(), shown: false, terminal }
    }

    /// One more is done.
    pub fn step(&mut self, what: &str) {
        self.done += 1;
        if self.terminal && self.begun.elapsed() > QUIET {
            self.shown = true;
            // a terminal that went away is no reason to stop
            let _ = write!(std::io::stderr(), "\r\x1b[K{}/{} {what}", self.done, self.all);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
