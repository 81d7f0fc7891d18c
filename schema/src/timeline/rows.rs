//! What goes with a timeline: gaps, alignments, findings, joints.

use crate::database::{Row, Value};
use crate::read::{id, int, maybe_instant, maybe_int, maybe_text, text};
use hitless_model::{
    Alignment, CameraId, Cause, InstanceId, MediaSpan, Nanos, RunId, SegmentName, TimeRange, Utc,
};

/// A gap of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapRow {
    /// Whose timeline.
    pub camera: CameraId,
    /// What is missing.
    pub range: TimeRange,
    /// Why.
    pub cause: Cause,
    /// When a stitcher first saw footage missing there.
    pub noticed: Utc,
    /// `None`: open.
    pub repaired: Option<Repaired>,
}

/// How a gap was closed, or made smaller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// When a stitcher found footage there after all.
    pub at: Utc,
    /// The segments that play there, in order.
    pub by: Vec<SegmentName>,
}

/// A strand, as rows name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Strand {
    /// The recorder's tag.
    pub instance: InstanceId,
    /// Which life of it; `None` for foreign recordings.
    pub run: Option<RunId>,
    /// Number within the run.
    pub number: u32,
}

/// How two strands were aligned, and where they overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlignmentRow {
    /// The one that began first.
    pub early: Strand,
    /// The other one.
    pub late: Strand,
    /// Where the overlap begins.
    pub from: Utc,
    /// Where it ends.
    pub to: Utc,
    /// The evidence.
    pub how: Alignment,
    /// How much faster the later one's clock ran; `None`: not known.
    pub drift_ppb: Option<i64>,
}

/// Something that did not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// Where on the timeline.
    pub at: Utc,
    /// A word that scripts may look for.
    pub kind: String,
    /// A sentence for people.
    pub detail: String,
}

/// A joint at which planning may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarryRow {
    /// The joint.
    pub at: Utc,
    /// The planner's state, in its own format.
    pub carry: Vec<u8>,
}

/// Of `camera_id, from_ns, to_ns, cause, noticed_ns, repaired_ns, repaired_by`.
pub(crate) fn read_gap(row: &Row) -> Result<GapRow, String> {
    let by = maybe_text(row, 6)?.unwrap_or_default().lines();
    let by: Result<_, _> = by.map(|n| SegmentName::parse(n).map_err(|e| e.to_string())).collect();
    let by: Vec<SegmentName> = by?;
    Ok(GapRow {
        camera: id(row, 0)?,
        range: TimeRange { from: Utc::from_ns(int(row, 1)?), to: Utc::from_ns(int(row, 2)?) },
        // A cause that a newer program knows is unknown to this one.
        cause: Cause::parse(text(row, 3)?).unwrap_or(Cause::Unknown),
        noticed: Utc::from_ns(int(row, 4)?),
        repaired: maybe_instant(row, 5)?.map(|at| Repaired { at, by }),
    })
}

/// Of `at_ns, kind, detail`.
pub(crate) fn read_finding(row: &Row) -> Result<FindingRow, String> {
    Ok(FindingRow {
        at: Utc::from_ns(int(row, 0)?),
        kind: text(row, 1)?.to_owned(),
        detail: text(row, 2)?.to_owned(),
    })
}

/// Of the columns of `strand_alignments` after the camera, in order.
pub(crate) fn read_alignment(row: &Row) -> Result<AlignmentRow, String> {
    let number = |column| {
        u32::try_from(int(row, column)?).map_err(|e| format!("column {}: {e}", column + 1))
    };
    let offset = || int(row, 9).map(MediaSpan::new);
    let error = || int(row, 10).map(Nanos::new);
    let how = match text(row, 8)? {
        "exact" => Alignment::Exact {
            offset: offset()?,
            matched: number(11)?,
            compared: number(12)?,
            step: maybe_int(row, 13)?.map(Nanos::new),
        },
        "joined" => Alignment::Joined { offset: offset()?, error: error()? },
        "apart" => Alignment::Apart { error: error()?, differs: false },
        "differs" => Alignment::Apart { error: error()?, differs: true },
        word => return Err(format!("unknown evidence \"{word}\"")),
    };
    Ok(AlignmentRow {
        early: read_strand(row, 0)?,
        late: read_strand(row, 3)?,
        from: Utc::from_ns(int(row, 6)?),
        to: Utc::from_ns(int(row, 7)?),
        how,
        drift_ppb: maybe_int(row, 14)?,
    })
}

fn read_strand(row: &Row, first: usize) -> Result<Strand, String> {
    let run = Some(text(row, first + 1)?).filter(|run| !run.is_empty());
    Ok(Strand {
        instance: id(row, first)?,
        run: run.map(RunId::new).transpose().map_err(|e| e.to_string())?,
        number: u32::try_from(int(row, first + 2)?).map_err(|e| format!("strand: {e}"))?,
    })
}

/// The columns of `strand_alignments`, in order.
pub(crate) fn alignment_values(camera: &CameraId, row: &AlignmentRow) -> Vec<Value> {
    let (evidence, offset, error, matched, compared, step) = match row.how {
        Alignment::Exact { offset, matched, compared, step } => {
            ("exact", Some(offset), None, Some(matched), Some(compared), step)
        }
        Alignment::Joined { offset, error } => {
            ("joined", Some(offset), Some(error), None, None, None)
        }
        Alignment::Apart { error, differs } => {
            (if differs { "differs" } else { "apart" }, None, Some(error), None, None, None)
        }
    };
    let mut values: Vec<Value> = vec![camera.as_str().into()];
    for strand in [&row.early, &row.late] {
        values.push(strand.instance.as_str().into());
        values.push(strand.run.as_ref().map_or("", |run| run.as_str()).into());
        values.push(i64::from(strand.number).into());
    }
    values.extend([
        row.from.as_ns().into(),
        row.to.as_ns().into(),
        evidence.into(),
        offset.map(|o| o.ticks()).into(),
        error.map(|e| e.get()).into(),
        matched.map(i64::from).into(),
        compared.map(i64::from).into(),
        step.map(|s| s.get()).into(),
        row.drift_ppb.into(),
    ]);
    values
}
