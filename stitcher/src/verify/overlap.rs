//! Where two recorders overlap: what both have, frame by frame.

use super::compare::{Tally, compare_placed};
use super::rows::Rows;
use crate::index::prints;
use hitless_media::Sidecar;
use hitless_media::mp4::Movie;
use hitless_model::{MediaSpan, MediaTime, Nanos, Segment, TimeRange, Utc};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Two strands that show the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// Instances: the one that began first, and the other one.
    pub instances: (String, String),
    /// When both recorded.
    pub range: TimeRange,
    /// What they have in common; the first list is the first instance's.
    pub tally: Tally,
}

/// Two recorders give one picture the same step from the one before, but for what
/// their files round.
const ROUNDING: Nanos = Nanos::from_millis(4);

/// A strand's key: instance, run and number.
type StrandKey = (String, String, u32);

/// Compares every two strands that overlap within a range.
pub(super) fn overlaps(rows: &Rows, range: TimeRange) -> Vec<Overlap> {
    let mut strands: BTreeMap<StrandKey, Vec<&Segment>> = BTreeMap::new();
    for row in rows.all().filter(|row| row.start < range.to && end(row) > range.from) {
        let run = row.run.as_ref().map_or(String::new(), |run| run.as_str().to_owned());
        let key = (row.name.instance.as_str().to_owned(), run, row.strand);
        strands.entry(key).or_default().push(row);
    }
    let mut all: Vec<(StrandKey, Vec<&Segment>)> = strands.into_iter().collect();
    for (_, segments) in &mut all {
        segments.sort_by_key(|row| row.name.number.get());
    }
    all.sort_by_key(|(_, segments)| segments.first().map(|row| row.start));
    let pairs: Vec<(usize, usize)> =
        (0..all.len()).flat_map(|a| (a + 1..all.len()).map(move |b| (a, b))).collect();
    pairs.into_par_iter().filter_map(|(a, b)| pair(rows, &all[a], &all[b])).collect()
}

fn end(row: &Segment) -> Utc {
    row.start.plus(row.duration)
}

fn whole(segments: &[&Segment]) -> Option<TimeRange> {
    let from = segments.iter().map(|row| row.start).min()?;
    let to = segments.iter().map(|row| end(row)).max()?;
    Some(TimeRange { from, to })
}

fn pair(
    rows: &Rows,
    (first, a): &(StrandKey, Vec<&Segment>),
    (second, b): &(StrandKey, Vec<&Segment>),
) -> Option<Overlap> {
    let (of_a, of_b) = (whole(a)?, whole(b)?);
    let range = TimeRange { from: of_a.from.max(of_b.from), to: of_a.to.min(of_b.to) };
    if range.from >= range.to {
        return None;
    }
    let (shown_a, frames_a): (Vec<Nanos>, Vec<u64>) = frames(rows, a, range).into_iter().unzip();
    let (shown_b, frames_b): (Vec<Nanos>, Vec<u64>) = frames(rows, b, range).into_iter().unzip();
    let tally = compare_placed(&frames_a, &frames_b, |(x, y), (before_x, before_y)| {
        let (step_a, step_b) =
            (shown_a[x].minus(shown_a[before_x]), shown_b[y].minus(shown_b[before_y]));
        step_a.minus(step_b).abs() < ROUNDING
    });
    Some(Overlap { instances: (first.0.clone(), second.0.clone()), range, tally })
}

/// Fingerprints of the segments that touch a range, and when on the strand's
/// clock their pictures are shown. Samples without a picture and those that lost
/// something on the way are left out.
fn frames(rows: &Rows, segments: &[&Segment], range: TimeRange) -> Vec<(Nanos, u64)> {
    let touching = segments.iter().filter(|row| row.start < range.to && end(row) > range.from);
    let of = |row: &&Segment| {
        let samples = row.video.as_ref().map_or(0, |v| v.samples);
        let all = 0..u32::try_from(samples).unwrap_or(u32::MAX);
        let path = rows.path(&row.name);
        let sidecar = Sidecar::read(&path).ok().flatten().unwrap_or_default();
        let found = prints(&path, all).map(|p| p.found).unwrap_or_default();
        let shown = shown(&path, row);
        let whole = found.into_iter().filter(|(n, _)| !sidecar.is_damaged(u64::from(*n)));
        whole
            .map(|(n, print)| (shown.get(n as usize).copied().unwrap_or_default(), print))
            .collect::<Vec<(Nanos, u64)>>()
    };
    touching.flat_map(of).collect()
}

/// When each picture of a segment is shown, in decode order.
fn shown(path: &Path, row: &Segment) -> Vec<Nanos> {
    let Ok(movie) = Movie::open(path) else { return Vec::new() };
    let Some(video) = movie.video() else { return Vec::new() };
    let begin = video.shown_range().map_or(0, |range| range.0);
    let scale = row.video.as_ref().map_or(video.timescale, |v| v.timescale);
    let start = row.media_start.since(MediaTime::new(0)).to_nanos(scale);
    let all = (0..).map_while(|n| video.samples.get(n));
    all.map(|s| {
        let since = video.shown(&s).saturating_sub(begin);
        start.plus(MediaSpan::new(since).to_nanos(video.timescale))
    })
    .collect()
}
