//! Who may ask: the token.
//!
//! Probes are open to all. Everything else needs the token where one is
//! configured, paths that do not exist too, so that nothing is told to whom
//! nothing may be told. Off loopback without a token nothing but the probes
//! answers; the configuration refuses that already.

use super::paths;
use super::problem::Problem;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hitless_config::Secret;
use std::net::SocketAddr;
use subtle::ConstantTimeEq;

/// What is asked of a request.
#[derive(Debug, Clone)]
pub(super) enum Access {
    /// Nothing: only this machine can ask.
    Open,
    /// The token.
    Token(Secret),
    /// More than anybody has.
    ProbesOnly,
}

impl Access {
    /// What to ask of those who come to this address.
    pub(super) fn new(token: Option<Secret>, address: SocketAddr) -> Self {
        match token {
            Some(token) => Self::Token(token),
            None if address.ip().is_loopback() => Self::Open,
            None => Self::ProbesOnly,
        }
    }

    fn admits(&self, request: &Request) -> bool {
        match self {
            _ if paths::is_probe(request.uri().path()) => true,
            Self::Open => true,
            Self::ProbesOnly => false,
            Self::Token(token) => {
                bearer(request).is_some_and(|sent| sent.ct_eq(token.expose().as_bytes()).into())
            }
        }
    }
}

/// Lets through or answers with 401.
pub(super) async fn check(State(access): State<Access>, request: Request, next: Next) -> Response {
    if access.admits(&request) {
        next.run(request).await
    } else {
        Problem::Unauthorized.into_response()
    }
}

fn bearer(request: &Request) -> Option<&[u8]> {
    let value = request.headers().get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}
