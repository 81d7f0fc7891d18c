//! HTTP live streaming (RFC 8216): a list, initialisations and fragments.

use super::answer::Refusal;
use super::api::{Answer, Shared, asked};
use super::clips::{Ask, Kept};
use super::query::value;
use crate::export::Gaps;
use crate::virtual_mp4::{Fragment, Fragments, VirtualError};
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write as _;
use std::sync::Arc;

/// The list of fragments of a stretch.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let (ask, kept) = kept(&shared, query.as_deref()).await?;
    let fragments = kept.fragments().await?;
    // With instants instead of "now": the list must go on meaning the same.
    let coded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (from, to) = (ask.range.from.to_string(), ask.range.to.to_string());
    let mut same = format!("camera={}&from={}&to={}", ask.camera, coded(&from), coded(&to));
    if let Some(token) = value(query.as_deref(), "token") {
        let _ = write!(same, "&token={}", coded(&token));
    }
    let kind = [(header::CONTENT_TYPE, "application/vnd.apple.mpegurl")];
    Ok((kind, playlist(fragments.list(), &same)).into_response())
}

/// What a player needs before fragments.
pub(super) async fn init(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let entry = number(query.as_deref(), "entry")?;
    let made = move |fragments: &Fragments| match u16::try_from(entry) {
        Ok(entry) => fragments.init(entry),
        Err(_) => Ok(None),
    };
    media(&shared, query.as_deref(), made).await
}

/// A fragment.
pub(super) async fn part(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let number = number(query.as_deref(), "n")?;
    media(&shared, query.as_deref(), move |fragments| fragments.bytes(number)).await
}

async fn media(
    shared: &Shared,
    query: Option<&str>,
    made: impl FnOnce(&Fragments) -> Result<Option<Vec<u8>>, VirtualError> + Send + 'static,
) -> Answer<Response> {
    let (_, kept) = kept(shared, query).await?;
    let fragments = kept.fragments().await?;
    let made = tokio::task::spawn_blocking(move || made(&fragments)).await;
    let made = made.map_err(|e| Refusal::Failed(e.to_string()))?;
    let made = made.map_err(|e| Refusal::Failed(e.to_string()))?;
    let bytes = made.ok_or_else(|| Refusal::NotFound("there is no such part".to_owned()))?;
    Ok(([(header::CONTENT_TYPE, "video/mp4")], bytes).into_response())
}

async fn kept(shared: &Shared, query: Option<&str>) -> Answer<(Ask, Kept)> {
    let (camera, range) = asked(query)?;
    let ask = Ask { camera, range, gaps: Gaps::Keep };
    let kept = shared.clips.get(&shared.site, &ask).await?;
    Ok((ask, kept))
}

fn number(query: Option<&str>, name: &str) -> Answer<usize> {
    let found = value(query, name).and_then(|text| text.parse().ok());
    found.ok_or_else(|| Refusal::BadRequest(format!("{name} is no number")))
}

/// The text of a list; `same` is what all its addresses have in common.
fn playlist(fragments: &[Fragment], same: &str) -> String {
    let longest = fragments.iter().map(|f| f.length.as_secs_f64()).fold(1.0, f64::max);
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXT-X-INDEPENDENT-SEGMENTS\n",
        longest.ceil()
    );
    let mut entry = None;
    // Writing to a string cannot fail.
    for (number, fragment) in fragments.iter().enumerate() {
        if entry.is_some_and(|known| known != fragment.entry) {
            text.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if entry.replace(fragment.entry) != Some(fragment.entry) {
            let init = fragment.entry;
            let _ = writeln!(text, "#EXT-X-MAP:URI=\"init.mp4?{same}&entry={init}\"");
        }
        let _ = writeln!(text, "#EXT-X-PROGRAM-DATE-TIME:{}", fragment.start);
        let _ = writeln!(text, "#EXTINF:{:.6},", fragment.length.as_secs_f64());
        let _ = writeln!(text, "part.m4s?{same}&n={number}");
    }
    text.push_str("#EXT-X-ENDLIST\n");
    text
}
