//! From entries of a timeline to clips. Pure.

use crate::virtual_mp4::{Cut, Follows, Piece, Sound};
use hitless_model::{AudioCut, Cause, Nanos, RunId, SeamKind, SegmentName, TimeRange, Utc};
use hitless_schema::timeline::{Entry, Span, What};
use std::path::Path;

/// So much of the timeline before a clip is looked at, to find the key frame
/// that its first picture needs. Groups of pictures span files only where two
/// copies of one were merged.
pub const MARGIN: Nanos = Nanos::from_secs(600);

/// What becomes of missing time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gaps {
    /// The last picture stands, and the clip's clock stays true.
    #[default]
    Keep,
    /// It is left out.
    Collapse,
    /// A file for each piece.
    Split,
}

impl Gaps {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Collapse => "collapse",
            Self::Split => "split",
        }
    }
}

/// Time without footage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// `gap`, `hole`, `expired`, `pending`, or `unknown`: not on the timeline.
    pub kind: &'static str,
    /// Why, where it is known.
    pub cause: Option<Cause>,
    /// When.
    pub range: TimeRange,
}

impl Lack {
    /// A hole is shorter than what people call a gap.
    pub fn is_gap(&self) -> bool {
        self.kind != "hole"
    }

    /// Nobody knows yet what will be there.
    pub fn is_open(&self) -> bool {
        matches!(self.kind, "pending" | "unknown")
    }
}

/// A span that a clip plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// As the virtual MP4 takes it.
    pub piece: Piece,
    /// Its segment.
    pub segment: SegmentName,
    /// Which life of its recorder.
    pub run: Option<RunId>,
    /// First sample.
    pub first_sample: u32,
    /// How many samples.
    pub samples: u32,
    /// How it follows what is before it.
    pub seam: SeamKind,
}

/// A clip to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// The stretch of the timeline.
    pub cut: Cut,
    /// Spans in order; some may be before the cut.
    pub spans: Vec<Played>,
    /// What is missing in it.
    pub lacks: Vec<Lack>,
    /// What became of it.
    pub gaps: Gaps,
}

impl Clip {
    /// The pieces, as the virtual MP4 takes them.
    pub fn pieces(&self) -> Vec<Piece> {
        self.spans.iter().map(|span| span.piece.clone()).collect()
    }

    /// The spans that are seen.
    pub fn played(&self) -> impl Iterator<Item = &Played> {
        let cut = self.cut;
        self.spans.iter().filter(move |s| s.piece.end > cut.from && s.piece.start < cut.to)
    }
}

/// Where a clip ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Where it was asked to; where that is not stitched yet, with the last
    /// picture.
    Asked,
    /// With the last picture that there is.
    LastPicture,
}

/// What of a stretch a clip can show: nothing that is not stitched yet. Only
/// what is known to be missing may make a picture stand at the end.
pub fn shown(entries: &[Entry], asked: TimeRange, end: End) -> TimeRange {
    let before = |entry: &&Entry| entry.start < asked.to && entry.end > asked.from;
    let rest = || entries.iter().rev().filter(before);
    let is_known = |entry: &&Entry| !matches!(entry.what, What::Pending);
    let known = rest().find(is_known).is_some_and(|entry| entry.end >= asked.to);
    let last = rest().find(|entry| matches!(entry.what, What::Span(_)));
    match last {
        Some(last) if end == End::LastPicture || !known => {
            TimeRange { from: asked.from, to: asked.to.min(last.end) }
        }
        _ => asked,
    }
}

/// The clips of a stretch of a timeline, and all that is missing in it.
///
/// `entries` are those that touch it, and those of [`MARGIN`] before it.
/// Without any footage there is no clip.
pub fn select(
    entries: &[Entry],
    asked: TimeRange,
    end: End,
    gaps: Gaps,
    root: &Path,
) -> (Vec<Clip>, Vec<Lack>) {
    let lacks = lacks(entries, asked);
    let range = shown(entries, asked, end);
    let mut runs = runs(entries, range, root);
    let seen =
        |run: &Run| run.spans.iter().any(|s| s.piece.end > range.from && s.piece.start < range.to);
    runs.retain(seen);
    let clips = match gaps {
        Gaps::Split => runs.into_iter().map(|run| clip(run, range, gaps, &lacks)).collect(),
        _ => joined(runs, gaps).map(|run| clip(run, range, gaps, &lacks)).into_iter().collect(),
    };
    (clips, lacks)
}

