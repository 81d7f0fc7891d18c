//! Connections: taken, served, and let go without one that fails.
//!
//! On shutdown the listener is dropped at once (a successor that inherited it
//! goes on), what is being answered is answered, and connections that clients
//! keep open get a moment in which the next answer tells them to close. Closing
//! an idle one at once would lose the request that is just on its way.

use super::counters::HttpCounters;
use super::events::Event;
use super::options::HttpOptions;
use super::routes::{self, Shared};
use super::view_source::ViewSource;
use crate::service::view::View;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, broadcast};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// Connections beyond their number on which probes are still answered.
const SPARE: usize = 64;
/// After an error that will not go away by itself, such as no free descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// What is sent and not acknowledged for so long ends the connection: a client
/// that stopped reading events, or a machine that vanished.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// How the server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections cut because the limit was reached.
    pub cut: usize,
}

/// Answers until `shutdown` is cancelled, then lets go of all clients.
///
/// `view` is called for each answer; `events` is what listeners get to hear.
pub async fn serve(
    listener: TcpListener,
    options: HttpOptions,
    view: Arc<dyn Fn() -> View + Send + Sync>,
    events: broadcast::Sender<Event>,
    shutdown: CancellationToken,
) -> Drained {
    let shared = Shared {
        view: ViewSource::new(view),
        counters: HttpCounters::new(),
        events,
        event_clients: Arc::new(Semaphore::new(options.event_clients)),
        registry: options.registry.clone(),
        shutdown: shutdown.clone(),
    };
    // Without an address nothing but the probes is answered.
    let address = listener.local_addr().unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
    let mut connections = Connections {
        router: routes::all(&shared, &options, address),
        overloaded: routes::overloaded(&shared, &options),
        counters: shared.counters,
        close: CancellationToken::new(),
        tasks: JoinSet::new(),
        options,
    };
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => connections.take(stream),
                Err(error) => pause(&error).await,
            },
            Some(_) = connections.tasks.join_next() => {}
        }
    }
    drop(listener);
    connections.drain().await
}

struct Connections {
    router: Router,
    overloaded: Router,
    counters: HttpCounters,
    close: CancellationToken,
    tasks: JoinSet<()>,
    options: HttpOptions,
}

impl Connections {
    fn take(&mut self, stream: TcpStream) {
        let router = match self.tasks.len() {
            open if open < self.options.connections => self.router.clone(),
            open if open < self.options.connections + SPARE => self.overloaded.clone(),
            _ => return,
        };
        let (counters, close) = (self.counters.clone(), self.close.clone());
        let idle_limit = self.options.idle_limit;
        self.tasks.spawn(async move {
            let _counted = counters.connection();
            if let Err(error) = converse(stream, router, idle_limit, close).await {
                tracing::debug!(%error, "a connection broke");
            }
        });
    }

    async fn drain(mut self) -> Drained {
        let began = Instant::now();
        let last = began + self.options.drain_limit;
        self.wait(last.min(began + self.options.linger)).await;
        self.close.cancel();
        self.wait(last).await;
        let cut = self.tasks.len();
        self.tasks.shutdown().await;
        Drained { cut }
    }

    /// Until all are gone or the moment has come.
    async fn wait(&mut self, until: Instant) {
        let gone = async { while self.tasks.join_next().await.is_some() {} };
        // Running out of time is no error here: the next step is stronger.
        let _ = timeout_at(until, gone).await;
    }
}

/// Serves one connection to its end; after `close`, to the end of the answer.
async fn converse(
    stream: TcpStream,
    router: Router,
    idle_limit: Duration,
    close: CancellationToken,
) -> Result<(), hyper::Error> {
    if let Err(error) = tune(&stream) {
        tracing::debug!(%error, "a connection was gone at once");
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle_limit)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = close.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let ms = u32::try_from(UNACKNOWLEDGED.as_millis()).unwrap_or(u32::MAX);
    rustix::net::sockopt::set_tcp_user_timeout(stream, ms)?;
    Ok(())
}

async fn pause(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    tracing::warn!(%error, "no connection can be taken at the moment");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}
