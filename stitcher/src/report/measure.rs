//! From what is stored to numbers per day. Pure.

use super::days::{common, days, length};
use super::model::{CameraDay, Gap, Overlap, Shade, Start, Stored};
use hitless_model::{Alignment, CameraId, Cause, Nanos, Run, SegmentState, TimeRange};
use hitless_schema::timeline::{AlignmentRow, Entry, GapRow, Span, What};
use std::collections::BTreeMap;

/// A camera's days, while its timeline is gone through a few days at a time: a
/// month of a hundred cameras is not in memory at once.
#[derive(Debug)]
pub struct Measuring<'a> {
    camera: &'a CameraId,
    days: Vec<CameraDay>,
    /// From when until when there are entries.
    known: Option<TimeRange>,
}

impl<'a> Measuring<'a> {
    /// Of a camera.
    pub fn new(camera: &'a CameraId) -> Self {
        Self { camera, days: Vec::new(), known: None }
    }

    /// Takes all entries that touch the next days, in order. A day must not be
    /// parted.
    pub fn take(&mut self, range: TimeRange, entries: &[Entry]) {
        if let (Some(first), Some(last)) = (entries.first(), entries.last()) {
            let from = self.known.map_or(first.start, |known| known.from);
            self.known = Some(TimeRange { from, to: last.end });
        }
        let mut rest = entries;
        for day in days(range) {
            // entries of this day; the last one may go on into the next
            let begins = rest.partition_point(|entry| entry.end <= day.from);
            rest = &rest[begins..];
            let ends = rest.partition_point(|entry| entry.start < day.to);
            let mut measured = empty(self.camera, day);
            rest[..ends].iter().for_each(|entry| measured.entry(entry));
            self.days.push(measured);
        }
    }

    /// Every day that the timeline touches, with what else is stored of it.
    pub fn finish(self, stored: &Stored, runs: &[Run]) -> Vec<CameraDay> {
        let known = self.known;
        let touched =
            move |day: &CameraDay| known.and_then(|known| common(day.range, known)).is_some();
        let mut days: Vec<CameraDay> = self.days.into_iter().filter(touched).collect();
        days.iter_mut().for_each(|day| day.around(stored, runs));
        days
    }
}

fn empty(camera: &CameraId, range: TimeRange) -> CameraDay {
    CameraDay {
        camera: camera.clone(),
        range,
        covered: Nanos::ZERO,
        expected: Nanos::ZERO,
        missing: Nanos::ZERO,
        gaps: Vec::new(),
        holes: 0,
        hole_time: Nanos::ZERO,
        disabled: Nanos::ZERO,
        expired: Nanos::ZERO,
        pending: Nanos::ZERO,
        seams: BTreeMap::new(),
        seam_error: Nanos::ZERO,
        damaged: 0,
        shares: BTreeMap::new(),
        overlaps: Vec::new(),
        overlapped: Nanos::ZERO,
        starts: Vec::new(),
        corrupt: 0,
        lost: 0,
        findings: Vec::new(),
        shades: Vec::new(),
    }
}

impl CameraDay {
    fn entry(&mut self, entry: &Entry) {
        let Some(range) = common(entry.range(), self.range) else { return };
        let time = length(range);
        match &entry.what {
            What::Span(span) => self.span(span, range, self.range.from <= entry.start),
            What::Gap(Cause::Disabled) => self.disabled = self.disabled.plus(time),
            What::Gap(cause) => {
                self.expected = self.expected.plus(time);
                self.missing = self.missing.plus(time);
                let (noticed, repaired) = (None, None);
                let gap = Gap { range, cause: *cause, noticed, repaired, repaired_by: Vec::new() };
                self.gaps.push(gap);
            }
            What::Hole(_) => {
                self.expected = self.expected.plus(time);
                self.holes += 1;
                self.hole_time = self.hole_time.plus(time);
            }
            What::Pending => self.pending = self.pending.plus(time),
            What::Expired => self.expired = self.expired.plus(time),
        }
        self.shade(range, &entry.what);
    }

    /// A span that began the day before has its seam there.
    fn span(&mut self, span: &Span, range: TimeRange, begins: bool) {
        let time = length(range);
        self.expected = self.expected.plus(time);
        self.covered = self.covered.plus(time);
        // looked for first: a name is cloned once and not for each span
        let instance = &span.segment.instance;
        match self.shares.get_mut(instance) {
            Some(share) => *share = share.plus(time),
            None => drop(self.shares.insert(instance.clone(), time)),
        }
        if begins {
            *self.seams.entry(span.seam.kind).or_default() += 1;
            self.seam_error = self.seam_error.plus(span.seam.error);
            self.damaged += u64::from(span.damaged);
        }
    }

