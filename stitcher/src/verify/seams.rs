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
    let mut equal = 0;
    for (number, (a, b)) in sides.into_iter().enumerate() {
        // The first side is aligned at its end, the second at its beginning.
        let shorter = a.len().min(b.len());
        let (a, b) = match number {
            0 => (&a[a.len() - shorter..], &b[b.len() - shorter..]),
            _ => (&a[..shorter], &b[..shorter]),
        };
        for (a, b) in a.iter().zip(b) {
            match (seen.print(*a), seen.print(*b)) {
                (Some(a), Some(b)) if a == b => equal += 1,
                (Some(_), Some(_)) => {
                    return Err(format!(
                        "sample {} of {} is not sample {} of {}",
                        a.1, a.0, b.1, b.0
                    ));
                }
                _ => {}
            }
        }
    }
    Ok(equal)
}

/// Fingerprints of samples near seams, damaged ones left out.
struct Seen<'a> {
    rows: &'a Rows,
    prints: BTreeMap<(String, u32), Option<u64>>,
}

impl Seen<'_> {
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

/// Sound joins where its pictures do, within a frame of each side.
fn sound(left: &Side<'_>, right: &Side<'_>, proof: &mut SeamProof, problems: &mut Vec<Problem>) {
    let (Some(a), Some(b)) = (left.read.sound, right.read.sound) else { return };
    if !matches!(right.span.seam.kind, SeamKind::Exact | SeamKind::SameStrand) {
        return;
    }
    let off = b.lead.minus(a.tail);
    if off.abs() > proof.worst_sound.abs() {
        proof.worst_sound = off;
    }
    let most = a.frame.get().max(b.frame.get()) + ROUNDING.get();
    if off.abs().get() > most {
        let ms = off.as_secs_f64() * 1000.0;
        let what = if ms > 0.0 { "lacks" } else { "has twice" };
        let detail =
            format!("sound {what} {:.1} ms where {} follows", ms.abs(), right.span.segment);
        problems.push(Problem::new("sound_seam", right.start, detail));
    }
}
