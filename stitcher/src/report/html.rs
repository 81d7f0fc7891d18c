//! The report as one page: nothing is loaded from elsewhere, and it prints.
//!
//! Ids, causes and numbers are safe in HTML as they are; sentences are escaped.

use super::axis::Axis;
use super::days::length;
use super::model::{CameraDay, Gap, Report};
use super::sentences;
use super::strip::{clock, strip};
use super::text::percent;
use crate::counted::counted;
use hitless_model::{InstanceId, SeamKind};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const HEAD: &str = include_str!("page.html");

/// The page.
pub fn html(report: &Report) -> String {
    let instances: BTreeSet<&InstanceId> =
        report.days.iter().flat_map(|day| day.shares.keys()).collect();
    let instances: Vec<InstanceId> = instances.into_iter().cloned().collect();
    let mut body = summary(report, &instances);
    let mut camera = None;
    for day in &report.days {
        if camera != Some(&day.camera) {
            // writing to a string cannot fail
            let _ = write!(body, "<h2>{}</h2>", day.camera);
            camera = Some(&day.camera);
        }
        body.push_str(&section(day, Axis::of(day.range, report.range), &instances));
    }
    HEAD.replace("<!-- body -->", &body)
}

fn summary(report: &Report, instances: &[InstanceId]) -> String {
    let (from, to) = (report.range.from, report.range.to);
    let mut text = format!("<p>{from} to {to}, made {}.</p>", report.made);
    let total = |of: fn(&CameraDay) -> f64| report.days.iter().map(of).sum::<f64>();
    let expected = total(|day| day.expected.as_secs_f64());
    let covered = total(|day| day.covered.as_secs_f64());
    let all = (expected > 0.0).then(|| (covered / expected).min(1.0));
    let gaps: usize = report.days.iter().map(|day| day.open_gaps().count()).sum();
    let gaps = counted(gaps as u64, "gap");
    let longest = report.longest_gap().as_secs_f64();
    let _ = write!(
        text,
        "<p class=\"sum\"><b>{}</b> covered, <b>{gaps}</b>, the longest <b>{longest:.3} s</b></p>",
        percent(all)
    );
    text.push_str("<p class=\"key\">");
    for (at, instance) in instances.iter().enumerate() {
        let _ = write!(text, "<span><i class=\"i{}\"></i>{instance}</span>", at % 4);
    }
    for (class, what) in
        [("gap", "gap"), ("off", "switched off"), ("pending", "still open"), ("expired", "removed")]
    {
        let _ = write!(text, "<span><i class=\"{class}\"></i>{what}</span>");
    }
    text.push_str("</p>");
    text
}

fn section(day: &CameraDay, axis: Axis, instances: &[InstanceId]) -> String {
    let seams = |kind| day.seams.get(&kind).copied().unwrap_or(0);
    let class = if day.open_gaps().next().is_some() { "bad" } else { "good" };
    let mut text = format!(
        "<section><h3>{} UTC <span class=\"{class}\">{}</span></h3>{}{}<p>{:.3} s of {:.3} s; {}; \
         seams: {} exact, {} clock, {} after a gap; {} ({:.3} s); {}; longest gap {:.3} s.</p>",
        day.day(),
        percent(day.coverage()),
        strip(day, axis, instances),
        axis.labels(),
        day.covered.as_secs_f64(),
        day.expected.as_secs_f64(),
        sentences::shares(day),
        seams(SeamKind::Exact),
        seams(SeamKind::Clock),
        seams(SeamKind::Gap),
        counted(day.holes, "hole"),
        day.hole_time.as_secs_f64(),
        sentences::overlap(day),
        day.longest_gap().as_secs_f64(),
    );
    for line in sentences::starts(day).into_iter().chain(sentences::drifts(day)) {
        let _ = write!(text, "<p>{line}</p>");
    }
    if day.corrupt + day.lost > 0 {
        let corrupt = counted(day.corrupt, "segment");
        let _ = write!(text, "<p>{corrupt} corrupt, {} missing.</p>", day.lost);
    }
    if !day.gaps.is_empty() {
        text.push_str(
            "<table><tr><th>from</th><th>to</th><th>seconds</th><th>cause</th>\
             <th>repaired</th></tr>",
        );
        for one in &day.gaps {
            text.push_str(&row(one));
        }
        text.push_str("</table>");
    }
    for finding in &day.findings {
        let _ = write!(text, "<p>{}</p>", escape(finding));
    }
    text.push_str("</section>");
    text
}

fn row(gap: &Gap) -> String {
    let repaired = match gap.repaired {
        Some(at) => format!("{at} by {}", gap.repaired_by.join(", ")),
        None => String::new(),
    };
    let class = if gap.repaired.is_none() { "open" } else { "" };
    format!(
        "<tr class=\"{class}\"><td>{}</td><td>{}</td><td>{:.3}</td><td>{}</td><td>{repaired}</td></tr>",
        clock(gap.range.from),
        clock(gap.range.to),
        length(gap.range).as_secs_f64(),
        gap.cause
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
