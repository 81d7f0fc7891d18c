//! How a command ended, as scripts and timers see it.

use std::process::ExitCode;

/// What there is to say about a command that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verdict {
    /// Nothing to report.
    #[default]
    Clean,
    /// It finished, and a person may want to look: gaps, losses, corrupt input.
    Findings,
}

impl Verdict {
    /// Findings if there is any.
    pub fn of(any: bool) -> Self {
        if any { Self::Findings } else { Self::Clean }
    }

    /// Of two commands, or of two parts of one.
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

/// Could not run at all.
pub const COULD_NOT_RUN: u8 = 2;

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Clean => Self::SUCCESS,
            Verdict::Findings => Self::from(1),
        }
    }
}
