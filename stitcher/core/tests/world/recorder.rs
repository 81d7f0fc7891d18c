//! Recorders: what each got of a camera's film, cut into segments.

use super::camera::{Frame, Noise, SCALE};
use hitless_model::{ClockSource, MediaSpan, MediaTime, Nanos, SegmentNumber, SegmentState, Utc};
use hitless_stitcher_core::{Sample, SegmentFacts, pauses};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Damage on the way from the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// The first frame it hits.
    pub at: usize,
    /// How many.
    pub frames: usize,
    /// They come through in part, and are not lost whole.
    pub partial: bool,
}

/// One strand of one recorder.
#[derive(Debug, Clone)]
pub struct Take {
    pub lineage: u32,
    pub strand: u32,
    /// The first frame that it was sent; it records from the next key frame.
    pub from: usize,
    /// The first frame that it did not record.
    pub to: usize,
    pub losses: Vec<Loss>,
    /// It does not notice them.
    pub unnoticed: bool,
    /// Beside a file it says nothing of what it knew when it began it.
    pub foreign: bool,
    /// Ended by a crash.
    pub crashed: bool,
    /// GOPs in a segment.
    pub segment_gops: usize,
    /// Counts these from the film's beginning, not from its own.
    pub common_borders: bool,
    /// How far its clock is off.
    pub clock_off: Nanos,
    /// What it says about that.
    pub error: Nanos,
    /// How much its clock map drifts, in parts per billion, unmeasured.
    pub drift_ppb: i64,
    /// It says that its error grows as it drifts.
    pub drift_admitted: bool,
    /// From this frame on its clock is set by that much.
    pub step: Option<(usize, Nanos)>,
    pub parameters: u64,
    pub source: ClockSource,
}

impl Take {
    /// All of these frames, by a good clock, in segments of thirty GOPs that
    /// begin where those of other recorders do.
    pub fn whole(lineage: u32, from: usize, to: usize) -> Self {
        Self {
            lineage,
            strand: 0,
            from,
            to,
            losses: Vec::new(),
            unnoticed: false,
            foreign: false,
            crashed: false,
            segment_gops: 30,
            common_borders: true,
            clock_off: Nanos::ZERO,
            error: Nanos::from_millis(20),
            drift_ppb: 0,
            drift_admitted: true,
            step: None,
            parameters: 1,
            source: ClockSource::SenderReport,
        }
    }
}

/// A segment as recorded: its row, its samples, which frames they are.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub facts: SegmentFacts,
    pub samples: Vec<Sample>,
    pub frames: Vec<usize>,
}

/// Records a take; segment numbers go on from `number`.
pub fn record(film: &[Frame], take: &Take, begin: Utc, number: &mut u64) -> Vec<Recorded> {
    let got = received(film, take);
    let decoded = decoded(film, &got);
    let base = got.first().map_or(0, |(n, _)| film[*n].shown) - 1_000;
    let cuts = cuts(film, take, &got);
    let mut out: Vec<Recorded> = Vec::new();
    for cut in cuts.windows(2) {
        let part = &got[cut[0]..cut[1]];
        // a recorder learns how long a sample lasts from the next one, in whichever
        // segment that is
        let times = &decoded[cut[0]..(cut[1] + 1).min(got.len())];
        let mut next = segment(film, take, (part, times), base, begin, *number);
        let usual = usual(&out).filter(|_| !take.foreign && !take.unnoticed);
        next.facts.pauses = pauses(&next.samples, SCALE, usual);
        out.push(next);
        *number += 1;
    }
    if let Some(last) = out.last_mut()
        && take.crashed
    {
        last.facts.state = SegmentState::Recovered;
    }
    out
}

/// How long a sample usually lasted: the middle one of the last nine.
fn usual(before: &[Recorded]) -> Option<MediaSpan> {
    let all = before.iter().rev().flat_map(|r| r.samples.iter().rev());
    let mut lasted: Vec<MediaSpan> = all.map(|s| s.duration).take(9).collect();
    lasted.sort_unstable();
    lasted.get(lasted.len().checked_sub(1)? / 2).copied()
}

/// Frames received from the first whole key frame on, with their damage.
fn received(film: &[Frame], take: &Take) -> Vec<(usize, bool)> {
    let mut got: Vec<(usize, bool)> = Vec::new();
    let mut lost_before = false;
    let sent = take.to.saturating_sub(take.from);
    for (n, frame) in film.iter().enumerate().skip(take.from).take(sent) {
        let hits = take.losses.iter().filter(|l| n >= l.at && n < l.at + l.frames);
        // what is lost whole did not come through in part
        let hit = hits.min_by_key(|l| l.partial);
        match hit {
            _ if got.is_empty() && (frame.key.is_none() || hit.is_some()) => {}
            Some(loss) if loss.partial => got.push((n, true)),
            Some(_) => lost_before = !take.unnoticed,
            None => {
                got.push((n, lost_before));
                lost_before = false;
            }
        }
    }
    got
}

