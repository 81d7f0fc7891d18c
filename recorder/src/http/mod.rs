//! What the recorder tells over HTTP: probes, health, metrics and events.
//!
//! | path | answers |
//! |---|---|
//! | `/live`, `/liveness` | 200 as long as the process answers |
//! | `/ready`, `/readiness` | 200, or 503 with the reasons |
//! | `/health`, `/api/health` | 200 when healthy, else 503, with everything known |
//! | `/metrics` | text for Prometheus |
//! | `/api/events` | changes as they happen, as server-sent events |
//!
//! Everything is made from a [`View`](crate::service::view::View) by pure
//! functions; nothing here decides what the recorder does, and nothing here is
//! remembered between two requests but the counters of the server itself.

mod access;
mod counters;
mod events;
mod families;
mod handovers;
mod health;
mod metrics;
mod observe;
mod options;
mod paths;
mod problem;
mod routes;
mod server;
mod status;
mod status_line;
mod timings;
mod troubles;
mod view_source;

pub use counters::HttpCounters;
pub use events::{Event, EventKind};
pub use health::{Health, health};
pub use metrics::metrics;
pub use options::HttpOptions;
pub use server::{Drained, serve};
pub use status::Status;
pub use status_line::status_line;
pub use timings::Timings;
pub use troubles::readiness;

/// The version of the program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