    /// Neighbours of one kind are one stretch; holes are too small to be seen.
    fn shade(&mut self, range: TimeRange, what: &What) {
        let is_same = |shade: &Shade| match (what, shade) {
            (What::Span(span), Shade::Footage(instance)) => span.segment.instance == *instance,
            (What::Gap(cause), Shade::Gap(before)) => cause == before,
            (What::Pending, Shade::Pending) | (What::Expired, Shade::Expired) => true,
            _ => false,
        };
        if let Some((last, _)) = self.shades.last_mut().filter(|(_, shade)| is_same(shade)) {
            last.to = range.to;
            return;
        }
        let shade = match what {
            What::Span(span) => Shade::Footage(span.segment.instance.clone()),
            What::Gap(cause) => Shade::Gap(*cause),
            What::Hole(_) => return,
            What::Pending => Shade::Pending,
            What::Expired => Shade::Expired,
        };
        self.shades.push((range, shade));
    }

    fn around(&mut self, stored: &Stored, runs: &[Run]) {
        let day = self.range;
        let inside = |at| at >= day.from && at < day.to;
        for row in &stored.gaps {
            self.ledger(row);
        }
        self.overlaps = stored
            .alignments
            .iter()
            .filter(|row| is_long(row))
            .filter_map(|row| overlap(row, day))
            .collect();
        self.overlapped = union(self.overlaps.iter().map(|overlap| overlap.range).collect());
        let started = runs.iter().filter(|run| inside(run.started));
        self.starts = started.map(|run| start(run, &stored.alignments)).collect();
        for (at, state) in &stored.unplayable {
            let counted = u64::from(inside(*at));
            match state {
                SegmentState::Missing => self.lost += counted,
                _ => self.corrupt += counted,
            }
        }
        let found = stored.findings.iter().filter(|finding| inside(finding.at));
        self.findings = found.map(|finding| finding.detail.clone()).collect();
    }

    /// What the ledger knows of a gap that the timeline has, or had.
    fn ledger(&mut self, row: &GapRow) {
        let Some(range) = common(row.range, self.range) else { return };
        match &row.repaired {
            Some(repaired) => self.gaps.push(Gap {
                range,
                cause: row.cause,
                noticed: Some(row.noticed),
                repaired: Some(repaired.at),
                repaired_by: repaired.by.iter().map(ToString::to_string).collect(),
            }),
            None => {
                let of =
                    |gap: &&mut Gap| gap.repaired.is_none() && common(gap.range, range).is_some();
                if let Some(gap) = self.gaps.iter_mut().find(of) {
                    gap.noticed = Some(row.noticed);
                }
            }
        }
    }
}

/// A start, and how long those that were there before recorded beside it.
fn start(run: &Run, alignments: &[AlignmentRow]) -> Start {
    let of = |row: &&AlignmentRow| {
        row.early.run != row.late.run && row.late.run.as_ref() == Some(&run.run)
    };
    let beside = alignments.iter().filter(of).filter(|row| is_long(row));
    let overlap = union(beside.map(|row| TimeRange { from: row.from, to: row.to }).collect());
    Start { instance: run.instance.clone(), run: run.run.clone(), at: run.started, overlap }
}

fn overlap(row: &AlignmentRow, day: TimeRange) -> Option<Overlap> {
    let range = common(TimeRange { from: row.from, to: row.to }, day)?;
    Some(Overlap {
        early: row.early.instance.clone(),
        late: row.late.instance.clone(),
        range,
        exact: matches!(row.how, Alignment::Exact { .. }),
        matched: match row.how {
            Alignment::Exact { matched, compared, .. } => Some((matched, compared)),
            _ => None,
        },
        drift_ppb: row.drift_ppb,
    })
}

/// Strands that only touch are aligned, too.
fn is_long(row: &AlignmentRow) -> bool {
    row.to.since(row.from) >= Nanos::from_millis(1)
}

/// How long at least one of the ranges lasts.
fn union(mut ranges: Vec<TimeRange>) -> Nanos {
    ranges.sort_unstable_by_key(|range| (range.from, range.to));
    let mut total = Nanos::ZERO;
    let mut reached = None;
    for range in ranges {
        let from = reached.map_or(range.from, |reached| range.from.max(reached));
        if range.to > from {
            total = total.plus(range.to.since(from));
            reached = Some(range.to);
        }
    }
    total
}