/// RTP does not say when a picture is decoded: when the third one before it in
/// order of showing is shown, of those that were received. After a loss that is
/// too early for a while.
fn decoded(film: &[Frame], got: &[(usize, bool)]) -> Vec<i64> {
    let in_order = film.iter().all(|f| f.decode == f.shown);
    let Some((first, _)) = got.first().filter(|_| !in_order) else {
        return got.iter().map(|(n, _)| film[*n].decode).collect();
    };
    let mut waiting: BinaryHeap<Reverse<i64>> =
        film[*first..].iter().take(3).map(|f| Reverse(f.decode)).collect();
    let mut last = i64::MIN;
    got.iter()
        .map(|(n, _)| {
            waiting.push(Reverse(film[*n].shown));
            let earliest = waiting.pop().map_or(film[*n].shown, |Reverse(shown)| shown);
            last = earliest.max(last.saturating_add(1));
            last
        })
        .collect()
}

/// Where segments begin: with common borders at the first key frame that came
/// after a multiple of GOPs since the film began, else counted from its own
/// first one.
fn cuts(film: &[Frame], take: &Take, got: &[(usize, bool)]) -> Vec<usize> {
    let mut cuts = vec![0];
    let first = got.first().map_or(0, |(n, _)| *n);
    let (mut of_film, mut own, mut last, mut seen) = (0, 0, None, 0);
    for (at, (n, _)) in got.iter().enumerate() {
        of_film += film[seen..=*n].iter().filter(|f| f.key.is_some()).count();
        seen = n + 1;
        if film[*n].key.is_none() {
            continue;
        }
        own += usize::from(*n > first);
        let gops = if take.common_borders { of_film - 1 } else { own };
        let border = gops / take.segment_gops;
        if last.is_some_and(|l| l != border) {
            cuts.push(at);
        }
        last = Some(border);
    }
    cuts.push(got.len());
    cuts.dedup();
    cuts
}

/// When the last picture shown ends. Where pictures are out of order, durations are
/// of other pictures, and one may last through a pause that lies elsewhere.
fn end(samples: &[Sample]) -> MediaTime {
    let in_order = samples.iter().all(|s| s.decode == s.presentation);
    let shortest = samples.iter().map(|s| s.duration).min().unwrap_or_default();
    let end = |s: &Sample| s.presentation.plus(if in_order { s.duration } else { shortest });
    samples.iter().map(end).max().unwrap_or_default()
}

fn segment(
    film: &[Frame],
    take: &Take,
    (part, times): (&[(usize, bool)], &[i64]),
    base: i64,
    begin: Utc,
    number: u64,
) -> Recorded {
    // what a muxer writes for the last one: the step that it knows
    let usual = film.windows(2).map(|w| w[1].decode - w[0].decode).min().unwrap_or(3_600).max(1);
    let samples: Vec<Sample> = part
        .iter()
        .enumerate()
        .map(|(at, (n, damaged))| Sample {
            decode: MediaTime::new(times[at] - base),
            presentation: MediaTime::new(film[*n].shown - base),
            duration: MediaSpan::new(times.get(at + 1).map_or(usual, |next| next - times[at])),
            key: film[*n].key,
            damaged: *damaged,
        })
        .collect();
    let shown = |s: &Sample| s.presentation;
    let start = samples.iter().map(shown).min().unwrap_or_default();
    let end = end(&samples);
    let true_ns = MediaSpan::new(start.ticks() + base).to_nanos(SCALE);
    let mut noise = Noise::new(number ^ u64::from(take.lineage));
    let drift = i128::from(true_ns.get()) * i128::from(take.drift_ppb) / 1_000_000_000;
    let drift = Nanos::new(i64::try_from(drift).expect("small"));
    let jitter = Nanos::new(noise.within(take.error.get() / 50));
    let stepped = take.step.filter(|(frame, _)| part[0].0 >= *frame);
    let step = stepped.map_or(Nanos::ZERO, |(_, by)| by);
    Recorded {
        facts: SegmentFacts {
            lineage: take.lineage,
            strand: take.strand,
            number: SegmentNumber::new(number),
            state: SegmentState::Complete,
            start: begin.plus(true_ns).plus(take.clock_off).plus(drift).plus(step).plus(jitter),
            error: take.error.plus(if take.drift_admitted { drift.abs() } else { Nanos::ZERO }),
            source: take.source,
            drift_ppb: 0,
            timescale: SCALE,
            media_start: start,
            media_length: end.since(start),
            samples: u32::try_from(samples.len()).expect("small"),
            damaged: u32::try_from(part.iter().filter(|p| p.1).count()).expect("small"),
            parameters: take.parameters,
            audio: false,
            pauses: Vec::new(),
        },
        samples,
        frames: part.iter().map(|p| p.0).collect(),
    }
}
