//! How fast the clocks of two recorders go apart that recorded one camera at
//! once. Pure.
//!
//! Where equal pictures tie their media times together for long enough, by when
//! each of them says that the same picture was taken. Else by the camera's own
//! clock, against which both have measured theirs; nothing where one has not.

use hitless_model::{Alignment, MediaSpan, MediaTime, Nanos, TimeRange, Utc};
use hitless_stitcher_core::{Facts, SegmentFacts, StrandId};
use std::collections::BTreeMap;

/// Two instants less apart than this tell jitter, not drift.
const LONG: Nanos = Nanos::from_secs(600);
/// Fewer points make no line.
const POINTS: usize = 3;

/// The playable segments of each strand, in order.
pub(super) struct Strands<'a>(BTreeMap<StrandId, Vec<&'a SegmentFacts>>);

impl<'a> Strands<'a> {
    pub(super) fn of(facts: &'a Facts) -> Self {
        let mut all: BTreeMap<StrandId, Vec<&SegmentFacts>> = BTreeMap::new();
        for segment in facts.segments.iter().filter(|s| s.is_playable()) {
            let id = StrandId { lineage: segment.lineage, strand: segment.strand };
            all.entry(id).or_default().push(segment);
        }
        for segments in all.values_mut() {
            segments.sort_by_key(|segment| segment.media_start);
        }
        Self(all)
    }

    /// How much faster the later strand's clock ran than the earlier one's, in
    /// parts per billion.
    pub(super) fn drift(
        &self,
        (early, late): (StrandId, StrandId),
        how: &Alignment,
        range: TimeRange,
    ) -> Option<i64> {
        let touching = |id: StrandId| -> Vec<&SegmentFacts> {
            let all = self.0.get(&id).into_iter().flatten();
            all.copied().filter(|s| s.start < range.to && end(s) > range.from).collect()
        };
        let (early, late) = (touching(early), touching(late));
        let by_pictures = match how {
            Alignment::Exact { offset, .. } => slope(&apart(&early, &late, *offset)),
            _ => None,
        };
        by_pictures.or_else(|| by_camera(early.last()?, late.last()?))
    }
}

fn end(segment: &SegmentFacts) -> Utc {
    segment.start.plus(segment.media_length.to_nanos(segment.timescale))
}

/// Each measures how fast the camera's clock runs against its own.
fn by_camera(early: &SegmentFacts, late: &SegmentFacts) -> Option<i64> {
    let measured = early.drift_ppb != 0 && late.drift_ppb != 0;
    measured.then(|| early.drift_ppb - late.drift_ppb)
}

/// When pictures were taken by the earlier strand's clock, and how much later
/// the other one says they were.
fn apart(early: &[&SegmentFacts], late: &[&SegmentFacts], offset: MediaSpan) -> Vec<(Utc, Nanos)> {
    let point = |segment: &&SegmentFacts| {
        let media = segment.media_start.plus(offset);
        let at = early.partition_point(|e| e.media_start <= media).checked_sub(1)?;
        let there = early.get(at).filter(|e| media < e.media_end())?;
        let same_scale = there.timescale == segment.timescale;
        let taken = taken(there, media);
        same_scale.then(|| (taken, segment.start.since(taken)))
    };
    late.iter().filter_map(point).collect()
}

/// When a picture of a segment was taken, by its clock.
fn taken(segment: &SegmentFacts, media: MediaTime) -> Utc {
    let into = media.since(segment.media_start).to_nanos(segment.timescale);
    let ppb = 1_000_000_000 + i128::from(segment.drift_ppb);
    let wall = i128::from(into.get()) * 1_000_000_000 / ppb.max(1);
    segment.start.plus(Nanos::new(i64::try_from(wall).unwrap_or(i64::MAX)))
}

