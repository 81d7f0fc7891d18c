//! The host's clock, read in one place.

use hitless_model::Utc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, on the host's clock.
pub fn now() -> Utc {
    let ns = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    };
    Utc::from_ns(ns)
}
