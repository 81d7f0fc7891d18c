//! A camera's timeline, proven from end to end.

use super::Problem;
use super::compare::Tally;
use super::overlap::{Overlap, overlaps};
use super::rows::Rows;
use super::seams::{SeamProof, Side, look};
use super::spans::{Hash, SpanRead, read};
use super::truth::{Truth, TruthProof};
use crate::compute::Compute;
use crate::site::Site;
use crate::timeline::{self, TimelineError};
use hitless_model::{
    CameraId, Cause, Nanos, OverlapStatus, Segment, SegmentName, SegmentState, TimeRange,
};
use hitless_schema::StoreError;
use hitless_schema::timeline::{Entry, GapRow, Span, What};
use rayon::prelude::*;
use std::collections::HashSet;
use std::path::PathBuf;

/// Segments this far around a range belong to its strands.
const AROUND: Nanos = Nanos::from_secs(600);

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The timeline.
    #[error(transparent)]
    Timeline(#[from] TimelineError),
    /// Nothing to verify.
    #[error("nothing of {camera} is on its timeline from {} to {}", range.from, range.to)]
    Nothing {
        /// Whose timeline.
        camera: CameraId,
        /// Which part.
        range: TimeRange,
    },
}

/// What was proven of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// Whose.
    pub camera: CameraId,
    /// Which part; whole spans are read.
    pub range: TimeRange,
    /// Spans.
    pub spans: u64,
    /// Pictures in them.
    pub samples: u64,
    /// Frames of sound in them.
    pub sound_frames: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Gaps within the range.
    pub gaps: u64,
    /// How long in all.
    pub missing: Nanos,
    /// Losses shorter than a gap.
    pub holes: u64,
    /// Time in files that are still open: recorded, and not stitched yet.
    pub pending: Nanos,
    /// Time that retention removed, or that was switched off.
    pub unwanted: Nanos,
    /// The seams.
    pub seams: SeamProof,
    /// What two recorders both have.
    pub overlaps: Vec<Overlap>,
    /// Against the truth, if one was given.
    pub truth: Option<TruthProof>,
    /// What must not be.
    pub problems: Vec<Problem>,
}

impl Proof {
    /// Nothing is missing and nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.gaps == 0 && self.problems.is_empty()
    }
}

/// Verifies a part of a camera's timeline.
pub async fn verify(
    site: &Site,
    compute: &Compute,
    camera: &CameraId,
    range: TimeRange,
    truth: Option<Truth>,
) -> Result<Proof, VerifyError> {
    let (entries, ledger) = as_of_one_run(site, camera, range).await?;
    let rows = rows_of(site, camera, range, &entries).await?;
    if !entries.iter().any(|entry| matches!(entry.what, What::Span(_))) {
        return Err(VerifyError::Nothing { camera: camera.clone(), range });
    }
    let (root, camera) = (site.root().to_owned(), camera.clone());
    Ok(compute.run(move || prove(root, camera, range, (&entries, &ledger), rows, truth)).await)
}

/// The rows around a range, and those of what is played that lie elsewhere: a
/// camera's clock that was set moves its rows, and not its timeline.
async fn rows_of(
    site: &Site,
    camera: &CameraId,
    range: TimeRange,
    entries: &[Entry],
) -> Result<Vec<Segment>, VerifyError> {
    let (from, to) = (range.from.plus(Nanos::ZERO.minus(AROUND)), range.to.plus(AROUND));
    let mut rows = site.store.segments_between(camera, from, to).await?;
    let mut known: HashSet<SegmentName> = rows.iter().map(|row| row.name.clone()).collect();
    for (_, span) in entries.iter().filter_map(span_of) {
        if known.insert(span.segment.clone()) {
            rows.extend(site.store.segment(&span.segment).await?);
        }
    }
    Ok(rows)
}

/// The timeline and its ledger, with no run between the two.
async fn as_of_one_run(
    site: &Site,
    camera: &CameraId,
    range: TimeRange,
) -> Result<(Vec<Entry>, Vec<GapRow>), VerifyError> {
    loop {
        let before = site.store.stitch_state(camera).await?.generation;
        let entries = timeline::read(site, camera, range).await?.entries;
        let ledger = site.store.gaps(Some(camera), range.from, range.to).await?;
        if site.store.stitch_state(camera).await?.generation == before {
            return Ok((entries, ledger));
        }
    }
}

