//! Which path answers what.

use super::access::{self, Access};
use super::counters::HttpCounters;
use super::events::{Client, Event};
use super::health::health;
use super::metrics;
use super::observe::{self, Observer};
use super::options::HttpOptions;
use super::problem::Problem;
use super::status::Status;
use super::troubles::readiness;
use super::view_source::ViewSource;
use axum::error_handling::HandleErrorLayer;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{BoxError, Json, Router, middleware};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;

/// A line of comment so often, so that both ends and all between see life.
const EVENT_KEEP_ALIVE: Duration = Duration::from_secs(15);
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What every handler may use.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) view: ViewSource,
    pub(super) counters: HttpCounters,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) event_clients: Arc<Semaphore>,
    pub(super) registry: Option<prometheus::Registry>,
    pub(super) shutdown: CancellationToken,
}

/// Everything.
pub(super) fn all(shared: &Shared, options: &HttpOptions, address: SocketAddr) -> Router {
    let limits = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(failed))
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(options.requests.max(1)));
    let guarded = Router::new()
        .route("/health", get(answer_health))
        .route("/api/health", get(answer_health))
        .route("/metrics", get(answer_metrics))
        .route("/api/events", get(answer_events))
        .layer(limits);
    let router = probes().merge(guarded).fallback(async || Problem::NotFound);
    let access = Access::new(options.token.clone(), address);
    finished(router, shared, options, access, shared.shutdown.clone())
}

/// The probes alone, for connections beyond their number.
pub(super) fn overloaded(shared: &Shared, options: &HttpOptions) -> Router {
    let router = probes().fallback(async || Problem::Overloaded);
    let closing = CancellationToken::new();
    closing.cancel();
    finished(router, shared, options, Access::Open, closing)
}

fn probes() -> Router<Shared> {
    Router::new()
        .route("/live", get(answer_live))
        .route("/liveness", get(answer_live))
        .route("/ready", get(answer_ready))
        .route("/readiness", get(answer_ready))
}

fn finished(
    router: Router<Shared>,
    shared: &Shared,
    options: &HttpOptions,
    access: Access,
    closing: CancellationToken,
) -> Router {
    let observer = Observer { counters: shared.counters.clone(), closing };
    let limit = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(failed))
        .layer(TimeoutLayer::new(options.request_limit));
    router
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .layer(limit)
        .layer(middleware::from_fn_with_state(access, access::check))
        .layer(middleware::from_fn_with_state(observer, observe::observe))
        .with_state(shared.clone())
}

async fn failed(error: BoxError) -> Problem {
    if error.is::<tower::timeout::error::Elapsed>() {
        Problem::TimedOut
    } else if error.is::<tower::load_shed::error::Overloaded>() {
        Problem::Overloaded
    } else {
        tracing::error!(%error, "a request failed");
        Problem::Internal
    }
}

async fn answer_live() -> Response {
    Json(json!({ "schema_version": 1, "live": true })).into_response()
}

async fn answer_ready(State(shared): State<Shared>) -> Result<Response, Problem> {
    let found = shared.view.read(|view| readiness(&view)).await?;
    let (status, reasons) = match found {
        Ok(()) => (StatusCode::OK, Vec::new()),
        Err(reasons) => (StatusCode::SERVICE_UNAVAILABLE, reasons),
    };
    let ready = status == StatusCode::OK;
    let body = json!({ "schema_version": 1, "ready": ready, "reasons": reasons });
    Ok((status, Json(body)).into_response())
}

async fn answer_health(State(shared): State<Shared>) -> Result<Response, Problem> {
    let began = Instant::now();
    let mut health = shared.view.read(|view| health(&view)).await?;
    health.response_time_ms = began.elapsed().as_secs_f64() * 1000.0;
    let status = match health.status {
        Status::Healthy => StatusCode::OK,
        Status::Degraded | Status::Unhealthy => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok((status, Json(health)).into_response())
}

async fn answer_metrics(State(shared): State<Shared>) -> Result<Response, Problem> {
    let (counters, registry) = (shared.counters, shared.registry);
    let text = shared.view.read(move |view| {
        let more = registry.map(|registry| registry.gather()).unwrap_or_default();
        metrics::with_more(&view, &counters, more)
    });
    Ok(([(header::CONTENT_TYPE, METRICS_TYPE)], text.await?).into_response())
}

async fn answer_events(State(shared): State<Shared>) -> Result<Response, Problem> {
    let permit =
        Arc::clone(&shared.event_clients).try_acquire_owned().map_err(|_| Problem::Overloaded)?;
    // Before the view is taken, so that no change falls between the two.
    let events = shared.events.subscribe();
    let hello = shared.view.read(|view| view).await?;
    let client = Client {
        hello,
        events,
        shutdown: shared.shutdown,
        held: shared.counters.event_client(),
        counters: shared.counters,
        permit,
    };
    let alive = KeepAlive::new().interval(EVENT_KEEP_ALIVE);
    Ok(Sse::new(client.stream()).keep_alive(alive).into_response())
}
