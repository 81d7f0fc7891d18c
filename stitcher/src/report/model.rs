//! What a report says of each camera and day.

use hitless_model::{
    CameraId, Cause, InstanceId, Nanos, Run, RunId, SeamKind, SegmentState, TimeRange, Utc,
};
use hitless_schema::timeline::{AlignmentRow, FindingRow, GapRow};
use std::collections::BTreeMap;

/// What is stored of one camera beside its timeline.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// Its ledger of gaps.
    pub gaps: Vec<GapRow>,
    /// Where instances overlap.
    pub alignments: Vec<AlignmentRow>,
    /// What did not fit together.
    pub findings: Vec<FindingRow>,
    /// Segments that cannot be played: when they begin, and how they stand.
    pub unplayable: Vec<(Utc, SegmentState)>,
}

/// A whole report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was asked for.
    pub range: TimeRange,
    /// When it was made.
    pub made: Utc,
    /// By camera, then day.
    pub days: Vec<CameraDay>,
    /// Lives of recorders in the range.
    pub runs: Vec<Run>,
}

/// Footage that is missing, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// From when until when, within the day.
    pub range: TimeRange,
    /// Why.
    pub cause: Cause,
    /// When it was noticed; `None`: it is not in the ledger.
    pub noticed: Option<Utc>,
    /// When it was closed; `None`: it is open.
    pub repaired: Option<Utc>,
    /// The segments that closed it.
    pub repaired_by: Vec<String>,
}

/// A stretch of the drawn timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shade {
    /// Footage of an instance.
    Footage(InstanceId),
    /// A gap.
    Gap(Cause),
    /// In files still open.
    Pending,
    /// Removed by retention.
    Expired,
}

/// Two instances that recorded the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The instance that began first.
    pub early: InstanceId,
    /// The other one.
    pub late: InstanceId,
    /// When both recorded.
    pub range: TimeRange,
    /// Whether equal pictures prove how they fit together.
    pub exact: bool,
    /// Of the pictures that were compared, so many are equal.
    pub matched: Option<(u32, u32)>,
    /// How much faster the later one's clock ran, where it was measured.
    pub drift_ppb: Option<i64>,
}

/// How fast two instances' clocks went apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Whose clock,
    pub of: InstanceId,
    /// against whose.
    pub against: InstanceId,
    /// So much faster it ran; `None`: they overlapped for too short a time.
    pub ppb: Option<i64>,
}

impl Drift {
    /// In parts per million.
    pub fn ppm(&self) -> Option<f64> {
        self.ppb.map(|ppb| ppb as f64 / 1000.0)
    }
}

/// A recorder that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Which.
    pub instance: InstanceId,
    /// The life that began.
    pub run: RunId,
    /// When.
    pub at: Utc,
    /// How long it recorded the camera together with one that was there before.
    pub overlap: Nanos,
}

/// One camera on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraDay {
    /// Which camera.
    pub camera: CameraId,
    /// The part of the day that was asked for.
    pub range: TimeRange,
    /// Footage.
    pub covered: Nanos,
    /// Time that should have been recorded: without the time before the first
    /// and after the last entry, switched off time, expired and pending time.
    pub expected: Nanos,
    /// Of that, gaps.
    pub missing: Nanos,
    /// Open gaps first to last, then repaired ones.
    pub gaps: Vec<Gap>,
    /// Losses shorter than the threshold.
    pub holes: u64,
    /// Together.
    pub hole_time: Nanos,
    /// Switched off.
    pub disabled: Nanos,
    /// Removed by retention.
    pub expired: Nanos,
    /// In files still open.
    pub pending: Nanos,
    /// How spans follow each other.
    pub seams: BTreeMap<SeamKind, u64>,
    /// How much may be lost or doubled at `clock` seams together.
    pub seam_error: Nanos,
    /// Damaged samples that are played.
    pub damaged: u64,
    /// How much each instance plays.
    pub shares: BTreeMap<InstanceId, Nanos>,
    /// Where two instances recorded at once.
    pub overlaps: Vec<Overlap>,
    /// When more than one recorded.
    pub overlapped: Nanos,
    /// Recorders that were started.
    pub starts: Vec<Start>,
    /// Segments that are corrupt, and that are gone.
    pub corrupt: u64,
    /// Segments whose file is gone.
    pub lost: u64,
    /// What did not fit together.
    pub findings: Vec<String>,
    /// What is drawn: neighbours of one kind are one stretch.
    pub shades: Vec<(TimeRange, Shade)>,
}

impl CameraDay {
    /// Of what should have been recorded; `None` if that is nothing.
    pub fn coverage(&self) -> Option<f64> {
        let expected = self.expected.as_secs_f64();
        (expected > 0.0).then(|| (self.covered.as_secs_f64() / expected).min(1.0))
    }

    /// Gaps that nothing has repaired and that are nobody's wish.
    pub fn open_gaps(&self) -> impl Iterator<Item = &Gap> {
        self.gaps.iter().filter(|gap| gap.repaired.is_none() && gap.cause != Cause::Disabled)
    }

    /// The longest of them.
    pub fn longest_gap(&self) -> Nanos {
        let lengths = self.open_gaps().map(|gap| gap.range.to.since(gap.range.from));
        lengths.max().unwrap_or_default()
    }

    /// Of the footage, how much more than one instance recorded.
    pub fn overlap(&self) -> Option<f64> {
        let covered = self.covered.as_secs_f64();
        (covered > 0.0).then(|| (self.overlapped.as_secs_f64() / covered).min(1.0))
    }

    /// How fast clocks went apart, for every two instances that overlap: what
    /// was measured longest counts.
    pub fn drifts(&self) -> Vec<Drift> {
        let mut longest: BTreeMap<(&InstanceId, &InstanceId), (Nanos, Option<i64>)> =
            BTreeMap::new();
        for overlap in self.overlaps.iter().filter(|o| o.early != o.late) {
            let (early, late) = (&overlap.early, &overlap.late);
            let (pair, ppb) = match early < late {
                true => ((late, early), overlap.drift_ppb),
                false => ((early, late), overlap.drift_ppb.map(|ppb| -ppb)),
            };
            let length = overlap.range.to.since(overlap.range.from);
            let known = longest.entry(pair).or_insert((length, ppb));
            if ppb.is_some() && (known.1.is_none() || length > known.0) {
                *known = (length, ppb);
            }
        }
        let drift = |((of, against), (_, ppb)): ((&InstanceId, &InstanceId), (Nanos, _))| Drift {
            of: of.clone(),
            against: against.clone(),
            ppb,
        };
        longest.into_iter().map(drift).collect()
    }

    /// The day, as `2026-08-11`.
    pub fn day(&self) -> String {
        self.range.from.day()
    }
}

impl Report {
    /// The longest open gap of all.
    pub fn longest_gap(&self) -> Nanos {
        self.days.iter().map(CameraDay::longest_gap).max().unwrap_or_default()
    }
}

/// Every kind of seam, in the order in which they are told.
pub const SEAMS: [SeamKind; 5] =
    [SeamKind::Start, SeamKind::SameStrand, SeamKind::Exact, SeamKind::Clock, SeamKind::Gap];
