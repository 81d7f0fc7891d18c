//! Times in which a camera sent nothing, although its strand went on.
//!
//! In a file such a pause hides in the length of the sample before it: a frame
//! that lasts for five seconds. It is no footage. A frame that lasts longer
//! than a second, and far longer than its camera's frames do, ends after the
//! usual time; what follows it counts as following a loss, so that planning
//! looks at it. A camera that sends a frame every few seconds has no pauses.

use hitless_model::{MediaSpan, Nanos, Segment};
use hitless_stitcher_core::{GopTable, Sample};

/// A shorter pause is an uneven camera.
const SHORTEST: Nanos = Nanos::from_secs(1);
/// So many frames are missing at least.
const FRAMES: i64 = 4;

/// How much longer than usual the last sample is, which is no footage; marks
/// the samples that follow a pause.
pub(super) fn take_out(samples: &mut [Sample], timescale: u32) -> MediaSpan {
    let Some(usual) = usual(samples) else { return MediaSpan::new(0) };
    let limit = limit(timescale).max(usual.saturating_mul(FRAMES));
    for at in 1..samples.len() {
        if samples[at].decode.since(samples[at - 1].decode).ticks() > limit {
            samples[at].damaged = true;
        }
    }
    match samples.last_mut() {
        Some(last) if last.duration.ticks() > limit => {
            let over = last.duration.ticks().saturating_sub(usual);
            last.duration = MediaSpan::new(usual);
            MediaSpan::new(over)
        }
        _ => MediaSpan::new(0),
    }
}

/// Does a segment follow the one before it in its strand after a pause?
pub fn follows(before: &Segment, next: &Segment) -> bool {
    let Some(video) = &next.video else { return false };
    let end = before.media_start.plus(before.media_length);
    before.run == next.run
        && before.strand == next.strand
        && before.name.instance == next.name.instance
        && before.name.number.next() == next.name.number
        && next.media_start.since(end).ticks() > limit(video.timescale)
}

/// Says so in its table.
pub fn mark_table(table: &mut GopTable) {
    if let Some(first) = table.gops.first_mut().filter(|gop| !gop.first_damaged) {
        first.first_damaged = true;
        first.damaged = first.damaged.saturating_add(1);
    }
}

fn limit(timescale: u32) -> i64 {
    MediaSpan::from_nanos(SHORTEST, timescale).ticks()
}

/// The middle one of the steps from sample to sample.
fn usual(samples: &[Sample]) -> Option<i64> {
    let steps = samples.windows(2).map(|pair| pair[1].decode.since(pair[0].decode).ticks());
    let mut steps: Vec<i64> = steps.filter(|step| *step > 0).collect();
    steps.sort_unstable();
    steps.get(steps.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hitless_model::MediaTime;

    fn samples(steps: &[i64]) -> Vec<Sample> {
        let mut at = 0;
        steps
            .iter()
            .map(|step| {
                let time = MediaTime::new(at);
                at += step;
                Sample {
                    decode: time,
                    presentation: time,
                    duration: MediaSpan::new(*step),
                    key: None,
                    damaged: false,
                }
            })
            .collect()
    }

    #[test]
    fn a_pause_is_no_footage() {
        let mut stalled = samples(&[3000, 3000, 450_000, 3000, 3000, 3000, 450_000]);
        assert_eq!(take_out(&mut stalled, 90_000), MediaSpan::new(447_000));
        let after: Vec<usize> = (0..7).filter(|at| stalled[*at].damaged).collect();
        assert_eq!(after, [3]);
        assert_eq!(stalled[6].duration, MediaSpan::new(3000));
    }

    #[test]
    fn a_slow_or_uneven_camera_has_none() {
        for steps in [&[450_000; 6][..], &[45_000, 3000, 80_000, 3000, 3000], &[900_000], &[]] {
            let mut even = samples(steps);
            assert_eq!(take_out(&mut even, 90_000), MediaSpan::new(0), "{steps:?}");
            assert!(even.iter().all(|sample| !sample.damaged));
        }
    }
}
