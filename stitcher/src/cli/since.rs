//! From when on a run looks at the timeline.

use super::instant::{NoInstant, instant};
use hitless_model::Utc;
use std::str::FromStr;

/// `--since`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Since {
    /// Since the last successful run.
    #[default]
    Last,
    /// As it was typed; read when the clock is known.
    Given(String),
}

impl FromStr for Since {
    type Err = NoInstant;

    fn from_str(text: &str) -> Result<Self, NoInstant> {
        if text == "last" {
            return Ok(Self::Last);
        }
        instant(text, Utc::from_ns(0))?;
        Ok(Self::Given(text.to_owned()))
    }
}

impl Since {
    /// The instant that is meant; `None`: the last run.
    pub fn at(&self, now: Utc) -> Option<Utc> {
        match self {
            Self::Last => None,
            Self::Given(text) => instant(text, now).ok(),
        }
    }
}
