//! The report as a table: one line per camera and day.

use super::model::{CameraDay, Drift, Report};
use hitless_model::{Nanos, SeamKind};
use std::fmt::Write as _;

const COLUMNS: &str = "camera,day,from,to,coverage,covered_seconds,expected_seconds,\
missing_seconds,gaps,longest_gap_seconds,holes,hole_seconds,disabled_seconds,expired_seconds,\
pending_seconds,overlapped_seconds,seams_exact,seams_clock,seams_gap,damaged_samples,\
recorder_starts,corrupt_segments,missing_segments,instances,overlap,drift_ppm,starts_alone";

/// The lines. No field needs quotes: ids, numbers and instants have no commas.
pub fn csv(report: &Report) -> String {
    let mut text = format!("{COLUMNS}\n");
    for day in &report.days {
        // writing to a string cannot fail
        let _ = writeln!(text, "{}", line(day));
    }
    text
}

fn line(day: &CameraDay) -> String {
    let seams = |kind| day.seams.get(&kind).copied().unwrap_or(0).to_string();
    let seconds = |time: Nanos| format!("{:.6}", time.as_secs_f64());
    let shares: Vec<String> = day
        .shares
        .iter()
        .map(|(instance, time)| format!("{instance}={:.3}", time.as_secs_f64()))
        .collect();
    let ratio = |part: Option<f64>| part.map_or(String::new(), |part| format!("{part:.6}"));
    let drift = |drift: Drift| Some(format!("{}/{}={:+.3}", drift.of, drift.against, drift.ppm()?));
    let drifts: Vec<String> = day.drifts().into_iter().filter_map(drift).collect();
    let alone = day.starts.iter().filter(|start| start.overlap == Nanos::ZERO).count();
    [
        day.camera.to_string(),
        day.day(),
        day.range.from.to_string(),
        day.range.to.to_string(),
        ratio(day.coverage()),
        seconds(day.covered),
        seconds(day.expected),
        seconds(day.missing),
        day.open_gaps().count().to_string(),
        seconds(day.longest_gap()),
        day.holes.to_string(),
        seconds(day.hole_time),
        seconds(day.disabled),
        seconds(day.expired),
        seconds(day.pending),
        seconds(day.overlapped),
        seams(SeamKind::Exact),
        seams(SeamKind::Clock),
        seams(SeamKind::Gap),
        day.damaged.to_string(),
        day.starts.len().to_string(),
        day.corrupt.to_string(),
        day.lost.to_string(),
        shares.join(" "),
        ratio(day.overlap()),
        drifts.join(" "),
        alone.to_string(),
    ]
    .join(",")
}
