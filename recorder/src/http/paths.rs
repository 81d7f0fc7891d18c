//! The paths there are: which are open to everybody, and what they are counted as.

const PROBES: [&str; 4] = ["/live", "/liveness", "/ready", "/readiness"];
const OTHERS: [&str; 4] = ["/health", "/api/health", "/metrics", "/api/events"];

/// Whether a path is open to everybody.
pub(super) fn is_probe(path: &str) -> bool {
    PROBES.contains(&path)
}

/// A path as a label: few, whatever clients invent.
pub(super) fn label(path: &str) -> &'static str {
    PROBES.iter().chain(&OTHERS).find(|known| **known == path).copied().unwrap_or("other")
}
