//! What the page asks for; scripts may too.

use super::answer::Refusal;
use super::body::body;
use super::clips::{Ask, Clips};
use super::query::value;
use super::range::{Wanted, wanted};
use crate::cli::instant::instant;
use crate::export::Gaps;
use crate::site::{Site, now};
use crate::timeline::{TimelineError, json as timeline_json, open_gap, read};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use hitless_model::{CameraId, TimeRange, Utc};
use hitless_schema::StoreError;
use serde_json::{Value, json};
use std::sync::Arc;

/// What every answer is made from.
pub(super) struct Shared {
    pub(super) site: Site,
    pub(super) clips: Clips,
}

pub(super) type Answer<T> = Result<T, Refusal>;

/// The page.
pub(super) async fn page() -> Html<&'static str> {
    Html(include_str!("page.html"))
}

/// Every camera that has a timeline, and until when it has footage.
pub(super) async fn cameras(State(shared): State<Arc<Shared>>) -> Answer<Json<Value>> {
    let failed = |e: StoreError| Refusal::Failed(e.to_string());
    let mut cameras = Vec::new();
    for work in shared.site.store.stitch_work().await.map_err(failed)? {
        let until = work.state.planned_until;
        let recorded = match open_gap(&shared.site, &work).await.map_err(failed)? {
            Some(gap) => Some(gap.start),
            None => until,
        };
        cameras.push(json!({
            "id": work.camera.as_str(),
            "stitched_until": until.map(|at| at.to_string()),
            "recorded_until": recorded.map(|at| at.to_string()),
        }));
    }
    Ok(Json(json!({ "schema_version": 1, "now": now().to_string(), "cameras": cameras })))
}

/// The same as `stitcher timeline --json`.
pub(super) async fn timeline(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Answer<Json<Value>> {
    let (camera, range) = asked(query.as_deref())?;
    let found = read(&shared.site, &camera, range).await;
    let found = found.map_err(|e| match e {
        TimelineError::NoCamera(..) => Refusal::NotFound(e.to_string()),
        TimelineError::NoRange { .. } => Refusal::BadRequest(e.to_string()),
        TimelineError::Store(_) => Refusal::Failed(e.to_string()),
    })?;
    Ok(Json(timeline_json(&found)))
}

/// A clip as a file that can be seeked in.
pub(super) async fn clip(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer<Response> {
    let (camera, range) = asked(query.as_deref())?;
    let gaps = match value(query.as_deref(), "gaps").as_deref() {
        None | Some("keep") => Gaps::Keep,
        Some("collapse") => Gaps::Collapse,
        Some(other) => {
            let why = format!("gaps is keep or collapse, not \"{other}\"");
            return Err(Refusal::BadRequest(why));
        }
    };
    let ask = Ask { camera, range, gaps };
    let kept = shared.clips.get(&shared.site, &ask).await?;
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    // A part of something that has changed since is no use.
    let same = text(header::IF_RANGE).is_none_or(|tag| tag == kept.tag);
    let wanted = wanted(text(header::RANGE).filter(|_| same), kept.clip.size());
    let size = kept.clip.size();
    let (status, from, end) = match wanted {
        Wanted::All => (StatusCode::OK, 0, size),
        Wanted::Part(from, last) => (StatusCode::PARTIAL_CONTENT, from, last + 1),
        Wanted::Outside => {
            let range = format!("bytes */{size}");
            let head = [(header::CONTENT_RANGE, range)];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, head).into_response());
        }
    };
    let mut answer = body(Arc::clone(&kept.clip), from, end).into_response();
    *answer.status_mut() = status;
    let mut put = |name, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            answer.headers_mut().insert(name, value);
        }
    };
    put(header::CONTENT_TYPE, "video/mp4".to_owned());
    put(header::ACCEPT_RANGES, "bytes".to_owned());
    put(header::CONTENT_LENGTH, (end - from).to_string());
    put(header::ETAG, kept.tag);
    put(header::CACHE_CONTROL, "private, no-cache".to_owned());
    if status == StatusCode::PARTIAL_CONTENT {
        put(header::CONTENT_RANGE, format!("bytes {from}-{}/{size}", end - 1));
    }
    if value(query.as_deref(), "download").is_some() {
        let stamp = |at: Utc| at.to_string()[..19].replace([':', '-'], "");
        let (camera, from, to) = (&ask.camera, stamp(range.from), stamp(range.to));
        let name = format!("attachment; filename=\"{camera}_{from}Z_{to}Z.mp4\"");
        put(header::CONTENT_DISPOSITION, name);
    }
    Ok(answer)
}

pub(super) fn asked(query: Option<&str>) -> Answer<(CameraId, TimeRange)> {
    let bad = |why: String| Refusal::BadRequest(why);
    let needed = |name: &str| value(query, name).ok_or_else(|| bad(format!("{name} is missing")));
    let camera = CameraId::new(needed("camera")?).map_err(|e| bad(e.to_string()))?;
    let now = now();
    let at = |name: &str| instant(&needed(name)?, now).map_err(|e| bad(e.to_string()));
    let range = TimeRange { from: at("from")?, to: at("to")? };
    if range.from >= range.to {
        return Err(bad(format!("from {} is not before to {}", range.from, range.to)));
    }
    Ok((camera, range))
}
