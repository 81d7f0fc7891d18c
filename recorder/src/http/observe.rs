//! What happens to every request: an id, a line in the log, counters.

use super::counters::HttpCounters;
use super::paths;
use super::problem::Problem;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Carries the id of a request there and back.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// An id that a client sends is taken up to this length.
const LONGEST_ID: usize = 64;

/// What the outermost layer needs.
#[derive(Debug, Clone)]
pub(super) struct Observer {
    pub(super) counters: HttpCounters,
    /// Once cancelled, every answer closes its connection.
    pub(super) closing: CancellationToken,
}

/// Wraps every request.
pub(super) async fn observe(
    State(observer): State<Observer>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let id = request_id(&request);
    let path = paths::label(request.uri().path());
    let method = method_label(request.method());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        observer.counters.failed(problem.reason());
        response = problem.print(&id);
    }
    finish(&mut response, &id, &observer.closing);
    let status = response.status();
    observer.counters.answered(path, method, status.as_u16(), began.elapsed());
    let ms = began.elapsed().as_secs_f64() * 1000.0;
    tracing::debug!(request_id = %id, method, path, status = status.as_u16(), ms, "answered");
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::warn!(request_id = %id, method, path, "a request could not be answered");
    }
    response
}

fn finish(response: &mut Response, id: &str, closing: &CancellationToken) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if closing.is_cancelled() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

/// The client's own id if it can stand in a log, else a new one.
fn request_id(request: &Request) -> String {
    request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (1..=LONGEST_ID).contains(&id.len()))
        .filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b)))
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// Few words, whatever clients invent.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}
