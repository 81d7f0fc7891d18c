//! Who may look.
//!
//! Where only this machine can ask, everybody may, as long as the request was
//! meant for this machine: a page elsewhere that points its own name here
//! (DNS rebinding) is refused. Everywhere else the token is asked for, as
//! `Authorization: Bearer` or, since a `<video>` sends no such header, as
//! `token` in the address.

use super::answer::Refusal;
use super::query::value;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hitless_config::Secret;
use std::net::{IpAddr, SocketAddr};
use subtle::ConstantTimeEq;

/// What is asked of a request.
#[derive(Debug, Clone)]
pub enum Access {
    /// That it was meant for this machine.
    Local,
    /// The token.
    Token(Secret),
}

impl Access {
    /// What to ask of those who come to an address; `None`: it must not be
    /// opened without a token.
    pub fn new(token: Option<Secret>, bind: SocketAddr) -> Option<Self> {
        match token {
            Some(token) => Some(Self::Token(token)),
            None if bind.ip().is_loopback() => Some(Self::Local),
            None => None,
        }
    }

    fn admits(&self, request: &Request) -> bool {
        match self {
            Self::Local => request
                .headers()
                .get(header::HOST)
                .and_then(|host| host.to_str().ok())
                .is_none_or(is_this_machine),
            Self::Token(token) => {
                let right = |sent: &[u8]| bool::from(sent.ct_eq(token.expose().as_bytes()));
                bearer(request).is_some_and(right)
                    || value(request.uri().query(), "token").is_some_and(|t| right(t.as_bytes()))
            }
        }
    }
}

/// Lets through or refuses.
pub(super) async fn check(State(access): State<Access>, request: Request, next: Next) -> Response {
    if access.admits(&request) {
        return next.run(request).await;
    }
    match access {
        Access::Local => Refusal::NotForThisMachine.into_response(),
        Access::Token(_) => Refusal::NoToken.into_response(),
    }
}

fn bearer(request: &Request) -> Option<&[u8]> {
    let value = request.headers().get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// `127.0.0.1:8090`, `[::1]:8090`, `localhost:8090`, with any port or none.
fn is_this_machine(host: &str) -> bool {
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_known_and_no_others() {
        for host in ["127.0.0.1:8090", "localhost", "LOCALHOST:1", "[::1]:8090", "127.9.9.9"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "", "10.0.0.1:80", "[::2]:1"] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn nothing_but_loopback_is_opened_without_a_token() {
        let address = |text: &str| text.parse().expect("an address");
        assert!(Access::new(None, address("127.0.0.1:8090")).is_some());
        assert!(Access::new(None, address("0.0.0.0:8090")).is_none());
        assert!(Access::new(Some(Secret::new("s")), address("0.0.0.0:8090")).is_some());
    }
}
