//! What may be asked of the server, and how much.

use hitless_config::Secret;
use std::time::Duration;

/// How the server behaves. The defaults suit a service on one machine.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Asked for by everything but the probes, if there is one.
    pub token: Option<Secret>,
    /// A request that takes longer is answered with 503.
    pub request_limit: Duration,
    /// A connection that sends no whole request head for so long is closed. Over
    /// the 60 s for which common proxies keep theirs, so that they close first.
    pub idle_limit: Duration,
    /// Requests answered at once, probes aside; more are shed.
    pub requests: usize,
    /// Connections at once; on more of them only probes are answered.
    pub connections: usize,
    /// Clients that listen to events at once; more are shed.
    pub event_clients: usize,
    /// For how long connections that clients keep open are still served after
    /// shutdown began, each told to close with its next answer.
    pub linger: Duration,
    /// A shutdown that takes longer is cut.
    pub drain_limit: Duration,
    /// Further metrics of the service, printed with each scrape. Their names
    /// must begin with `hitless_recorder_` and be none of the server's.
    pub registry: Option<prometheus::Registry>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            token: None,
            request_limit: Duration::from_secs(5),
            idle_limit: Duration::from_secs(75),
            requests: 64,
            connections: 512,
            event_clients: 64,
            linger: Duration::from_millis(500),
            drain_limit: Duration::from_secs(5),
            registry: None,
        }
    }
}