/// Spans without a gap between them.
#[derive(Debug, Default)]
struct Run {
    /// The span before the gap, if the first one needs its key frame: the
    /// camera fell silent within a group of pictures.
    lead: Option<Played>,
    spans: Vec<Played>,
}

fn runs(entries: &[Entry], range: TimeRange, root: &Path) -> Vec<Run> {
    let mut runs = vec![Run::default()];
    let mut apart = false;
    for entry in entries.iter().filter(|e| e.start < range.to) {
        match &entry.what {
            What::Span(span) => {
                let follows = if apart { Follows::Apart } else { Follows::Joined };
                let next = played(entry, span, follows, root);
                let before = runs.iter().rev().find_map(|run| run.spans.last());
                let lead = before.filter(|b| b.piece.is_continued_by(&next.piece)).cloned();
                if let Some(run) = runs.last_mut() {
                    if run.spans.is_empty() {
                        run.lead = lead;
                    }
                    run.spans.push(next);
                }
                apart = false;
            }
            What::Hole(_) => apart = true,
            What::Gap(_) | What::Pending | What::Expired => {
                apart = true;
                runs.push(Run::default());
            }
        }
    }
    runs
}

/// All runs as one, with what is missing in between kept or left out.
fn joined(runs: Vec<Run>, gaps: Gaps) -> Option<Run> {
    let follows = if gaps == Gaps::Keep { Follows::Apart } else { Follows::Collapsed };
    runs.into_iter().reduce(|mut all, mut next| {
        if let Some(first) = next.spans.first_mut() {
            first.piece.follows = follows;
        }
        all.spans.extend(next.spans);
        all
    })
}

fn clip(run: Run, range: TimeRange, gaps: Gaps, lacks: &[Lack]) -> Clip {
    let mut cut = Cut { from: range.from, to: range.to };
    if gaps != Gaps::Keep {
        let first = run.spans.iter().find(|s| s.piece.end > range.from).map(|s| s.piece.start);
        cut.from = cut.from.max(first.unwrap_or(cut.from));
        cut.to = cut.to.min(run.spans.last().map_or(cut.to, |s| s.piece.end));
    }
    let within = TimeRange { from: cut.from, to: cut.to };
    let lacks = lacks.iter().filter(|lack| lack.range.overlaps(within)).cloned().collect();
    let spans = run.lead.into_iter().chain(run.spans).collect();
    Clip { cut, spans, lacks, gaps }
}

fn played(entry: &Entry, span: &Span, follows: Follows, root: &Path) -> Played {
    let sound = match span.audio {
        AudioCut::None => Sound::None,
        AudioCut::Whole => Sound::Whole,
        AudioCut::Frames { first, frames, .. } => {
            Sound::Frames { first: first.into(), frames: frames.into() }
        }
    };
    let piece = Piece {
        path: root.join(span.segment.relative_path()),
        first_sample: span.first_sample.into(),
        samples: span.samples.into(),
        sound,
        start: entry.start,
        end: entry.end,
        follows,
    };
    Played {
        piece,
        segment: span.segment.clone(),
        run: span.run.clone(),
        first_sample: span.first_sample,
        samples: span.samples,
        seam: span.seam.kind,
    }
}

/// What is missing in a range, cut to it.
fn lacks(entries: &[Entry], range: TimeRange) -> Vec<Lack> {
    let mut found = Vec::new();
    let mut until = range.from;
    let mut add = |kind, cause, from: Utc, to: Utc| {
        let (from, to) = (from.max(range.from), to.min(range.to));
        if from < to {
            found.push(Lack { kind, cause, range: TimeRange { from, to } });
        }
    };
    for entry in entries {
        add("unknown", None, until, entry.start);
        match entry.what {
            What::Span(_) => {}
            What::Gap(cause) => add("gap", Some(cause), entry.start, entry.end),
            What::Hole(cause) => add("hole", Some(cause), entry.start, entry.end),
            What::Pending => add("pending", None, entry.start, entry.end),
            What::Expired => add("expired", None, entry.start, entry.end),
        }
        until = until.max(entry.end);
    }
    add("unknown", None, until, range.to);
    found
}
