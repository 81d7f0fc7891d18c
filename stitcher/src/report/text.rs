//! The report for eyes.

use super::days::length;
use super::model::{CameraDay, Gap, Report};
use super::sentences;
use crate::counted::counted;
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
    let _ = writeln!(text, "  {}", sentences::shares(day));
    let seams = |kind| day.seams.get(&kind).copied().unwrap_or(0);
    let _ = writeln!(
        text,
        "  seams: {} exact, {} clock (within {:.3} s), {} after a gap; {}",
        seams(SeamKind::Exact),
        seams(SeamKind::Clock),
        day.seam_error.as_secs_f64(),
        seams(SeamKind::Gap),
        sentences::overlap(day)
    );
    for line in sentences::starts(day).into_iter().chain(sentences::drifts(day)) {
        let _ = writeln!(text, "  {line}");
    }
    if day.holes > 0 || day.damaged > 0 {
        let (holes, damaged) = (counted(day.holes, "hole"), counted(day.damaged, "damaged frame"));
        let _ = writeln!(text, "  {holes}, {:.3} s; {damaged}", day.hole_time.as_secs_f64());
    }
    for (time, what) in
        [(day.disabled, "switched off"), (day.expired, "removed"), (day.pending, "still open")]
    {
        if time.get() > 0 {
            let _ = writeln!(text, "  {:.3} s {what}", time.as_secs_f64());
        }
    }
    if day.corrupt + day.lost > 0 {
        let corrupt = counted(day.corrupt, "segment");
        let _ = writeln!(text, "  {corrupt} corrupt, {} missing", day.lost);
    }
    let open = day.open_gaps().count() as u64;
    if open > 0 {
        let longest = day.longest_gap().as_secs_f64();
        let _ = writeln!(text, "  {}, the longest {longest:.3} s", counted(open, "gap"));
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
        Some(at) => {
            let by = gap.repaired_by.join(", ");
            format!("repaired at {at} by {by}: {from} {seconds:.3} s: {}", gap.cause)
        }
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
