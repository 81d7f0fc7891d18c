//! The HTTP server as something that can be started and stopped again.
//!
//! A socket that listens outlives the server on it: a successor goes on with
//! it, and a predecessor whose successor died does too.

use super::view::View;
use crate::http::{self, Drained, Event, HttpOptions};
use anyhow::Context;
use hitless_config::Config;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

/// Shows how the recorder stands.
pub(super) type ShowView = Arc<dyn Fn() -> View + Send + Sync>;

/// The address of the recorder, and who answers there.
pub(super) struct Server {
    /// Nothing once it was closed.
    listener: Option<TcpListener>,
    options: HttpOptions,
    view: ShowView,
    events: broadcast::Sender<Event>,
    serving: Option<(CancellationToken, JoinHandle<Drained>)>,
}

impl Server {
    /// On a socket that listens; nobody is answered yet.
    pub(super) fn new(
        listener: TcpListener,
        config: &Config,
        view: ShowView,
        events: broadcast::Sender<Event>,
        registry: prometheus::Registry,
    ) -> Self {
        let options = HttpOptions {
            token: config.recorder.access.token.clone(),
            drain_limit: config.shutdown.requests.max(config.shutdown.events),
            registry: Some(registry),
            ..HttpOptions::default()
        };
        Self { listener: Some(listener), options, view, events, serving: None }
    }

    /// Answers from now on.
    pub(super) fn start(&mut self) -> anyhow::Result<()> {
        let listener = self.socket()?;
        let listener = tokio::net::TcpListener::from_std(listener).context("cannot listen")?;
        let shutdown = CancellationToken::new();
        let (view, events) = (Arc::clone(&self.view), self.events.clone());
        let serve = http::serve(listener, self.options.clone(), view, events, shutdown.clone());
        self.serving = Some((shutdown, tokio::spawn(serve)));
        Ok(())
    }

    /// Lets go of all clients, each with its answer or a goodbye. May be
    /// cancelled: the clients are let go of all the same.
    pub(super) async fn stop(&mut self) {
        let Some((shutdown, task)) = self.serving.take() else { return };
        shutdown.cancel();
        match task.await {
            Ok(Drained { cut: 0 }) => {}
            Ok(Drained { cut }) => warn!(clients = cut, "HTTP clients were cut off"),
            Err(panic) => error!("a background task failed: {panic}"),
        }
    }

    /// As [`Self::stop`], for good: who connects now is refused at once, and
    /// not kept waiting for the process to end.
    pub(super) async fn close(&mut self) {
        self.listener = None;
        self.stop().await;
    }

    /// Another handle of the socket.
    pub(super) fn socket(&self) -> anyhow::Result<TcpListener> {
        let listener = self.listener.as_ref().context("the listening socket is closed")?;
        listener.try_clone().context("cannot share the listening socket")
    }
}

/// The socket to listen on: the one inherited, if it is where the configuration
/// now says, else a new one.
pub(super) fn listen(
    config: &Config,
    inherited: Option<(TcpListener, SocketAddr)>,
) -> anyhow::Result<TcpListener> {
    let bind = config.recorder.access.bind;
    let fits =
        |at: &SocketAddr| at.ip() == bind.ip() && (at.port() == bind.port() || bind.port() == 0);
    let listener = match inherited.filter(|(_, at)| fits(at)) {
        Some((listener, _)) => listener,
        None => TcpListener::bind(bind).with_context(|| {
            format!("cannot listen on {bind}; another program does, or set recorder.bind or --bind")
        })?,
    };
    listener.set_nonblocking(true).context("cannot set up the listening socket")?;
    Ok(listener)
}
