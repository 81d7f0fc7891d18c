//! The listener and its routes.

use super::access::{Access, check};
use super::api::{Shared, cameras, clip, page, timeline};
use super::clips::Clips;
use super::hls;
use crate::site::Site;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long clients may take to finish when the program is asked to end.
const DRAIN: Duration = Duration::from_secs(3);

/// Why nobody can be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can be reached from elsewhere.
    #[error("{0} can be reached from other machines: set stitcher.token_file")]
    NoToken(SocketAddr),
    /// The address cannot be opened.
    #[error("could not listen on {bind}: {source}")]
    Bind {
        /// The address.
        bind: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The listener failed.
    #[error("could not go on serving: {0}")]
    Serve(#[from] io::Error),
}

/// An open listener.
pub struct Server {
    listener: TcpListener,
    router: Router,
}

impl Server {
    /// Opens an address.
    pub async fn bind(site: Site, bind: SocketAddr) -> Result<Self, ServeError> {
        let token = site.config.stitcher.access.token.clone();
        let access = Access::new(token, bind).ok_or(ServeError::NoToken(bind))?;
        let listener = TcpListener::bind(bind).await;
        let listener = listener.map_err(|source| ServeError::Bind { bind, source })?;
        Ok(Self { listener, router: router(site, access) })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `end`, then lets go of its clients.
    pub async fn run(
        self,
        end: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let (ended, wait) = tokio::sync::oneshot::channel::<()>();
        let signal = async move {
            end.await;
            // The one that waits may be gone already.
            let _ = ended.send(());
        };
        let serving = axum::serve(self.listener, self.router).with_graceful_shutdown(signal);
        let late = async move {
            // Without a word: the server ended by itself.
            if wait.await.is_ok() {
                tokio::time::sleep(DRAIN).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            done = async { serving.await } => Ok(done?),
            () = late => Ok(()),
        }
    }
}

fn router(site: Site, access: Access) -> Router {
    let shared = Arc::new(Shared { site, clips: Clips::default() });
    Router::new()
        .route("/", get(page))
        .route("/api/cameras", get(cameras))
        .route("/api/timeline", get(timeline))
        .route("/api/clip", get(clip))
        .route("/api/hls/list.m3u8", get(hls::list))
        .route("/api/hls/init.mp4", get(hls::init))
        .route("/api/hls/part.m4s", get(hls::part))
        .with_state(shared)
        .layer(from_fn_with_state(access, check))
        .layer(from_fn(guard))
}

/// Headers that every answer has.
async fn guard(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; connect-src 'self'; media-src 'self'; img-src data:; \
             style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}
