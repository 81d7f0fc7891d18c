//! The report for eyes.

use super::days::length;
use super::model::{CameraDay, Gap, Report};
use hitless_model::SeamKind;
use std::fmt::Write as _;

/// The lines.
pub fn text(report: &Report) -> String {
    let (from, to) = (report.range.from, report.range.to);
    let mut text = format!("Continuity from {from} to {to}\n");
    if report.days.is_empty() {
        text.push_str("nothing was stitched in this time\n");
    }
    for day in &report.days {
        describe(&mut text, day);
    }
    text
}

fn describe(text: &mut String, day: &CameraDay) {
    let coverage = percent(day.coverage());
    let (covered, expected) = (day.covered.as_secs_f64(), day.expected.as_secs_f64());
    // writing to a string cannot fail
    let _ = writeln!(text, "\n{} {}  {coverage}", day.camera, day.day());
    let _ = writeln!(text, "  {covered:.3} s of {expected:.3} s");
    let shares: Vec<String> = day
        .shares
        .iter()
        .map(|(instance, time)| format!("{instance} {:.3} s", time.as_secs_f64()))
        .collect();
    let _ = writeln!(text, "  played from {}", shares.join(", "));
    let seams = |kind| day.seams.get(&kind).copied().unwrap_or(0);
    let _ = writeln!(
        text,
        "  seams: {} exact, {} clock (within {:.3} s), {} after a gap; {:.3} s recorded twice",
        seams(SeamKind::Exact),
        seams(SeamKind::Clock),
        day.seam_error.as_secs_f64(),
        seams(SeamKind::Gap),
        day.overlapped.as_secs_f64()
    );
    if day.holes > 0 || day.damaged > 0 {
        let (holes, time) = (day.holes, day.hole_time.as_secs_f64());
        let _ = writeln!(text, "  {holes} holes, {time:.3} s; {} damaged frames", day.damaged);
    }
    for (time, what) in
        [(day.disabled, "switched off"), (day.expired, "removed"), (day.pending, "still open")]
    {
        if time.get() > 0 {
            let _ = writeln!(text, "  {:.3} s {what}", time.as_secs_f64());
        }
    }
    if day.corrupt + day.lost > 0 {
        let (corrupt, lost) = (day.corrupt, day.lost);
        let _ = writeln!(text, "  {corrupt} segments cannot be read, {lost} are gone");
    }
    for one in &day.gaps {
        let _ = writeln!(text, "  {}", gap(one));
    }
    for finding in &day.findings {
        let _ = writeln!(text, "  {finding}");
    }
}

fn gap(gap: &Gap) -> String {
    let (from, seconds) = (gap.range.from, length(gap.range).as_secs_f64());
    match gap.repaired {
        None => format!("GAP {from} {seconds:.3} s: {}", gap.cause),
        Some(at) => format!("repaired at {at}: {from} {seconds:.3} s: {}", gap.cause),
    }
}

/// Never 100 % where something is missing.
pub fn percent(coverage: Option<f64>) -> String {
    match coverage {
        None => "-".to_owned(),
        Some(all) if all >= 1.0 => "100 %".to_owned(),
        Some(part) => format!("{:.3} %", (part * 100_000.0).floor() / 1000.0),
    }
}