fn prove(
    root: PathBuf,
    camera: CameraId,
    range: TimeRange,
    (entries, ledger): (&[Entry], &[GapRow]),
    rows: Vec<Segment>,
    truth: Option<Truth>,
) -> Proof {
    let rows = Rows::new(&root, rows);
    let spans: Vec<(&Entry, &Span)> = entries.iter().filter_map(span_of).collect();
    let reads: Vec<SpanRead> =
        spans.par_iter().map(|(entry, span)| read(&rows, entry, span)).collect();
    let mut problems = in_one_line(entries);
    problems.extend(held_against_ledger(entries, ledger));
    problems.extend(spans.iter().filter_map(|(entry, span)| state(&rows, entry, span)));
    problems.extend(reads.iter().flat_map(|read| read.problems.iter().cloned()));
    let mut seams = SeamProof::default();
    for (pair, read) in spans.windows(2).zip(reads.windows(2)) {
        if pair[0].0.end != pair[1].0.start {
            continue;
        }
        let side = |n: usize| Side { span: pair[n].1, read: &read[n], start: pair[n].0.start };
        look(&rows, &side(0), &side(1), &mut seams, &mut problems);
    }
    let truth = truth.map(|truth| truth.prove(&hashes(&reads, range)));
    if let Some(found) = truth.filter(|found| !found.tally.is_equal() || found.tally.equal == 0) {
        let t = found.tally;
        let mut detail = format!(
            "against the truth: {} equal, {} missing, {} that it does not know, {} differing",
            t.equal, t.missing_in_first, t.missing_in_second, t.differing
        );
        if t.equal == 0 {
            detail.push_str("; other footage, or not made of an MP4 file: ffmpeg's concat, ");
            detail.push_str("MPEG-TS and raw streams have other bytes");
        }
        problems.push(Problem::new("not_the_truth", None, detail));
    }
    let overlaps = overlaps(&rows, range);
    problems.extend(overlaps.iter().filter_map(differing));
    problems.sort_by_key(|p| p.at);
    Proof {
        spans: spans.len() as u64,
        samples: reads.iter().map(|read| read.hashes.len() as u64).sum(),
        sound_frames: reads.iter().map(|read| read.sound_frames).sum(),
        bytes: reads.iter().map(|read| read.bytes).sum(),
        gaps: entries.iter().filter(|e| is_gap(e)).count() as u64,
        missing: time(entries, range, is_gap),
        holes: entries.iter().filter(|e| matches!(e.what, What::Hole(_))).count() as u64,
        pending: time(entries, range, |e| matches!(e.what, What::Pending)),
        unwanted: time(entries, range, is_unwanted),
        overlaps,
        camera,
        range,
        seams,
        truth,
        problems,
    }
}

fn is_gap(entry: &Entry) -> bool {
    matches!(entry.what, What::Gap(_)) && !is_unwanted(entry)
}

fn is_unwanted(entry: &Entry) -> bool {
    matches!(entry.what, What::Gap(Cause::Disabled) | What::Expired)
}

/// How long entries of a kind last within a range.
fn time(entries: &[Entry], range: TimeRange, kind: fn(&Entry) -> bool) -> Nanos {
    let of_kind = entries.iter().filter(|entry| kind(entry));
    let cut = of_kind.map(|e| e.end.min(range.to).since(e.start.max(range.from)));
    cut.fold(Nanos::ZERO, Nanos::plus)
}

fn span_of(entry: &Entry) -> Option<(&Entry, &Span)> {
    match &entry.what {
        What::Span(span) => Some((entry, span)),
        _ => None,
    }
}

/// Each entry starts where the one before ends.
fn in_one_line(entries: &[Entry]) -> Vec<Problem> {
    let torn = entries.windows(2).filter(|w| w[0].end != w[1].start || w[0].start >= w[0].end);
    torn.map(|w| {
        let detail = format!("the entry at {} ends at {}", w[0].start, w[0].end);
        Problem::new("not_one_line", w[1].start, detail)
    })
    .collect()
}

/// Every gap of the timeline is open in the ledger, and no other.
fn held_against_ledger(entries: &[Entry], ledger: &[GapRow]) -> Vec<Problem> {
    let open: Vec<&GapRow> = ledger.iter().filter(|row| row.repaired.is_none()).collect();
    let gaps: Vec<&Entry> = entries.iter().filter(|e| matches!(e.what, What::Gap(_))).collect();
    let unknown = gaps.iter().filter(|gap| !open.iter().any(|row| row.range.from == gap.start));
    let unknown = unknown.map(|gap| (gap.start, "a gap that the ledger does not know"));
    let gone = open.iter().filter(|row| !gaps.iter().any(|gap| gap.start == row.range.from));
    let gone =
        gone.map(|row| (row.range.from, "a gap in the ledger that the timeline does not have"));
    unknown.chain(gone).map(|(at, detail)| Problem::new("ledger", at, detail)).collect()
}

/// What is played is whole by its row, and no duplicate.
fn state(rows: &Rows, entry: &Entry, span: &Span) -> Option<Problem> {
    let row = rows.get(&span.segment)?;
    let playable = matches!(row.state, SegmentState::Complete | SegmentState::Recovered);
    if playable && row.overlap != OverlapStatus::Duplicate {
        return None;
    }
    let (state, overlap) = (row.state, row.overlap);
    let detail = format!("{} is played, and its row says {state}, {overlap}", span.segment);
    Some(Problem::new("row_state", entry.start, detail))
}

/// One stream, no loss known, and yet not the same: one of the files is not
/// what was recorded.
fn differing(overlap: &Overlap) -> Option<Problem> {
    let (Tally { equal, differing, .. }, (a, b)) = (overlap.tally, &overlap.instances);
    let detail = || format!("{differing} frames of {a} and {b} differ, {equal} are equal");
    let is_wrong = equal > differing && differing > 0;
    is_wrong.then(|| Problem::new("differing_frames", overlap.range.from, detail()))
}

/// The pictures within the range, in decode order.
fn hashes(reads: &[SpanRead], range: TimeRange) -> Vec<Hash> {
    let all = reads.iter().flat_map(|read| &read.hashes);
    all.filter(|(at, _)| *at >= range.from && *at < range.to).map(|(_, hash)| *hash).collect()
}
