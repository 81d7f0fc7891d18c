//! A timeline for scripts. The keys are promised in the project's design and
//! in `docs/timeline.md`; they only ever become more.

use super::Timeline;
use hitless_schema::timeline::{Entry, Span, What};
use serde_json::{Value, json as value};

/// The document.
pub fn json(timeline: &Timeline) -> Value {
    value!({
        "schema_version": 1,
        "camera": timeline.camera.as_str(),
        "from": timeline.range.from.to_string(),
        "to": timeline.range.to.to_string(),
        "entries": timeline.entries.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn entry(entry: &Entry) -> Value {
    let mut found = match &entry.what {
        What::Span(one) => span(one),
        What::Gap(cause) => value!({ "kind": "gap", "cause": cause.as_str() }),
        What::Hole(cause) => value!({ "kind": "hole", "cause": cause.as_str() }),
        What::Pending => value!({ "kind": "pending" }),
        What::Expired => value!({ "kind": "expired" }),
    };
    found["start"] = value!(entry.start.to_string());
    found["end"] = value!(entry.end.to_string());
    if !matches!(entry.what, What::Span(_)) {
        found["seconds"] = value!(entry.end.since(entry.start).as_secs_f64());
    }
    found
}

fn span(span: &Span) -> Value {
    value!({
        "kind": "span",
        "segment": span.segment.to_string(),
        "path": span.segment.relative_path(),
        "instance": span.segment.instance.as_str(),
        "run": span.run.as_ref().map(hitless_model::RunId::as_str),
        "first_sample": span.first_sample,
        "samples": span.samples,
        "seam": span.seam.kind.as_str(),
        "seam_error_seconds": span.seam.error.as_secs_f64(),
    })
}
