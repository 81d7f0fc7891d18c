//! The report for scripts; described by `docs/report.schema.json`.

use super::days::length;
use super::model::{CameraDay, Drift, Gap, Overlap, Report, SEAMS, Start};
use hitless_model::{Run, SeamKind};
use serde_json::{Map, Value, json as value};

/// The document.
pub fn json(report: &Report) -> Value {
    value!({
        "schema_version": 1,
        "from": report.range.from.to_string(),
        "to": report.range.to.to_string(),
        "made": report.made.to_string(),
        "longest_gap_seconds": report.longest_gap().as_secs_f64(),
        "days": report.days.iter().map(day).collect::<Vec<_>>(),
        "runs": report.runs.iter().map(run).collect::<Vec<_>>(),
    })
}

fn day(day: &CameraDay) -> Value {
    let shares: Map<String, Value> = day
        .shares
        .iter()
        .map(|(instance, time)| (instance.to_string(), value!(time.as_secs_f64())))
        .collect();
    value!({
        "camera": day.camera.as_str(),
        "day": day.day(),
        "from": day.range.from.to_string(),
        "to": day.range.to.to_string(),
        "coverage": day.coverage(),
        "covered_seconds": day.covered.as_secs_f64(),
        "expected_seconds": day.expected.as_secs_f64(),
        "missing_seconds": day.missing.as_secs_f64(),
        "longest_gap_seconds": day.longest_gap().as_secs_f64(),
        "gaps": day.gaps.iter().map(gap).collect::<Vec<_>>(),
        "holes": day.holes,
        "hole_seconds": day.hole_time.as_secs_f64(),
        "disabled_seconds": day.disabled.as_secs_f64(),
        "expired_seconds": day.expired.as_secs_f64(),
        "pending_seconds": day.pending.as_secs_f64(),
        "seams": seams(day),
        "seam_error_seconds": day.seam_error.as_secs_f64(),
        "damaged_samples": day.damaged,
        "instance_seconds": shares,
        "overlapped_seconds": day.overlapped.as_secs_f64(),
        "overlap": day.overlap(),
        "overlaps": day.overlaps.iter().map(overlap).collect::<Vec<_>>(),
        "drifts": day.drifts().iter().map(drift).collect::<Vec<_>>(),
        "recorder_starts": day.starts.len(),
        "starts": day.starts.iter().map(start).collect::<Vec<_>>(),
        "corrupt_segments": day.corrupt,
        "missing_segments": day.lost,
        "findings": day.findings,
    })
}

/// Every kind, also those that there are none of.
fn seams(day: &CameraDay) -> Value {
    let all = SEAMS.iter();
    let count = |kind: &SeamKind| day.seams.get(kind).copied().unwrap_or(0);
    all.map(|kind| (kind.as_str().to_owned(), value!(count(kind)))).collect::<Map<_, _>>().into()
}

fn gap(gap: &Gap) -> Value {
    value!({
        "start": gap.range.from.to_string(),
        "end": gap.range.to.to_string(),
        "seconds": length(gap.range).as_secs_f64(),
        "cause": gap.cause.as_str(),
        "noticed": gap.noticed.map(|at| at.to_string()),
        "repaired": gap.repaired.map(|at| at.to_string()),
        "repaired_by": gap.repaired_by,
    })
}

fn overlap(overlap: &Overlap) -> Value {
    value!({
        "early": overlap.early.as_str(),
        "late": overlap.late.as_str(),
        "start": overlap.range.from.to_string(),
        "end": overlap.range.to.to_string(),
        "seconds": length(overlap.range).as_secs_f64(),
        "exact": overlap.exact,
        "matched": overlap.matched.map(|(matched, _)| matched),
        "compared": overlap.matched.map(|(_, compared)| compared),
        "drift_ppb": overlap.drift_ppb,
    })
}

fn drift(drift: &Drift) -> Value {
    value!({ "of": drift.of.as_str(), "against": drift.against.as_str(), "ppm": drift.ppm() })
}

fn start(start: &Start) -> Value {
    value!({
        "instance": start.instance.as_str(),
        "run": start.run.as_str(),
        "started": start.at.to_string(),
        "overlap_seconds": start.overlap.as_secs_f64(),
    })
}

fn run(run: &Run) -> Value {
    value!({
        "run": run.run.as_str(),
        "instance": run.instance.as_str(),
        "host": run.host,
        "started": run.started.to_string(),
        "stopped": run.stopped.map(|at| at.to_string()),
        "last_sign_of_life": run.heartbeat.to_string(),
    })
}
