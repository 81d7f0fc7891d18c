//! Errors as `application/problem+json` (RFC 9457).
//!
//! A handler returns a [`Problem`]; the outermost layer prints it, because only
//! there the request's id is known.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Why a request was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// No token, or a wrong one.
    Unauthorized,
    /// No such path.
    NotFound,
    /// The path only answers GET and HEAD.
    MethodNotAllowed,
    /// Too many requests, connections or event clients at once.
    Overloaded,
    /// The answer took too long to make.
    TimedOut,
    /// The answer could not be made.
    Internal,
}

impl Problem {
    pub(super) const ALL: [Self; 6] = [
        Self::Unauthorized,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Overloaded,
        Self::TimedOut,
        Self::Internal,
    ];

    /// As written in metrics and in `type`.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Overloaded => "overloaded",
            Self::TimedOut => "timed_out",
            Self::Internal => "internal",
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::Unauthorized => "Send the token as \"Authorization: Bearer …\".",
            Self::NotFound => "There is no such path; /health says how the recorder is.",
            Self::MethodNotAllowed => "Only GET and HEAD are answered here.",
            Self::Overloaded => "Too much is asked at once; ask again in a moment.",
            Self::TimedOut => "The answer took too long to make; ask again in a moment.",
            Self::Internal => "The recorder could not make the answer; its log says why.",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Overloaded | Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn header(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Unauthorized => {
                let asked = HeaderValue::from_static("Bearer realm=\"hitless\"");
                Some((header::WWW_AUTHENTICATE, asked))
            }
            Self::MethodNotAllowed => Some((header::ALLOW, HeaderValue::from_static("GET, HEAD"))),
            Self::Overloaded | Self::TimedOut => {
                Some((header::RETRY_AFTER, HeaderValue::from_static("1")))
            }
            Self::NotFound | Self::Internal => None,
        }
    }

    /// The answer, with what ties it to a line in the log.
    pub(super) fn print(self, request_id: &str) -> Response {
        let status = self.status();
        let body = Body {
            r#type: format!("urn:hitless:problem:{}", self.reason()),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: self.detail(),
            request_id,
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        headers.extend(self.header());
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    request_id: &'a str,
}
