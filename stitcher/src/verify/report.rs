//! Proofs for eyes and for scripts.

use super::camera::Proof;
use super::compare::Tally;
use super::file::ClipProof;
use super::{Overlap, Problem};
use crate::counted::counted;
use hitless_model::Nanos;
use serde_json::{Value, json as value};
use std::fmt::Write as _;

/// A proof as text.
pub fn text(proof: &Proof) -> String {
    let mut text = String::new();
    let (from, to) = (proof.range.from, proof.range.to);
    let seams = &proof.seams;
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{} from {from} to {to}", proof.camera);
    let _ = writeln!(
        text,
        "  {}, {} and {} of sound read, {} bytes",
        counted(proof.spans, "span"),
        counted(proof.samples, "picture"),
        counted(proof.sound_frames, "frame"),
        proof.bytes
    );
    let _ = writeln!(
        text,
        "  {}, {} proven; {} by the clock; sound joins within {:.1} ms",
        counted(seams.exact, "exact seam"),
        seams.proven,
        seams.clock,
        seams.worst_sound.as_secs_f64().abs() * 1000.0
    );
    for overlap in &proof.overlaps {
        let _ = writeln!(text, "  {}", overlap_text(overlap));
    }
    if let Some(truth) = &proof.truth {
        let t = truth.tally;
        let _ = writeln!(
            text,
            "  truth of {} frames: {} equal, {} missing, {} that it does not know, {} differing",
            truth.known, t.equal, t.missing_in_first, t.missing_in_second, t.differing
        );
    }
    if proof.gaps > 0 {
        let (gaps, seconds) = (counted(proof.gaps, "gap"), proof.missing.as_secs_f64());
        let _ = writeln!(text, "  {gaps}, {seconds:.3} s");
    }
    if proof.holes > 0 {
        let _ = writeln!(text, "  {} shorter than a gap", counted(proof.holes, "hole"));
    }
    for (time, what) in [
        (proof.pending, "pending, in files that are still open: not proven yet"),
        (proof.unwanted, "switched off, or removed by retention"),
    ] {
        if time > Nanos::ZERO {
            let _ = writeln!(text, "  {:.3} s {what}", time.as_secs_f64());
        }
    }
    lines(&mut text, &proof.problems);
    text
}

fn overlap_text(overlap: &Overlap) -> String {
    let (t, (a, b)) = (&overlap.tally, &overlap.instances);
    let (from, to) = (overlap.range.from, overlap.range.to);
    format!(
        "{a} and {b} overlap for {:.3} s: {} frames equal, {} only {a} has, {} only {b} has, \
         {} differ",
        to.since(from).as_secs_f64(),
        t.equal,
        t.missing_in_second,
        t.missing_in_first,
        t.differing
    )
}

fn lines(text: &mut String, problems: &[Problem]) {
    for problem in problems {
        let at = problem.at.map_or(String::new(), |at| format!("{at}: "));
        let _ = writeln!(text, "  {}: {at}{}", problem.kind, problem.detail);
    }
    let sum = if problems.is_empty() {
        "nothing is wrong".to_owned()
    } else {
        counted(problems.len() as u64, "problem")
    };
    let _ = writeln!(text, "  {sum}");
}

/// A proof for scripts.
pub fn json(proof: &Proof) -> Value {
    let overlap = |overlap: &Overlap| {
        let mut found = tally(&overlap.tally);
        found["instances"] = value!([overlap.instances.0, overlap.instances.1]);
        found["start"] = value!(overlap.range.from.to_string());
        found["end"] = value!(overlap.range.to.to_string());
        found
    };
    value!({
        "schema_version": 1,
        "camera": proof.camera.as_str(),
        "from": proof.range.from.to_string(),
        "to": proof.range.to.to_string(),
        "clean": proof.is_clean(),
        "spans": proof.spans,
        "samples": proof.samples,
        "sound_frames": proof.sound_frames,
        "bytes": proof.bytes,
        "gaps": proof.gaps,
        "gap_seconds": proof.missing.as_secs_f64(),
        "holes": proof.holes,
        "pending_seconds": proof.pending.as_secs_f64(),
        "unwanted_seconds": proof.unwanted.as_secs_f64(),
        "seams": {
            "exact": proof.seams.exact,
            "proven": proof.seams.proven,
            "clock": proof.seams.clock,
            "worst_sound_seconds": proof.seams.worst_sound.as_secs_f64(),
        },
        "overlaps": proof.overlaps.iter().map(overlap).collect::<Vec<_>>(),
        "truth": proof.truth.map(|truth| {
            let mut found = tally(&truth.tally);
            found["known"] = value!(truth.known);
            found
        }),
        "problems": problems(&proof.problems),
    })
}

fn tally(t: &Tally) -> Value {
    value!({
        "equal": t.equal,
        "missing_in_first": t.missing_in_first,
        "missing_in_second": t.missing_in_second,
        "differing": t.differing,
    })
}

fn problems(problems: &[Problem]) -> Vec<Value> {
    let one = |p: &Problem| value!({ "kind": p.kind, "at": p.at.map(|at| at.to_string()), "detail": p.detail });
    problems.iter().map(one).collect()
}

/// A clip's proof as text.
pub fn clip_text(proof: &ClipProof) -> String {
    let mut text = String::new();
    let said = |what: Option<bool>, none: &'static str| match what {
        Some(true) => "yes",
        Some(false) => "NO",
        None => none,
    };
    let _ = writeln!(
        text,
        "{}: {}, {} of sound",
        proof.path.display(),
        counted(proof.pictures, "picture"),
        counted(proof.sound_frames, "frame")
    );
    let second = said(proof.second_reader, "not asked, it does not know these codings");
    let _ = writeln!(text, "  another reader finds the same: {second}");
    let manifest = said(proof.manifest, "there is none");
    let _ = writeln!(
        text,
        "  its manifest holds: {manifest} ({})",
        counted(proof.originals, "original")
    );
    lines(&mut text, &proof.problems);
    text
}

/// A clip's proof for scripts.
pub fn clip_json(proof: &ClipProof) -> Value {
    value!({
        "schema_version": 1,
        "file": proof.path.display().to_string(),
        "clean": proof.problems.is_empty(),
        "pictures": proof.pictures,
        "sound_frames": proof.sound_frames,
        "second_reader": proof.second_reader,
        "manifest": proof.manifest,
        "originals": proof.originals,
        "problems": problems(&proof.problems),
    })
}