/// The slope of the line through points, by least squares.
fn slope(points: &[(Utc, Nanos)]) -> Option<i64> {
    let (first, last) = (points.first()?, points.last()?);
    if points.len() < POINTS || last.0.since(first.0) < LONG {
        return None;
    }
    let count = points.len() as f64;
    let x = |point: &(Utc, Nanos)| point.0.since(first.0).as_secs_f64();
    let y = |point: &(Utc, Nanos)| point.1.minus(first.1).as_secs_f64();
    let (mean_x, mean_y) =
        (points.iter().map(x).sum::<f64>() / count, points.iter().map(y).sum::<f64>() / count);
    let rise: f64 = points.iter().map(|p| (x(p) - mean_x) * (y(p) - mean_y)).sum();
    let run: f64 = points.iter().map(|p| (x(p) - mean_x).powi(2)).sum();
    Some((rise / run * 1e9).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hitless_model::{ClockSource, SegmentNumber, SegmentState};

    const SCALE: u32 = 90_000;
    const SEGMENT: i64 = 60;

    /// `n` segments of a minute; media time begins at `media`, the clock says
    /// `wall` then and runs `ppm` too fast.
    fn strand(lineage: u32, n: i64, (media, wall): (i64, f64), ppm: f64) -> Vec<SegmentFacts> {
        let one = |at: i64| {
            let since = (at * SEGMENT) as f64;
            let clock = wall + since * (1.0 + ppm / 1e6);
            SegmentFacts {
                lineage,
                strand: 0,
                number: SegmentNumber::new(at.unsigned_abs()),
                state: SegmentState::Complete,
                start: Utc::from_ns((clock * 1e9) as i64),
                error: Nanos::ZERO,
                source: ClockSource::HostArrival,
                drift_ppb: 0,
                timescale: SCALE,
                media_start: MediaTime::new(media + at * SEGMENT * i64::from(SCALE)),
                media_length: MediaSpan::new(SEGMENT * i64::from(SCALE)),
                samples: 1500,
                damaged: 0,
                parameters: 1,
                audio: false,
                pauses: Vec::new(),
            }
        };
        (0..n).map(one).collect()
    }

    fn drift(segments: &[SegmentFacts], offset: i64) -> Option<i64> {
        let mut all: BTreeMap<StrandId, Vec<&SegmentFacts>> = BTreeMap::new();
        for segment in segments {
            let id = StrandId { lineage: segment.lineage, strand: segment.strand };
            all.entry(id).or_default().push(segment);
        }
        let id = |lineage| StrandId { lineage, strand: 0 };
        let offset = MediaSpan::new(offset);
        let how = Alignment::Exact { offset, matched: 9, compared: 9, step: None };
        let range = TimeRange { from: Utc::from_ns(i64::MIN), to: Utc::from_ns(i64::MAX) };
        Strands(all).drift((id(0), id(1)), &how, range)
    }

    #[test]
    fn clocks_that_go_apart_are_measured_by_equal_pictures() {
        for ppm in [40.0, -120.0, 0.0] {
            let mut all = strand(0, 30, (0, 1000.0), 0.0);
            // began 17 s later, and counts from 5,000
            all.extend(strand(1, 25, (5000, 1017.25), ppm));
            let found = drift(&all, 17 * i64::from(SCALE) - 5000).expect("measured") as f64;
            assert!((found / 1000.0 - ppm).abs() < 0.1, "{found} ppb for {ppm} ppm");
        }
    }

    #[test]
    fn a_short_overlap_goes_by_the_camera_or_is_not_measured() {
        let mut all = strand(0, 3, (0, 1000.0), 0.0);
        all.extend(strand(1, 3, (0, 1000.0), 0.0));
        assert_eq!(drift(&all, 0), None);
        for segment in &mut all {
            segment.drift_ppb = if segment.lineage == 0 { 30_000 } else { 12_000 };
        }
        assert_eq!(drift(&all, 0), Some(18_000), "the camera is slower by the later one's clock");
    }
}
