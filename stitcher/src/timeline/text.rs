//! A timeline for eyes: one line per entry.

use super::Timeline;
use crate::counted::counted;
use hitless_model::{Cause, Nanos, SeamKind, Utc};
use hitless_schema::timeline::{Entry, Span, What};
use std::fmt::Write as _;

/// The lines, and a sum at the end.
pub fn text(timeline: &Timeline) -> String {
    let (from, to) = (timeline.range.from, timeline.range.to);
    let mut text = format!("{} from {from} to {to}\n", timeline.camera);
    for entry in &timeline.entries {
        let seconds = entry.end.since(entry.start).as_secs_f64();
        // writing to a string cannot fail
        let _ = writeln!(text, "{}  {seconds:>10.3} s  {}", clock(entry.start), what(entry));
    }
    let covered: Nanos = timeline
        .entries
        .iter()
        .filter(|entry| matches!(entry.what, What::Span(_)))
        .map(|entry| entry.end.min(to).since(entry.start.max(from)))
        .fold(Nanos::ZERO, Nanos::plus);
    let gaps = counted(timeline.gaps().count() as u64, "gap");
    let _ = writeln!(text, "{:.3} s of footage, {gaps}", covered.as_secs_f64());
    text
}

fn what(entry: &Entry) -> String {
    match &entry.what {
        What::Span(one) => span(one),
        What::Gap(Cause::Disabled) => "disabled  switched off".to_owned(),
        What::Gap(cause) => format!("GAP       {cause}"),
        What::Hole(cause) => format!("hole      {cause}"),
        What::Pending => "pending   in a file that is still open".to_owned(),
        What::Expired => "expired   removed by retention".to_owned(),
    }
}

fn span(span: &Span) -> String {
    let seam = match span.seam.kind {
        SeamKind::Clock => format!("clock, +-{:.3} s", span.seam.error.as_secs_f64()),
        kind => kind.as_str().to_owned(),
    };
    let last = u64::from(span.first_sample) + u64::from(span.samples).saturating_sub(1);
    let damaged = match span.damaged {
        0 => String::new(),
        n => format!(", {n} damaged"),
    };
    format!("{} samples {}-{last}{damaged} ({seam})", span.segment, span.first_sample)
}

fn clock(at: Utc) -> String {
    at.to_string().replace('T', " ")
}
