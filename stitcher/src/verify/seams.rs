//! Seams: none twice, none skipped, proven by pictures; sound beside them.

use super::Problem;
use super::rows::{Place, Rows};
use super::spans::SpanRead;
use crate::index::prints;
use hitless_media::Sidecar;
use hitless_model::{Nanos, SeamKind, SegmentName, Utc};
use hitless_schema::timeline::Span;
use std::collections::BTreeMap;

/// Pictures that are compared to each side of a seam.
const CONTEXT: u32 = 8;
/// A container's times are rounded to this.
const ROUNDING: Nanos = Nanos::from_millis(2);
/// By so much two recorders may tie one camera's sound to its pictures
/// differently: until its reports come they go by arrival.
const TIED: Nanos = Nanos::from_millis(60);

/// What was found at the seams between recorders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeamProof {
    /// Frame-exact seams.
    pub exact: u64,
    /// Of these, proven: each recorder has pictures of the other side, and
    /// they are the same.
    pub proven: u64,
    /// Seams by the clock.
    pub clock: u64,
    /// How far sound is from joining where its pictures do, at worst.
    pub worst_sound: Nanos,
}

/// A span and what was read of it.
pub(super) struct Side<'a> {
    pub(super) span: &'a Span,
    pub(super) read: &'a SpanRead,
    /// When the span begins.
    pub(super) start: Utc,
}

/// Looks at the seam between two spans that follow each other.
pub(super) fn look(
    rows: &Rows,
    left: &Side<'_>,
    right: &Side<'_>,
    proof: &mut SeamProof,
    problems: &mut Vec<Problem>,
) {
    match right.span.seam.kind {
        SeamKind::Exact => {
            proof.exact += 1;
            match exact(rows, left.span, right.span) {
                Ok(0) => problems.push(Problem::new(
                    "unproven_seam",
                    right.start,
                    format!(
                        "nothing of {} can be compared with {}",
                        left.span.segment, right.span.segment
                    ),
                )),
                Ok(_) => proof.proven += 1,
                Err(detail) => problems.push(Problem::new("wrong_seam", right.start, detail)),
            }
        }
        SeamKind::Clock => proof.clock += 1,
        _ => {}
    }
    sound(left, right, proof, problems);
}

/// How many pictures to the sides of the seam are the same on both recorders.
fn exact(rows: &Rows, left: &Span, right: &Span) -> Result<usize, String> {
    let left_end = left.first_sample.saturating_add(left.samples);
    let sides = [
        // The left one's last pictures, and what the right one has before its first.
        (
            rows.before(&left.segment, left_end, CONTEXT),
            rows.before(&right.segment, right.first_sample, CONTEXT),
        ),
        // What the left one has after its last, and the right one's first.
        (
            rows.after(&left.segment, left_end, CONTEXT),
            rows.after(&right.segment, right.first_sample, CONTEXT),
        ),
    ];
    let mut seen = Seen { rows, prints: BTreeMap::new() };
    let [before, after] = sides.map(|(a, b)| [a, b].map(|places| seen.all(&places)));
    match one_by_one(&before, &after) {
        Ok(equal) => Ok(equal),
        // frames were lost beside the seam, or it is wrong
        Err(detail) => across(&before, &after, detail),
    }
}

/// A sample and what it looks like; nothing where it is damaged.
type Shown<'a> = (Place<'a>, Option<u64>);

/// The left and the right recorder's pictures to one side of a seam, in order.
type Both<'a> = [Vec<Shown<'a>>; 2];

/// How many pictures are equal where none is missing beside the seam.
fn one_by_one(before: &Both<'_>, after: &Both<'_>) -> Result<usize, String> {
    let backwards = before[0].iter().rev().zip(before[1].iter().rev());
    let mut equal = 0;
    for (a, b) in backwards.chain(after[0].iter().zip(&after[1])) {
        match (a.1, b.1) {
            (Some(x), Some(y)) if x == y => equal += 1,
            (Some(_), Some(_)) => {
                let (a, b) = (a.0, b.0);
                return Err(format!("sample {} of {} is not sample {} of {}", a.1, a.0, b.1, b.0));
            }
            _ => {}
        }
    }
    Ok(equal)
}

/// Where one of them lost frames: pictures that both have must lie to the same
/// side of the seam on both.
fn across(before: &Both<'_>, after: &Both<'_>, differing: String) -> Result<usize, String> {
    let once = |side: usize, print: u64| {
        let all = before[side].iter().chain(&after[side]);
        all.filter(|shown| shown.1 == Some(print)).count() == 1
    };
    let count = |left: &[Shown<'_>], right: &[Shown<'_>]| {
        let prints = left.iter().filter_map(|shown| shown.1);
        let found = prints.filter(|print| right.iter().any(|shown| shown.1 == Some(*print)));
        found.filter(|print| once(0, *print) && once(1, *print)).count()
    };
    let twice = count(&before[0], &after[1]);
    let skipped = count(&after[0], &before[1]);
    let same = count(&before[0], &before[1]) + count(&after[0], &after[1]);
    match (twice + skipped, same) {
        (0, 1..) => Ok(same),
        (0, 0) => Err(differing),
        _ => Err(format!("{differing}: {twice} pictures are there twice, {skipped} are skipped")),
    }
}

