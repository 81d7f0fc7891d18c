//! A plan as text that a person can check: for `--dry-run` and golden tests.
//!
//! One line per entry, per alignment, per finding and per segment. The same
//! plan gives the same text, whatever the order of the rows.

use crate::align::How;
use crate::facts::{Facts, SegmentRef};
use crate::plan::{AudioCut, Entry, Finding, Plan, Seam, SeamKind, StrandId, What};
use hitless_model::{Nanos, OverlapStatus};
use std::fmt::{self, Display, Formatter, Write as _};

/// The whole plan.
pub fn render(facts: &Facts, plan: &Plan) -> String {
    let mut text = format!("camera {}\n", facts.camera);
    section(
        &mut text,
        "alignments",
        plan.alignments.iter().map(|a| {
            let (early, late) = (Named(facts, a.early), Named(facts, a.late));
            format!("{early} ~ {late}: {}", Evidence(&a.how))
        }),
    );
    section(&mut text, "findings", plan.findings.iter().map(|f| finding(facts, f)));
    section(&mut text, "timeline", plan.entries.iter().map(|e| entry(facts, e)));
    let mut statuses: Vec<(OverlapStatus, SegmentRef)> =
        plan.statuses.iter().map(|(segment, status)| (*status, *segment)).collect();
    statuses.sort_by_key(|(_, segment)| order(facts, *segment));
    section(
        &mut text,
        "segments",
        statuses
            .iter()
            .map(|(status, segment)| format!("{:<9} {}", status.as_str(), File(facts, *segment))),
    );
    text
}

fn section(text: &mut String, name: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    // writing to a string cannot fail
    let _ = writeln!(text, "\n{name}");
    for line in lines {
        let _ = writeln!(text, "  {}", line.trim_end());
    }
}

fn order(facts: &Facts, segment: SegmentRef) -> (&str, u64) {
    let row = &facts.segments[segment.place()];
    (facts.lineages[row.lineage as usize].instance.as_str(), row.number.get())
}

/// One entry of the timeline.
fn entry(facts: &Facts, entry: &Entry) -> String {
    let clock = |t: hitless_model::Utc| t.to_string()[..26].replace('T', " ");
    let head =
        format!("{} {:>11}", clock(entry.start), Seconds(entry.end.since(entry.start)).to_string());
    match &entry.what {
        What::Span(span) => {
            let damaged = match span.damaged {
                0 => String::new(),
                n => format!(", {n} damaged"),
            };
            let samples = format!("{}+{}{damaged}", span.first_sample, span.samples);
            let file = File(facts, span.segment);
            let sound = Sound(&span.audio);
            format!("{head} span    {:<14} {file} {samples}{sound}", Joint(&span.seam).to_string())
        }
        What::Gap(cause) => format!("{head} gap     {cause}"),
        What::Hole(cause) => format!("{head} hole    {cause}"),
        What::Pending => format!("{head} pending"),
        What::Expired => format!("{head} expired"),
    }
}

fn finding(facts: &Facts, finding: &Finding) -> String {
    match finding {
        Finding::Contradiction { early, late, by } => format!(
            "{} and {} match {} ticks away from where their other matches put them",
            Named(facts, *early),
            Named(facts, *late),
            by.ticks()
        ),
        Finding::ClockStepped { early, late, step } => format!(
            "the clock of {} is {} ahead of that of {}: same pictures",
            Named(facts, *late),
            Seconds(*step),
            Named(facts, *early)
        ),
        Finding::NothingInCommon { early, late } => format!(
            "{} and {} overlap by their clocks, but no picture is equal",
            Named(facts, *early),
            Named(facts, *late)
        ),
        Finding::ClockSetBack { strand, by } => format!(
            "{} begins {} before its recorder's earlier footage ends: placed after it",
            Named(facts, *strand),
            Seconds(*by)
        ),
    }
}

struct Seconds(Nanos);

impl Display for Seconds {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let sign = if self.0.get() < 0 { "-" } else { "" };
        let us = (self.0.get().unsigned_abs() + 500) / 1000;
        write!(f, "{sign}{}.{:06}s", us / 1_000_000, us % 1_000_000)
    }
}

struct Named<'a>(&'a Facts, StrandId);

impl Display for Named<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(lineage) = self.0.lineages.get(self.1.lineage as usize) else { return Ok(()) };
        match &lineage.run {
            Some(run) => write!(f, "{}/{run}/{}", lineage.instance, self.1.strand),
            None => write!(f, "{}/-/{}", lineage.instance, self.1.strand),
        }
    }
}

struct File<'a>(&'a Facts, SegmentRef);

impl Display for File<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let row = &self.0.segments[self.1.place()];
        let instance = &self.0.lineages[row.lineage as usize].instance;
        write!(f, "{instance}_{}", row.number)
    }
}

struct Evidence<'a>(&'a How);

impl Display for Evidence<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            How::Exact { offset, matched, compared, .. } => {
                write!(f, "exact, {} ticks, {matched} of {compared} samples equal", offset.ticks())
            }
            How::Joined { offset, error } => write!(
                f,
                "clock, {} ticks by key frame upon key frame, give or take {}",
                offset.ticks(),
                Seconds(*error)
            ),
            How::Apart { error, .. } => write!(f, "clock, give or take {}", Seconds(*error)),
        }
    }
}

struct Joint<'a>(&'a Seam);

impl Display for Joint<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind.as_str())?;
        if self.0.kind == SeamKind::Clock {
            write!(f, " +-{}", Seconds(self.0.error))?;
            if self.0.doubled > Nanos::ZERO {
                write!(f, " doubles {}", Seconds(self.0.doubled))?;
            }
        }
        Ok(())
    }
}

struct Sound<'a>(&'a AudioCut);

impl Display for Sound<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            AudioCut::None => Ok(()),
            AudioCut::Whole => f.write_str(" sound whole"),
            AudioCut::Frames { first, frames, offset } => {
                write!(f, " sound {first}+{frames} at {} ticks", offset.ticks())
            }
        }
    }
}