/// Fingerprints of samples near seams, damaged ones left out.
struct Seen<'a> {
    rows: &'a Rows,
    prints: BTreeMap<(String, u32), Option<u64>>,
}

impl Seen<'_> {
    fn all<'p>(&mut self, places: &[Place<'p>]) -> Vec<Shown<'p>> {
        places.iter().map(|place| (*place, self.print(*place))).collect()
    }

    fn print(&mut self, place: Place<'_>) -> Option<u64> {
        let (name, sample) = place;
        let key = (name.to_string(), sample);
        if !self.prints.contains_key(&key) {
            self.prints.insert(key.clone(), self.read(name, sample));
        }
        self.prints.get(&key).copied().flatten()
    }

    fn read(&self, name: &SegmentName, sample: u32) -> Option<u64> {
        let path = self.rows.path(name);
        let sidecar = Sidecar::read(&path).ok().flatten().unwrap_or_default();
        if sidecar.is_damaged(u64::from(sample)) {
            return None;
        }
        prints(&path, [sample]).ok()?.found.first().map(|(_, print)| *print)
    }
}

/// Sound joins where its pictures do.
fn sound(left: &Side<'_>, right: &Side<'_>, proof: &mut SeamProof, problems: &mut Vec<Problem>) {
    let (Some(a), Some(b)) = (left.read.sound, right.read.sound) else { return };
    let kind = right.span.seam.kind;
    if !matches!(kind, SeamKind::Exact | SeamKind::SameStrand) {
        return;
    }
    let off = b.lead.minus(a.tail);
    if off.abs() > proof.worst_sound.abs() {
        proof.worst_sound = off;
    }
    if !joins(kind, off, a.frame.max(b.frame)) {
        let ms = off.as_secs_f64() * 1000.0;
        let what = if ms > 0.0 { "lacks" } else { "has twice" };
        let detail =
            format!("sound {what} {:.1} ms where {} follows", ms.abs(), right.span.segment);
        problems.push(Problem::new("sound_seam", right.start, detail));
    }
}

/// Within a frame, and between two recorders what these may differ by. Within
/// a strand every frame of sound is played: one that is not there was not sent,
/// or the recorder moved the sound once it knew where it belongs.
fn joins(kind: SeamKind, off: Nanos, frame: Nanos) -> bool {
    let most = frame.plus(ROUNDING);
    match kind {
        SeamKind::Exact => off.abs() <= most.plus(TIED),
        _ => off >= Nanos::ZERO.minus(most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side<'a>(name: &'a SegmentName, prints: &[u64]) -> Vec<Shown<'a>> {
        (0..).zip(prints).map(|(n, print)| ((name, n), Some(*print))).collect()
    }

    /// Left and right recorder, before and after the seam.
    fn proven(left: [&[u64]; 2], right: [&[u64]; 2]) -> Result<usize, String> {
        let name = SegmentName::parse("C_20260914T100000.000000Z_blue_000001.mp4").expect("valid");
        let before = [side(&name, left[0]), side(&name, right[0])];
        let after = [side(&name, left[1]), side(&name, right[1])];
        one_by_one(&before, &after).or_else(|detail| across(&before, &after, detail))
    }

    #[test]
    fn sound_joins_within_a_frame_and_what_recorders_differ_by() {
        let frame = Nanos::from_millis(21);
        let joins = |kind, ms| joins(kind, Nanos::from_millis(ms), frame);
        // moved, once the recorder knew where it belongs; or the camera was silent
        assert!(joins(SeamKind::SameStrand, 64) && joins(SeamKind::SameStrand, 500));
        assert!(joins(SeamKind::SameStrand, -23) && !joins(SeamKind::SameStrand, -24));
        assert!(joins(SeamKind::Exact, 64) && joins(SeamKind::Exact, -64));
        assert!(!joins(SeamKind::Exact, 128) && !joins(SeamKind::Exact, -128));
    }

    #[test]
    fn a_seam_is_proven_by_equal_pictures() {
        assert_eq!(proven([&[1, 2, 3], &[4, 5]], [&[2, 3], &[4, 5, 6]]), Ok(4));
        assert!(proven([&[1, 2, 3], &[4, 5]], [&[1, 2], &[3, 4, 5]]).is_err(), "one twice");
        assert!(proven([&[1, 2, 3], &[4, 5]], [&[3, 4], &[5, 6]]).is_err(), "one skipped");
        assert!(proven([&[1, 2], &[3]], [&[7, 8], &[9]]).is_err(), "other pictures");
    }

    /// The recorder that was left had lost what the other one plays.
    #[test]
    fn frames_lost_beside_a_seam_do_not_make_it_wrong() {
        assert_eq!(proven([&[1, 2, 3], &[7, 8]], [&[2, 3], &[4, 5, 6, 7]]), Ok(3));
        assert_eq!(proven([&[1, 2, 3], &[]], [&[1, 2], &[4, 5]]), Ok(2));
    }
}
